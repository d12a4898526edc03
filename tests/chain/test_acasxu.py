from __future__ import annotations

import numpy as np
import pytest

from certify.chain import load
from tests.chain.acasxu import FOLDER, networks, read_nnet, write_npz
from tests.chain.weight_files import arrays

SMALL = """\
// a comment
// another
2,2,1,3,
2,3,1,
0,
0.0,0.0,
1.0,1.0,
0.0,0.0,0.0,
1.0,1.0,1.0,
1.0,2.0,
3.0,4.0,
5.0,-6.5e-1,
0.1,
0.2,
0.3,
7.0,8.0,9.0,
0.4,
"""


def test_the_format(tmp_path):
    (tmp_path / "n.nnet").write_text(SMALL)
    weights, biases = read_nnet(tmp_path / "n.nnet")
    assert [w.tolist() for w in weights] == [[[1.0, 2.0], [3.0, 4.0], [5.0, -0.65]], [[7.0, 8.0, 9.0]]]
    assert [b.tolist() for b in biases] == [[0.1, 0.2, 0.3], [0.4]]
    chain = load(write_npz(tmp_path / "n.nnet", tmp_path / "n.npz"))
    assert [layer.shape for layer in chain.layers] == [(3, 2), (1, 3)]
    (tmp_path / "n.nnet").write_text(SMALL + "1.0,\n")
    with pytest.raises(ValueError, match="1 lines after the last layer"):
        read_nnet(tmp_path / "n.nnet")


@pytest.mark.reference
@pytest.mark.skipif(not networks(), reason=f"reference data is absent: {FOLDER}")
@pytest.mark.parametrize("path", networks(), ids=lambda path: path.stem)
def test_real_networks_are_chains_of_seven_layers(tmp_path, path):
    weights, _ = read_nnet(path)
    chain = load(write_npz(path, tmp_path / "acasxu.npz"))
    assert [layer.name for layer in chain.layers] == [f"W{i}" for i in range(1, 8)]
    assert [layer.shape for layer in chain.layers] == [(50, 5), *[(50, 50)] * 5, (5, 50)]
    assert [(edge.lower, edge.upper) for edge in chain.edges] == [(i, i + 1) for i in range(6)]
    assert not any(layer.transposed for layer in chain.layers)
    assert [out.name for out in chain.left_out] == [f"b{i}" for i in range(1, 8)]
    for found, given in zip(arrays(chain), weights, strict=True):
        assert np.array_equal(found, given)
