"""Everything about an interface from the two certified decompositions: their cores are small where the layers are.

Layers W = 2^e A and W' = 2^f A' meet in R^n. Each is known as A = Ū S V̄ᵀ + Ẽ with exactly orthonormal Ū, V̄ and a bound
of Ẽ (:mod:`~certify.linalg.cores.near`); the core C̄ = V̄'ᵀŪ (:mod:`~certify.linalg.cores.core`) then holds cosines,
imbalance, commutator, the transport X = W'W and the product of a whole line. Cost and memory follow the ranks, not n.
"""

from certify.linalg.cores.balance import Balance, balance
from certify.linalg.cores.core import Core, core
from certify.linalg.cores.cosines import core_cosines, core_sines
from certify.linalg.cores.joined import JoinedLine, line_spectrum
from certify.linalg.cores.near import Near, near
from certify.linalg.cores.transport import quotient_norms, transport_norms

__all__ = [
    "Balance",
    "Core",
    "JoinedLine",
    "Near",
    "balance",
    "core",
    "core_cosines",
    "core_sines",
    "line_spectrum",
    "near",
    "quotient_norms",
    "transport_norms",
]
