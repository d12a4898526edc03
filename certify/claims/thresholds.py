"""The numbers that are chosen rather than computed; every one of them is recorded in the certificate."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from fractions import Fraction

from certify.claims.incidence import MOST_CELLS
from certify.claims.storage_formats import NO_STORAGE, check_storage
from certify.errors import UsageError
from certify.verdict import Parameter

__all__ = ["NONE", "Thresholds", "positive"]

NONE = "none"
"""What is given for a number that is not there."""

_LARGEST = 2**53
_LONGEST = 2**14
_NUMBER = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?(e[+-]?[0-9]{1,3})?")
_LEVELS = re.compile(r" ?[0-9]{1,2}(\.[0-9]{1,2})?(, ?[0-9]{1,2}(\.[0-9]{1,2})?)*")
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
    storage : ``fp32``, ``fp16``, ``bf16``, ``fp8_e4m3``, ``fp8_e5m2`` or ``int8``: also certify what all matrices
        within half a unit of this format share; ``none`` asks nothing. In ``int8`` a layer of stored 8-bit codes has
        the scale that the file has.
    ridge : λ > 0 of the weight decay λ/2 ‖W‖_F² of each layer, such as ``"1e-3"``: also certify what gradient flow with
        it leaves of the alignment at linear interfaces; ``none`` asks nothing.
    loss, excess : numbers that the loss, and F, which is the loss and all weight decay, are not further above their
        infimum, such as ``"0.5"``; nothing of that can be checked. With one of them times are certified, without (both
        ``none``) paths.
    incidence_levels : percentages of energy, in hundredths at the finest, at whose windows incidence structures are
        compared; the full windows follow them. ``"none"`` leaves incidence out.
    group_rows : rows of a group where the chain names no groups; 0 for ⌈√rows⌉, at least 8 and at most 32.
    activity_threshold : ``"adapted"``, for the middle of each group's widest gap that the truncations at 99 % and all
        levels above leave between 2 and all but 2 columns, or those at the first higher level from which each group
        has one; ``"largest"``, for the middle of its widest gap; or a number for all groups.
    edge_threshold : ``"gap"``, for the middle of the widest gap between weights of pairs, and 0; or a number.
    noise_threshold : ``"cells"``, for the norm that the thresholds allow the noise; a number; or a multiple of the
        norm of the noise such as ``"1.1x"``.
    label_correlation, label_ratio : κ, at most 1, and β*, at least 1, of the labels of edges.
    hub_groups : a column that is active in so many groups is a hub.
    incidence_relative : norms and margins of incidence, in its units.
    undecided_share : the part of the cells, and of the columns, that may be undecided.

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
    storage: str = NO_STORAGE
    ridge: str = NONE
    loss: str = NONE
    excess: str = NONE
    incidence_levels: str = "90,95,99,99.5,99.9,99.99"
    group_rows: int = 0
    activity_threshold: str = "adapted"
    edge_threshold: str = "gap"
    noise_threshold: str = "cells"
    label_correlation: float = 0.9
    label_ratio: float = 2.0
    hub_groups: int = 2
    incidence_relative: float = 1e-3
    undecided_share: float = 0.05

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
        check_storage(self.storage)
        self._check_ridge()
        self._check_incidence()

    def _check_ridge(self) -> None:
        for name in ("ridge", "loss", "excess"):
            text = getattr(self, name)
            if text != NONE and not positive(text):
                raise UsageError(
                    f"the threshold {name} is no positive number",
                    place=text[:80],
                    hint="a number such as 1e-3, or none",
                )
            if text != NONE and self.ridge == NONE:
                raise UsageError(
                    f"the threshold {name} is given without a ridge",
                    place=f"{name} = {text[:80]}",
                    hint="give ridge too",
                )

    def _check_incidence(self) -> None:
        self.incidence_percents()
        if not 0 <= self.group_rows <= _LARGEST:
            raise UsageError("the threshold group_rows is not a number of rows", place=self.group_rows)
        if not 2 <= self.hub_groups <= _LARGEST:
            raise UsageError("a hub is active in 2 groups or more", place=f"hub_groups = {self.hub_groups}")
        if not 0 < self.label_correlation <= 1:
            raise UsageError(
                "the correlation κ of a label lies above 0 and at most at 1",
                place=f"label_correlation = {self.label_correlation}",
            )
        if not self.label_ratio >= 1:
            raise UsageError("the ratio β* of a label is at least 1", place=f"label_ratio = {self.label_ratio}")
        for name, words in (("activity_threshold", ("adapted", "largest")), ("edge_threshold", ("gap",))):
            text = getattr(self, name)
            if text not in words and not positive(text):
                raise UsageError(
                    f"the threshold {name} is no positive number",
                    place=text[:80],
                    hint=f"{', '.join(words)}, or a number such as 0.5",
                )
        if self.noise_threshold != "cells" and not positive(self.noise_threshold.removesuffix("x")):
            raise UsageError(
                "the threshold noise_threshold is no positive number",
                place=self.noise_threshold[:80],
                hint="cells, a number such as 0.5, or a multiple of the noise such as 1.1x",
            )

    @property
    def incidence_cells(self) -> int:
        """The most entries of W'W at which row groups are asked for; 0 where they are not."""
        return MOST_CELLS if self.incidence_percents() else 0

    def incidence_percents(self) -> tuple[tuple[str, Fraction], ...]:
        """The levels of incidence with their texts, increasing; empty where incidence is left out.

        >>> [text for text, _ in Thresholds(incidence_levels="99.9,50").incidence_percents()]
        ['50', '99.9']
        """
        if self.incidence_levels == "none":
            return ()
        if not _LEVELS.fullmatch(self.incidence_levels) or len(self.incidence_levels) > _LONGEST:
            raise UsageError(
                "the threshold incidence_levels is not a list of percentages below 100",
                place=self.incidence_levels[:80],
                hint='for example "90,99,99.9", or "none"',
            )
        found = {Fraction(text): text for text in map(str.strip, self.incidence_levels.split(","))}
        if not min(found) > 0:
            raise UsageError("a level of incidence is above 0 %", place=self.incidence_levels[:80])
        return tuple((found[level], level) for level in sorted(found))

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


def positive(text: str) -> bool:
    """Whether a text is a finite positive number.

    >>> positive("0.5"), positive("0"), positive("-1"), positive("nan"), positive("one")
    (True, False, False, False, False)
    """
    return bool(_NUMBER.fullmatch(text)) and 0 < float(text) < math.inf
