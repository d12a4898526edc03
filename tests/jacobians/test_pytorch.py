"""Jacobians that PyTorch computes: against the exact ones, of tokens and pooled, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from certify.errors import ChainError, UsageError
from certify.jacobians import ResidualBlock, from_residual, from_torch

torch = pytest.importorskip("torch", reason="PyTorch is in an extra")


class Block(torch.nn.Module):
    """h + V·relu(W·h + b)."""

    def __init__(self, n: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = torch.nn.Linear(n, hidden), torch.nn.Linear(hidden, n, bias=False)

    def forward(self, h):
        return h + self.outer(torch.relu(self.inner(h)))


class Mixer(torch.nn.Module):
    """Every position adds the sum of all."""

    def forward(self, h, scale=1.0):
        return (h + scale * h.sum(dim=1, keepdim=True),)


class Network(torch.nn.Module):
    """A list of blocks that are called one by one."""

    def __init__(self, blocks, keywords=None) -> None:
        super().__init__()
        self.blocks = torch.nn.ModuleList(blocks)
        self.keywords = keywords or {}

    def forward(self, h):
        for block in self.blocks:
            found = block(h, **self.keywords)
            h = found[0] if isinstance(found, tuple) else found
        return h


class Short(Network):
    """Only the first block runs."""

    def forward(self, h):
        return self.blocks[0](h)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def test_the_blocks_of_a_residual_perceptron_are_those_that_integers_give():
    network = Network([Block(5, 7) for _ in range(3)])
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(torch.round(value * 2**12) / 2**12)
    x = torch.round(torch.randn(5) * 2**12) / 2**12
    blocks = [
        ResidualBlock(*(p.detach().numpy() for p in (b.inner.weight, b.inner.bias, b.outer.weight)))
        for b in network.blocks
    ]
    exact, found = from_residual(blocks, x.numpy()), from_torch(network, x)
    assert [layer.name for layer in found.layers] == ["J1", "J2", "J3"]
    for one, other in zip(exact.layers, found.layers, strict=True):
        assert np.abs(one.matrix() - other.matrix()).max() < 1e-14
    assert "with its roundings" in found.notes[-1]
    assert f"PyTorch {torch.__version__}" in found.notes[-1]
    assert next(network.parameters()).dtype == torch.float32


def test_positions_and_their_mean():
    network = Network([Mixer(), Mixer()], {"scale": 0.5})
    x = torch.randn(1, 3, 4)
    one = from_torch(network, x, token=1)
    assert np.allclose(one.layers[0].matrix(), 1.5 * np.eye(4))
    # A shift of all three positions moves each by 1 + 3/2.
    pooled = from_torch(network, x, token="mean")
    assert np.allclose(pooled.layers[1].matrix(), 2.5 * np.eye(4))
    for wrong in (None, 3, -1, "sum"):
        with pytest.raises(UsageError, match="token"):
            from_torch(network, x, token=wrong)


def test_keyword_inputs_and_named_blocks():
    network = Network([Block(4, 4), Block(4, 4)])
    named = from_torch(network, {"h": torch.ones(1, 4)}, blocks=["blocks.1"])
    assert np.allclose(named.layers[0].matrix(), from_torch(network, torch.ones(4)).layers[1].matrix())


def test_what_has_no_such_jacobian_is_refused():
    network = Network([Block(4, 4), Block(4, 4)])
    with pytest.raises(ChainError, match="no block 'other'"):
        from_torch(network, torch.ones(4), blocks=["other"])
    with pytest.raises(ChainError, match="no blocks"):
        from_torch(torch.nn.Linear(4, 4), torch.ones(4))
    with pytest.raises(ChainError, match="turns a state"):
        from_torch(torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 4)), torch.ones(4))
    with pytest.raises(ChainError, match="does not run"):
        from_torch(Short([Block(4, 4), Block(4, 4)]), torch.ones(4), blocks=["blocks.1"])
    with pytest.raises(ChainError, match="state of shape"):
        from_torch(Network([Block(4, 4), Block(4, 4)]), torch.ones(2, 4))
