"""Single faults in the prover, each one error term left out, and where known or injected errors show them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.linalg.cores.known_errors import INSTANCES
from tests.linalg.injected import Fault
from tests.planted import Planted
from tests.prover.test_injected import CASES, DIRECT, holds, sites, trials


def _linalg(module: str, function: str, old: str, new: str) -> Planted:
    return Planted(f"linalg.{module}", function, old, new)


def _core(module: str, function: str, old: str, new: str) -> Planted:
    return Planted(f"linalg.cores.{module}", function, old, new)


FAULTS = (
    _linalg("svd_factor", "product", "mul_up(mul_up(gamma, magnitude), columns)", "0.0 * columns"),
    _linalg("svd_factor", "product", "mul_up(gamma, mul_up(add_up(magnitude, a2_norm), v2_norm))", "0.0 * v2_norm"),
    _linalg("svd_factor", "product", "mul_up(gamma2, mul_up(a2_norm, columns))", "0.0 * columns"),
    _linalg("svd_factor", "product", "norm_error(gamma, n,", "norm_error(0.0, n,"),
    _linalg("svd_factor", "defect", "c, entry = times(x.T, x)", "c, entry = times(x.T, x)[0], 0.0"),
    _linalg("svd_factor", "defect", "(gamma + 8 * U)", "(8 * U)"),
    _linalg("gemm", "gemm", "mul_up(rounding, mul_up(rows", "mul_up(0.0, mul_up(rows"),
    _linalg("norms", "_product_up", "2 * (rounding + 2 * U)", "4 * U"),
    _linalg("principal_angles", "factored_values", "add_up(rounding, 6 * U)", "6 * U"),
    _linalg("principal_angles", "_defect", "add_up(rounding, U)", "U"),
    _linalg("leading_svd", "_coupling", "mul_up(mul_up(gamma, norm2_abs_up", "mul_up(mul_up(0.0, norm2_abs_up"),
    _linalg("leading_svd", "_deflated_norm", "add_up(gamma, 2 * U)", "2 * U"),
    _linalg("leading_svd", "_deflated_norm", "norm_error(gamma, m,", "norm_error(0.0, m,"),
    _linalg("leading_svd", "_largest_bound", "norm_error(gamma, n,", "norm_error(0.0, n,"),
    _core("core", "Core._error", "error = rounding * read.size(i) * write.size(j)", "error = ZERO"),
    _core("cosines", "_entry", "flint.arb(c.rounding) *", "flint.arb(0) *"),
    _core("balance", "_tail", "flint.arb(gamma) *", "flint.arb(0) *"),
    _core("balance", "_commutator", "product_error(gamma, read.k,", "product_error(0.0, read.k,"),
    _core("balance", "_outer_formed", "product_error(gamma, c.read.k,", "product_error(0.0, c.read.k,"),
    _core("values", "_by_cholesky", "product_error(gamma, m, size", "product_error(0.0, m, size"),
    _core("values", "_by_cholesky", "flint.arb(gamma) * size", "flint.arb(0) * size"),
    _core("values", "_block_distance", "product_error(gamma, y.shape[1]", "product_error(0.0, y.shape[1]"),
    _core("values", "_deflated", "product_error(gamma_v, n,", "product_error(0.0, n,"),
    _core("values", "_deflated", "product_error(gamma, n, size", "product_error(0.0, n, size"),
    _core("values", "_deflated", "size.upper() * polar\n", "0\n"),
    _core("values", "_deflated", "product_error(gamma, m, size", "product_error(0.0, m, size"),
    _core("values", "_deflated", "product_error(gamma, m, rest", "product_error(0.0, m, rest"),
    _core("line", "Line._times", "product_error(gamma, t.shape[1]", "product_error(0.0, t.shape[1]"),
    _core("transport", "transport_norms", "(rounding + spectral).upper()", "rounding.upper()"),
    _core("transport", "_quotient", "flint.arb(gamma) *", "flint.arb(0) *"),
    _core("transport", "_quotient", "amplified * read.right_defect_frobenius /", "0 * read.right_defect_frobenius /"),
    _linalg("principal_angles", "factored_values", "add_up(norm_up(rest), mul_up(", "add_up(0.0, mul_up("),
    _linalg("cell_norms", "_cells", "add_up(whole, rest)", "rest"),
    _core("core", "Core._error", "(1 + v.off_spectral) * read.top(i) * off_u +", ""),
    _core("core", "Core._error", "+ write.top(j) * off_v", ""),
    _core("balance", "_commutator", "2 * read.top() * half_error +", ""),
    _core("balance", "_imbalance", "c.error(2, 0) * unit_read +", ""),
    _core("balance", "_imbalance", "+ c.error(0, 2) * unit_write", ""),
    _core("line", "Line.extended", "+ above.error_spectral * self.size()", ""),
    _core("line", "Line._times", "return m, rounding + c.error(1, 1), 0", "return m, rounding, 0"),
    _core("transport", "transport_norms", "rounding += c.error(1, 1)", ""),
    _core("near", "near", "flint.arb(enclosed.residual) +", ""),
    _core("near", "near", "frobenius_up(enclosed.columns) +", ""),
    _core("near", "Near.gram_error", "2 * self.top() * self.error +", ""),
    _core("balance", "_commutator", "read.top(2) * delta +", ""),
    _core("balance", "_commutator", "write.top(2) * delta_read +", ""),
    _core("balance", "_commutator", "slack = write.top(2) * off +", "slack ="),
    _core("balance", "_imbalance", "write.gram_error * unit_write +", ""),
    _core("balance", "_imbalance", "+ read.gram_error * unit_read", ""),
    _core("balance", "_gram_norm", "x.gram_error +", ""),
    _core("balance", "_tail_norm", "rounding + core_error * unit", "rounding"),
    _core("balance", "_tail_formed", "error = tail.error(2) * unit +", "error ="),
    _core("cosines", "_off", "+ v.off.min(roots[1] * v.off_spectral)", ""),
    _core("cosines", "_off", "error + (1 + v.off_spectral) * u.off.min(roots[0] * u.off_spectral)", "error"),
    _core("cosines", "_rest", "u.off.min(root * u.off_spectral) +", ""),
    _core("cosines", "_rest", "+ (1 + u.off_spectral) * turned", ""),
    _core("cosines", "_rest", "(2 + v.off_spectral)", "(1 + v.off_spectral)"),
    _core("cosines", "_moved", "angle + _angle(c.read", "_angle(c.read"),
    _core(
        "cosines", "_moved", "angle + _angle(c.read, c.read.right, k, c.n, lambda: read.sin_theta_right(k))", "angle"
    ),
    _core("cosines", "_angle", "- following - x", "- x"),
    _core("line", "Line._times", "rounding + c.error(1, 0)", "rounding"),
    _core("line", "Line.extended", "above.top() + above.error_spectral", "above.top()"),
    _core("line", "Line.of", "off = first.error_spectral", "off = ZERO"),
    _core("transport", "transport_norms", "read.error_spectral * write.top() +", ""),
    _core("transport", "transport_norms", "+ read.top() * write.error_spectral", ""),
    _core("transport", "transport_norms", "read.error * write.top() +", ""),
    _core("transport", "transport_norms", "+ read.top() * write.error +", "+"),
    _core("transport", "_quotient", "(ONE + read.left_defect).sqrt() + read.lean", "(ONE + read.left_defect).sqrt()"),
    _core("transport", "_quotient", "(ONE - read.left_defect).sqrt() - read.lean", "(ONE - read.left_defect).sqrt()"),
    _core(
        "transport", "_quotient", "(ONE + write.left_defect).sqrt() + write.lean", "(ONE + write.left_defect).sqrt()"
    ),
    _core(
        "transport", "_quotient", "(ONE - write.left_defect).sqrt() - write.lean", "(ONE - write.left_defect).sqrt()"
    ),
    _linalg("cell_norms", "_cells", "reader.sizes[:, None] * columns[place] +", ""),
    _linalg("cell_norms", "_cells", "+ rows[place][:, None] * sizes", ""),
    _linalg("cell_norms", "_Side.moved", "(within, ~within)", "(within,)"),
    _linalg("cell_norms", "_Side.moved", "(within, ~within)", "(~within,)"),
    _linalg("cell_norms", "truncations", "lean_next + (1 + tilt_next)", "(1 + tilt_next)"),
    _linalg("cell_norms", "truncations", "(lean + (1 + tilt) * inner)", "((1 + tilt) * inner)"),
    _linalg("cell_norms", "truncations", "(lean + (1 + tilt) * inner)", "lean"),
    _linalg("cell_norms", "truncations", "inner = core.error(1, 1) * unit +", "inner ="),
    _core("core", "Core._error", "(1 + v.off_spectral) * read.top(i)", "read.top(i)"),
    _core("near", "Near.gram_error", "+ self.error_spectral * self.error", ""),
    _core("cosines", "_angle", "- x.error_spectral\n", "\n"),
    _core("cosines", "_off", "(1 + v.off_spectral) * u.off", "u.off"),
    _core("transport", "transport_norms", "crossed + read.error_spectral * write.error_spectral", "crossed"),
    _core("transport", "transport_norms", "+ read.error_spectral * write.error\n", "\n"),
    _core("transport", "_quotient", "(ONE + read.left_defect).sqrt() + read.lean", "ONE + read.lean"),
    _core("transport", "_quotient", "(ONE - read.left_defect).sqrt() - read.lean", "ONE - read.lean"),
    _core("transport", "_quotient", "/ (1 - b_read)", ""),
    _core("transport", "_quotient", "* ((1 + b_read) * (1 + b)).sqrt()", ""),
)

_KNOWN = "red: known error; "


def ordered(planted: Planted) -> Iterator[tuple[str, Fault]]:
    """Every case and fault, those at sites of the module itself first."""
    for own in (True, False):
        for case in (*DIRECT, *CASES):
            for site in sites(case):
                if (site[0] == planted.module) is own:
                    for fault in trials(case, site, bounded=True):
                        yield case, fault


def shown(planted: Planted) -> tuple[str, Fault | None] | None:
    """The first case and fault of which an enclosure does not hold, or known error; none where all do."""
    with planted.made():
        known = next((name for name, holds_there in INSTANCES.items() if not holds_there()), None)
    if known is not None:
        return known, None
    tried = list(ordered(planted))
    with planted.made():
        return next(((case, fault) for case, fault in tried if not holds(case, fault)), None)


def outcome(found: tuple[str, Fault | None] | None) -> str:
    """What the table says of a fault."""
    if found is None:
        return "not seen"
    case, fault = found
    if fault is None:
        return _KNOWN + case
    assert fault.site is not None
    return f"red: {case}; `{fault.site[1]}` + {fault.site[2]}, {fault.direction}, {fault.factor:.0e}"


def still_shown(planted: Planted, said: str) -> bool:
    """Whether the fault is seen where the table says so."""
    if said.startswith(_KNOWN):
        with planted.made():
            return not INSTANCES[said.removeprefix(_KNOWN)]()
    match = re.fullmatch(r"red: (.+); `(.+)` \+ (\d+), (.+), (\S+)", said)
    if match is None:
        return False
    case, function, line, direction, factor = match.groups()
    places = [site for site in sites(case) if site[1:] == (function, int(line))]
    with planted.made():
        return any(not holds(case, Fault(site, direction, True, float(factor))) for site in places)
