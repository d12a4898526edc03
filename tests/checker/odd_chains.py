"""Odd small chains and odd questions about them, each from one integer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from certify.chain import Chain
from certify.chain.model import Edge
from certify.claims.thresholds import Thresholds

Array = np.ndarray


def _integers(rng: np.random.Generator, m: int, n: int) -> Array:
    return rng.integers(-3, 4, (m, n)).astype(float)


def _low_rank(rng: np.random.Generator, m: int, n: int) -> Array:
    return _integers(rng, m, 1) @ _integers(rng, 1, n)


def _graded(rng: np.random.Generator, m: int, n: int) -> Array:
    return rng.standard_normal((m, n)) * 10.0 ** rng.integers(-12, 13, n)


def _extreme(rng: np.random.Generator, m: int, n: int) -> Array:
    return np.sign(rng.standard_normal((m, n))) * 2.0 ** rng.integers(-1074, 1020, (m, n))


def _diagonal(rng: np.random.Generator, m: int, n: int) -> Array:
    return np.eye(m, n) * rng.choice([0.0, 1.0, 1.0, 2.0, 1e-200, 1e200, 1 + 2.0**-52, 1e-9], n)


def _huge(rng: np.random.Generator, m: int, n: int) -> Array:
    return rng.standard_normal((m, n)) * 1e307


def _tiny(rng: np.random.Generator, m: int, n: int) -> Array:
    return rng.standard_normal((m, n)) * 10.0 ** rng.choice([-160, -300, -308, -320])


def _ties(rng: np.random.Generator, m: int, n: int) -> Array:
    return np.linalg.qr(rng.standard_normal((max(m, n),) * 2))[0][:m, :n] * rng.choice([1.0, 3.0, 1e-100])


def _half(rng: np.random.Generator, m: int, n: int) -> Array:
    return (rng.standard_normal((m, n)) * rng.choice([1e-7, 1e-3, 1.0, 100.0])).astype(np.float16)


def _power_law(rng: np.random.Generator, m: int, n: int) -> Array:
    return np.eye(m, n) * np.arange(1.0, n + 1) ** -rng.choice([0.0, 0.5, 1.0, 10.0, 60.0])


def _normal(rng: np.random.Generator, m: int, n: int) -> Array:
    return rng.standard_normal((m, n))


def _one_entry(rng: np.random.Generator, m: int, n: int) -> Array:
    a = np.zeros((m, n))
    a[rng.integers(m), rng.integers(n)] = rng.choice([1.0, -3.0, 5e-324, 1e300])
    return a


def _partner(rng: np.random.Generator, a: Array) -> Array:
    """A second layer that nearly undoes the first one, or is its transpose."""
    with np.errstate(all="ignore"):
        inverse = np.linalg.pinv(a.astype(float))
    return inverse if rng.random() < 0.5 and np.isfinite(inverse).all() else -a.T.astype(float)


KINDS = (
    _normal, _integers, _low_rank, _graded, _extreme, _diagonal, _huge, _tiny, _ties, _half, _power_law, _one_entry,
)  # fmt: skip


def odd_chain(seed: int) -> Chain:
    """One to four layers with sides from one to six; now and then the layers branch."""
    rng = np.random.default_rng(seed)
    dims = rng.integers(1, int(rng.choice([2, 3, 4, 7])), int(rng.integers(2, 6)))
    if rng.random() < 0.4:
        dims[:] = dims[0]
    kinds = rng.choice(len(KINDS), 2)
    matrices = [KINDS[rng.choice(kinds)](rng, m, n) for n, m in pairwise(dims.tolist())]
    if rng.random() < 0.1:
        matrices = [matrices[0], _partner(rng, matrices[0])]
    for a in matrices:
        # A matrix of zeros is refused by the readers.
        a[0, 0] = a[0, 0] if a.any() else 1.0
    chain = Chain.from_arrays(matrices, heads=_heads(np.random.default_rng([seed, 2]), matrices))
    if rng.random() < 0.1 and len(set(dims.tolist())) == 1 and len(chain) > 2:
        return Chain(chain.layers, (Edge(0, 1), Edge(0, 2), *chain.edges[2:]), heads=chain.heads)
    return chain


def _heads(rng: np.random.Generator, matrices: list[Array]) -> list[dict[str, object]]:
    """Now and then heads of one layer, in one role or two; some of them in groups, repeated or not."""
    place = int(rng.integers(len(matrices)))
    m, n = matrices[place].shape
    name = f"W{place + 1}"
    if rng.random() < 0.5:
        return []
    found: dict[str, object] = {"name": "odd"}
    kind = rng.choice(["query", "output", "key", "value"])
    side = n if kind == "output" else m
    count = int(rng.choice([c for c in range(1, side + 1) if side % c == 0]))
    found |= {"count": count, "size": side // count, str(kind): name}
    if kind == "key" or (kind == "value" and m == n):
        found |= {"query" if kind == "key" else "output": name}
    elif kind == "value" and rng.random() < 0.5:
        # One block for two heads, or two heads of one group that are not equal.
        found |= {"count": 2 * count, "kv": count} if rng.random() < 0.5 or count % 2 else {"kv": count // 2}
    return [found]


def odd_thresholds(seed: int) -> Thresholds:
    """Mostly the defaults, sometimes with one or two of them at an end of its range."""
    rng = np.random.default_rng([seed, 1])
    changes = [
        {"exact_product_seconds": 0.0}, {"exact_rank_seconds": 0.0}, {"exact_rank_seconds": 1e-12},
        {"exact_product_seconds": 1e-12}, {"barcode_layers": int(rng.integers(0, 4))},
        {"windows": str(rng.choice(["1", "2,3", "9007199254740992"]))}, {"energy_levels": "1,50,99"},
        {"sigma_relative": 0.0, "alpha_width": 0.0}, {"cosine_width": 1e300, "overlap_width": 0.0},
        {"kempf_ness_relative": 0.0, "product_relative": 1e300},
    ]  # fmt: skip
    chosen = {}
    for change in rng.choice(changes, int(rng.choice([0, 0, 1, 2]))):
        chosen |= change
    return Thresholds(**chosen, **_incidence(rng), **_flow(np.random.default_rng([seed, 2])))


def _flow(rng: np.random.Generator) -> dict[str, object]:
    """Now and then a ridge, with bounds of how far the flow can go or without."""
    if rng.random() < 0.6:
        return {}
    numbers = [f"{10.0 ** rng.integers(-9, 4):.3g}" for _ in range(3)]
    names = ("ridge", *(name for name in ("loss", "excess") if rng.random() < 0.5))
    return dict(zip(names, numbers, strict=False))


def _incidence(rng: np.random.Generator) -> dict[str, object]:
    """Small groups as a rule, so that there are several, and every rule for levels now and then."""
    number = f"{10.0 ** rng.integers(-3, 3):.3f}"
    chosen: dict[str, object] = {"group_rows": int(rng.choice([0, 1, 1, 2, 3]))}
    changes = [
        {"activity_threshold": "largest"}, {"activity_threshold": number}, {"edge_threshold": number},
        {"noise_threshold": "1.1x"}, {"noise_threshold": number}, {"label_correlation": 1.0, "label_ratio": 1.0},
        {"hub_groups": 3}, {"incidence_levels": "1,50.5,99"}, {"incidence_levels": "none"}, {"undecided_share": 0.0},
        {"incidence_relative": 0.0},
    ]  # fmt: skip
    for change in rng.choice(changes, int(rng.choice([0, 1, 1, 2, 3]))):
        chosen |= change
    return chosen
