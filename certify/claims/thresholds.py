"""The numbers that are chosen rather than computed; every one of them is recorded in the certificate."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

from certify.errors import UsageError
from certify.verdict import Parameter

__all__ = ["Thresholds"]

_LARGEST = 2**53
_LONGEST = 2**14
_LIST = re.compile(r" ?[0-9]{1,17}(, ?[0-9]{1,17})*")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the protocol asks for.

    A measurement is CERTIFIED when its enclosure is no wider than a limit. Limits named ``..._relative`` are multiplied
    by the quantity's scale, an upper end point that is published too; the product is recorded in the claim as
    ``width_limit``.

    Parameters
    ----------
    windows : ``"auto"``, for the powers of two below the number of ranks and the rank that holds the smallest of
        ``energy_levels``, and for angles the number of ranks where that is below the dimension; or window sizes such as
        ``"4,16,64"``. A window that splits ranks which are not told apart is moved to the edges of their cluster.
    energy_levels : percentages of energy for the effective ranks, such as ``"90,95,99"``.
    sigma_relative : singular values, relative to σ_1.
    radial_width : the top-radial coordinate r, a logarithm.
    alpha_width : fitted exponents.
    residual_width : residuals ρ = r − φ(α).
    cosine_width, overlap_width : principal cosines and the mean squared cosine.
    imbalance_relative : ‖H − K‖_F, relative to ‖W‖_F² + ‖W'‖_F²; and the relative imbalance.
    commutator_width : the normalized commutator magnitude, at most 1/√2.
    amplitude_width, slack_width : logarithms.
    truncation_relative : truncation bounds, relative to ‖W'‖_F ‖W‖_F.
    product_relative : singular values of the product of all layers, relative to the product of their σ_1.
    kempf_ness_relative : the Kempf–Ness gap, relative to Σ‖W_l‖_F²; and the relative gap.
    exact_rank_seconds : work spent on an exact rank where singular values cannot be told from 0; 0 leaves it undecided.
    exact_product_seconds : estimated work spent on exact ranks of products that are below those of their factors, for
        each interface, and for all longer products together; 0 leaves bounds.
    barcode_layers : chains of more layers are not asked for their ranks and barcode.

    Raises
    ------
    UsageError : a limit is negative or not finite, or a list cannot be read.
    """

    windows: str = "auto"
    energy_levels: str = "90,95,99"
    sigma_relative: float = 1e-6
    radial_width: float = 1e-6
    alpha_width: float = 1e-3
    residual_width: float = 1e-3
    cosine_width: float = 1e-3
    overlap_width: float = 1e-3
    imbalance_relative: float = 1e-6
    commutator_width: float = 1e-6
    amplitude_width: float = 1e-3
    slack_width: float = 1e-3
    truncation_relative: float = 1e-6
    product_relative: float = 1e-6
    kempf_ness_relative: float = 0.1
    exact_rank_seconds: float = 10.0
    exact_product_seconds: float = 10.0
    barcode_layers: int = 24

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not (math.isfinite(value) and value >= 0):
                raise UsageError(f"the threshold {field.name} is not a finite non-negative number", place=value)
        if not 0 <= self.barcode_layers <= _LARGEST:
            raise UsageError("the threshold barcode_layers is not a number of layers", limit=f"0 to {_LARGEST}")
        if not all(0 < level < 100 for level in self.levels()):
            raise UsageError("an energy level is a percentage between 1 and 99", place=self.energy_levels[:80])
        if self.windows != "auto" and not all(1 <= k <= _LARGEST for k in _integers("windows", self.windows)):
            raise UsageError("a window holds at least one rank", place=self.windows[:80], limit=f"1 to {_LARGEST}")

    def levels(self) -> tuple[int, ...]:
        """The energy levels as increasing percentages."""
        return _integers("energy_levels", self.energy_levels)

    def window_sizes(self, limit: int, extra: Iterable[int] = ()) -> tuple[int, ...]:
        """The windows k with 1 <= k < ``limit``, increasing; ``extra`` joins the automatic ones.

        >>> Thresholds().window_sizes(10, extra=[5]), Thresholds(windows="3,12").window_sizes(10)
        ((1, 2, 4, 5, 8), (3,))
        """
        if self.windows == "auto":
            sizes = {1 << i for i in range(max(limit, 1).bit_length())} | set(extra)
        else:
            sizes = set(_integers("windows", self.windows))
        return tuple(sorted(k for k in sizes if 1 <= k < limit))

    def beyond(self, most: int) -> bool:
        """Whether a window was given that has more than ``most`` ranks."""
        return self.windows != "auto" and any(k > most for k in _integers("windows", self.windows))

    def record(self) -> dict[str, Parameter]:
        """Names and values, as a certificate keeps them."""
        return asdict(self)


def _integers(name: str, text: str) -> tuple[int, ...]:
    if not _LIST.fullmatch(text) or len(text) > _LONGEST:
        raise UsageError(
            f"the threshold {name} is not a list of integers", place=text[:80], hint='for example "4,16,64"'
        )
    return tuple(sorted({int(item) for item in text.split(",")}))
