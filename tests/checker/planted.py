"""Single faults in the checker, each one error term left out, and where the injected errors show them."""

from __future__ import annotations

import re

from tests.checker.fault import DIRECTIONS, Fault, Site
from tests.checker.test_injected import CHAINS, ROOMS, honest, misses
from tests.planted import Planted


def _planted(module: str, function: str, old: str, new: str) -> Planted:
    return Planted(f"checker.arithmetic.{module}", function, old, new)


def _near(function: str, old: str, new: str) -> Planted:
    return _planted("near_decomposition", function, old, new)


FAULTS = (
    _planted(
        "rounding",
        "_product_bound",
        "ball(relative) * ball(left) * ball(right) + ",
        "",
    ),
    _near("near_svd", "ball(e) + ball(slip) + ball(a.lost)", "ball(e) + ball(a.lost)"),
    _near("_from_gram", "e + rest + ball(tail_slip)", "e + rest"),
    _near("_from_gram", "e + rest + ball(tail_slip)", "e + ball(tail_slip)"),
    _near("_from_gram", "return u, s, v, f, defect(v)", "return u, s, v, Defect(0.0, 0.0), defect(v)"),
    _near("_from_gram", "return u, s, v, f, defect(v)", "return u, s, v, f, Defect(0.0, 0.0)"),
    _near("_from_svd", "above(rest), slip, columns", "above(rest), 0.0, columns"),
    _near("_from_svd", "above(rest), slip, columns", "0.0, slip, columns"),
    _near("_from_svd", "defect(u), defect(v)", "Defect(0.0, 0.0), defect(v)"),
    _near("_from_svd", "defect(u), defect(v)", "defect(u), Defect(0.0, 0.0)"),
    _near("defect", " + ball(slip)", ""),
    _near("defect", "ball(size).min(spread) * once + ", ""),
    _near("defect", "spread * once + rounded", "rounded"),
    _near("defect", "spread * once + rounded", "spread * once"),
    _near("near_svd", "(ball(g) + ball(h))", "ball(g)"),
    _near("near_svd", "(ball(g) + ball(h))", "ball(h)"),
    _near("near_svd", "total = ball(e) + ball(slip)", "total = ball(slip)"),
    _planted("principal_angles", "angles", "_moved(*near.sigma(), above(slip))", "near.sigma()"),
    _planted("principal_angles", "angles", "_moved(low, high, above(turned))", "(low, high)"),
    _planted("principal_angles", "angles", "_moved(*_complement(low, high), above(turned))", "_complement(low, high)"),
    _planted("principal_angles", "sines", "above(slip + turned)", "above(slip)"),
    _planted("principal_angles", "sines", "above(slip + turned)", "above(turned)"),
    _planted("principal_angles", "_outside", "(1 + q) * ball(across_slip) + ", ""),
    _planted("principal_angles", "_outside", "ball(back_slip) + ", ""),
    _planted("crossing", "Crossing._make_core", "ball(rounding) + q + (1 + q) * p", "q + (1 + q) * p"),
    _planted("crossing", "Crossing._make_core", "ball(rounding) + q + (1 + q) * p", "ball(rounding) + (1 + q) * p"),
    _planted("crossing", "Crossing._make_core", "ball(rounding) + q + (1 + q) * p", "ball(rounding) + q"),
    _planted("crossing", "Crossing._make_core", "spread = rounded + ", "spread = "),
    _planted("crossing", "Crossing._make_core", "ball(read.right_spread) + ", ""),
    _planted("crossing", "Crossing._make_core", " + (1 + q) * ball(write.left_spread)", ""),
    _planted("crossing", "Crossing._make_weighted", "error = ball(rounding) + ", "error = "),
    _planted("crossing", "Crossing._make_weighted", "2 * top * delta + ", ""),
    _planted("crossing", "Crossing._make_weighted", "whole += 2 * top * wide + ", "whole += "),
    _planted("crossing", "Crossing._make_weighted", "ball(gamma(roundings(other.size))) * size * size + ", ""),
    _planted("core_commutation", "_moved", "* ball(near.spread)", "* 0"),
    _planted("core_commutation", "_gram_size", " + _moved(near)", ""),
    _planted("core_commutation", "_imbalance", "off += (size * slip).min(most * spread) + ", "off += "),
    _planted("core_commutation", "_imbalance", "root(total) + error_ball(moved)", "root(total)"),
    _planted("core_commutation", "_beyond", "frobenius(inside) + error_ball(off)", "frobenius(inside)"),
    _planted("core_commutation", "_commutator", "off = (size * found.error).min(most * found.spread) + ", "off = "),
    _planted("core_commutation", "_commutator", "moved = top * (size * slip).min(most * spread) + ", "moved = "),
    _planted("core_commutation", "_commutator", "root(total) + error_ball(2 * moved)", "root(total)"),
    _planted("two_layers", "commutation", "2 * product_slip + gram_slip", "gram_slip"),
    _planted("two_layers", "commutation", "2 * product_slip + gram_slip", "2 * product_slip"),
    _planted("two_layers", "commutation", "h_slip * h_scale + k_slip * k_scale", "h_slip * h_scale"),
    _planted("two_layers", "commutation", "h_slip * h_scale + k_slip * k_scale", "k_slip * k_scale"),
    _planted("two_layers", "commutation", "k_slip * ball(absolute_norm(h)) + ", ""),
    _planted("two_layers", "commutation", "h_slip * (ball(absolute_norm(k)) + 3 * k_slip)", "0"),
    _planted("two_layers", "_gram", "ball(gamma(roundings(b.shape[0]))) * w.mass + ", ""),
    _planted("two_layers", "product_norm", "ball(rounding) + ", ""),
    _planted("two_layers", "transport_norm", "slip = ball(rounding) + ", "slip = "),
    _planted("small_commutation", "_slip", "ball(gamma(roundings(inner))) * left * right + ", ""),
    _planted("small_commutation", "small_commutation", "left_size * right_error + ", ""),
    _planted("small_commutation", "small_commutation", "+ right_size * left_error", ""),
    _planted("small_commutation", "small_commutation", "next_size * x_error + ", ""),
    _planted("small_commutation", "small_commutation", "+ next_error * (x_size + x_error)\n", "\n"),
    _planted("small_commutation", "small_commutation", "g_size * x_error + ", ""),
    _planted("small_commutation", "small_commutation", " + g_error * (x_size + x_error)", ""),
    _planted(
        "small_commutation", "small_commutation", "frobenius(squared) + error_ball(squared_error)", "frobenius(squared)"
    ),
    _planted("small_commutation", "small_commutation", "next_size + error_ball(next_error)", "next_size"),
    _planted("small_commutation", "small_commutation", "g_size + error_ball(g_error)", "g_size"),
    _planted("small_commutation", "small_commutation", "x_size + error_ball(x_error)", "x_size"),
    _planted("spectral_norm", "_witness", " - ball(slip)", ""),
    _planted("spectral_norm", "_inertia_bound", " + ball(error)).sqrt()\n    return", ").sqrt()\n    return"),
    _planted("spectral_norm", "_inertia_bound", " + ball(slip)", ""),
    _planted(
        "product_spectrum",
        "_times",
        "error = rounding + left.norm * right.error + ",
        "error = left.norm * right.error + ",
    ),
    _planted(
        "product_spectrum", "_times", "left.norm * right.error + left.error * right.norm", "left.error * right.norm"
    ),
    _planted(
        "product_spectrum", "_times", "left.norm * right.error + left.error * right.norm", "left.norm * right.error"
    ),
    _planted("product_spectrum", "_near", "ball(near.error) + part.error", "ball(near.error)"),
    _planted("product_spectrum", "_near", "ball(near.error) + part.error", "part.error"),
    _planted("narrow_product", "core", "top * top_next * slip + ", ""),
    _planted("narrow_product", "_layers", "ball(read.error) * (top + ball(write.error)) + ", ""),
    _planted("narrow_product", "_layers", " + top_next * ball(write.error)", ""),
    _planted("narrow_product", "core_norm", " + error_ball(_layers(write, read))", ""),
    _planted("narrow_product", "core_norm", "ball(float(found.own[0])) ** 2 * found.error + ", ""),
    _planted("spectral_norm", "gram_norm", "reached - error", "reached"),
    _planted("spectral_norm", "gram_norm", "above(error)", "0.0"),
    _planted("exact_product_rank", "full_rank", "slip = ball(rounding) + ", "slip = "),
    _planted("exact_product_rank", "full_rank", "(ball(rounding) + slip", "(slip"),
    _planted("exact_product_rank", "full_rank", " + slip * ball(absolute_norm(scaled))", ""),
    _planted("exact_product_rank", "full_rank", "f = ball(absolute_norm(rest)) * (1 + 4 * ball(U)) + ", "f = "),
    _planted("two_layers", "transport_norm", "grown * (ball(rounding) + ", "grown * ("),
    _planted("two_layers", "transport_norm", "f = ball(absolute_norm(identity)) * (1 + 4 * ball(U)) + ", "f = "),
    _planted("truncated", "Transport.__init__", "(sizes + 2.0**-500) * (2 * gamma(roundings(terms)))", "sizes * 0"),
    _planted("truncated", "Transport._step", "ball(lower_slip) * inner + ", ""),
    _planted("truncated", "Transport._step", "ball(upper_slip) * outer + ", ""),
    _planted("truncated", "Transport._step", " + ball(last)\n", "\n"),
    _planted("truncated", "Transport._truncate", "above(slip + self._tilt())", "above(slip)"),
    _planted("truncated", "Transport._truncate", "above(slip + self._tilt())", "above(self._tilt())"),
    _planted("truncated", "Transport._truncate", "self._distance(windows) + ", ""),
    _planted("quotient", "quotient_norms", "ball(gamma(roundings(first.d))) *", "0 *"),
    _planted("quotient", "_outer", "ball(factors.left_distance) + ball(x)", "ball(x)"),
    _planted("quotient", "_outer", "ball(factors.left_distance) + ball(x)", "ball(factors.left_distance)"),
    _planted("quotient", "_whole", "(1 + ball(4 * U)) * lean", "0"),
    _planted("quotient_head", "Sandwich.ends", "columns_slip * arb(head).sqrt()", "arb(0)"),
    _planted("quotient_head", "Sandwich.ends", "ball(inside_slip) * arb(q.shape[1]).sqrt()", "0"),
    _planted("quotient_head", "Sandwich.image", "_rounded(first) + ball(slip)", "_rounded(first)"),
    _planted("quotient_head", "Sandwich._outward", "(1 + self.far) * off + ball(slip)", "(1 + self.far) * off"),
    _planted("quotient_head", "Sandwich._outward", "(1 + self.far) * off + ball(slip)", "ball(slip)"),
    _planted(
        "quotient_head",
        "Sandwich.adjoint",
        "_rounded(first) + ball(slip)) + ball(last)",
        "_rounded(first)) + ball(last)",
    ),
    _planted("quotient_head", "Sandwich.adjoint", " + ball(last)", ""),
    _planted("near_decomposition", "near_svd", "columns + above(rounded + ", "columns + above("),
    _planted("deflated_norm", "deflation", "slip * arb(q.shape[1]).sqrt() + ", ""),
    _planted("deflated_norm", "deflation", " + whole * turned", ""),
    _planted("deflated_norm", "Deflation.ends", " + ball(square_slip)", ""),
    _planted("deflated_norm", "Deflation.ends", "self.back_slip * arb(q.shape[1]).sqrt() + ", ""),
    _planted("deflated_norm", "Deflation.ends", "frobenius(image[:, 0]) - self.slip", "frobenius(image[:, 0])"),
    _planted("deflated_norm", "Deflation.ends", "frobenius(rest) * (1 + ball(4 * U)) + ", ""),
)


def shown(planted: Planted) -> tuple[str, Site, str] | None:
    """The first chain, call site and direction whose enclosures do not hold with the fault; none where all hold.

    The sites of the module itself come first, and then those of the decompositions that it uses.
    """
    modules = [planted.module.rpartition(".")[2]]
    if modules[0] in ("core_commutation", "principal_angles", "narrow_product", "truncated"):
        modules += ["crossing"]
    if modules[0] not in ("exact_product_rank", "spectral_norm"):
        modules += ["near_decomposition"]
    places = [
        (name, room, site)
        for module in dict.fromkeys(modules)
        for room in ROOMS
        for name in CHAINS
        for site in honest(name, room)[1]
        if site[0].rpartition(".")[2] == module
    ]
    with planted.made():
        for name, room, site in places:
            for direction in DIRECTIONS:
                if misses(name, room, Fault(site, direction)):
                    return name, site, direction
    return None


def outcome(found: tuple[str, Site, str] | None) -> str:
    """What the table says of a fault."""
    return "not seen" if found is None else f"red: {found[0]}, `{found[1][1]}` + {found[1][2]}, {found[2]}"


def still_shown(planted: Planted, said: str) -> bool:
    """Whether the fault is seen where the table says so."""
    match = re.fullmatch(r"red: (.+?), `(.+)` \+ (\d+), (.+)", said)
    if match is None:
        return False
    name, function, line, direction = match.groups()
    places = {(room, site) for room in ROOMS for site in honest(name, room)[1] if site[1:] == (function, int(line))}
    with planted.made():
        return any(misses(name, room, Fault(site, direction)) for room, site in places)
