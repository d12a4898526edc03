"""Check a certificate against the weights: every claim that must be there is there, and is proved again."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable

import flint
import numpy as np
from numpy.typing import NDArray

from certify.certificate import Certificate, InputRecord, NotAsked
from certify.chain import Chain, Limits, load
from certify.chain.components import components_of
from certify.chain.memory import CHECKER, fitting_workers
from certify.checker.code_units import code_units
from certify.checker.component import component_claims
from certify.checker.expected import Expected, Fault, faults_of
from certify.checker.expression import matrix_of
from certify.checker.from_bytes import loader_fault
from certify.checker.heads import heads_claims
from certify.checker.horizon import horizon_claims
from certify.checker.interface import edge_claims
from certify.checker.layer import LayerFacts, layer_claims
from certify.checker.lookup import Lookup, MissingClaimError
from certify.checker.recorded_thresholds import Difference, Recorded, differences
from certify.checker.tasks import run_tasks
from certify.checker.tensors import MOST_HEADER, Files
from certify.checker.verification import Reason, RejectedError, Verification
from certify.claims import heads, incidence, layer
from certify.claims.thresholds import Thresholds
from certify.console import Progress
from certify.errors import CertificateError, InternalError
from certify.heads import Heads
from certify.verdict import Claim

__all__ = ["check", "verify"]

_BITS = 96


def verify(
    certificate_path: str | os.PathLike[str],
    weights_path: str | os.PathLike[str],
    chain_file: str | os.PathLike[str] | None = None,
    *,
    limits: Limits | None = None,
    expected: Thresholds | None = None,
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    preset: str = "",
) -> Verification:
    """Read a certificate and the weights it is about, and prove every claim again.

    Parameters
    ----------
    certificate_path : the certificate.
    weights_path, chain_file, limits, preset : as for :func:`certify.chain.load`.
    expected : the thresholds that the certificate should have been made with; the defaults when omitted.
    strict : whether another threshold is a reason for rejection.
    workers : matrices at a time; one for each core when omitted, and fewer where memory is short.
    progress : called as ``progress(done, total, label)`` after every layer and edge.

    Raises
    ------
    RejectedError : something was not proved; ``.verification`` lists all reasons.
    CertificateError : the file is no certificate of this schema.
    InputError : the weights or the certificate cannot be read.
    LimitError : there is too little memory.
    """
    certificate = Certificate.load(certificate_path)
    chain = load(weights_path, chain_file, limits or Limits(), preset=preset)
    found = check(
        certificate, chain, expected=expected, strict=strict, workers=workers, progress=progress, limits=limits
    )
    if found.reasons:
        raise RejectedError(found, certificate_path)
    return found


def check(
    certificate: Certificate,
    chain: Chain,
    *,
    expected: Thresholds | None = None,
    strict: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> Verification:
    """Check a certificate against a chain; a rejection is in the result, not raised. Options as for :func:`verify`.

    Layers of safetensors and NumPy files are read a second time from the bytes.

    Raises
    ------
    InputError : the weights cannot be read.
    """
    if reasons := _input_reasons(certificate.input, InputRecord.of(chain)):
        return Verification(certificate, tuple(reasons))
    try:
        thresholds = Recorded.read(certificate.thresholds)
    except CertificateError as error:
        return Verification(certificate, (Reason(error.place or "thresholds", error.message),))
    other = differences(certificate.thresholds, expected or Thresholds())
    if strict and other:
        return Verification(certificate, tuple(map(_unexpected, other)), other)
    with flint.ctx.workprec(_BITS), Files(limits.max_header_bytes if limits else MOST_HEADER) as files:
        checked = _Check(certificate, chain, thresholds, progress or _silent, files)
        found = checked.run(workers)
    return Verification(certificate, tuple(found), other, checked.reread)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _unexpected(found: Difference) -> Reason:
    message = "the threshold is not the expected one"
    return Reason(f"thresholds.{found.name}", message, "", "", str(found.recorded), str(found.expected))


def _silent(done: int, total: int, label: str) -> None:
    pass


def _input_reasons(recorded: InputRecord, found: InputRecord) -> list[Reason]:
    left, right = _leaves(recorded.to_json(), "input"), _leaves(found.to_json(), "input")
    return [
        Reason(place, "the certificate is about other input", "", "", left.get(place, "none"), right.get(place, "none"))
        for place in [*left, *(place for place in right if place not in left)]
        if left.get(place) != right.get(place)
    ]


def _leaves(value: object, place: str) -> dict[str, str]:
    if isinstance(value, dict):
        parts: Iterable[tuple[str, object]] = ((f"{place}.{key}", item) for key, item in value.items())
    elif isinstance(value, list):
        parts = [(f"{place}[{index}]", item) for index, item in enumerate(value)]
        parts.append((f"{place}.length", len(value)))
    else:
        return {place: str(value)}
    return {path: text for key, item in parts for path, text in _leaves(item, key).items()}


class _Check:
    """One pass over the layers and edges of a chain."""

    def __init__(
        self, certificate: Certificate, chain: Chain, thresholds: Recorded, progress: Progress, files: Files
    ) -> None:
        self.certificate = certificate
        self.chain = chain
        self.thresholds = thresholds
        self.progress = progress
        self.files = files
        self.reread = 0
        self.lookup = Lookup(certificate.claims)
        self.reasons: list[Reason] = []
        self.expected: dict[str, list[str] | None] = {}

    def run(self, workers: int | None) -> list[Reason]:
        """All reasons for rejection, in the order of the certificate."""
        layers, edges = self.chain.layers, self.chain.edges
        subjects = [layer.subject(item.name) for item in layers] + [self.chain.describe(edge) for edge in edges]
        components = components_of(self.chain)
        subjects += [item.subject for item in components] + [heads.subject(item) for item in self.chain.heads]
        facts: dict[int, LayerFacts] = {}

        def on_layer(i: int) -> None:
            facts[i] = LayerFacts(layers[i].name, self._matrix(i))
            facts[i].half_units = code_units(layers[i]) if self.thresholds.storage == "int8" else None
            self._subject(subjects[i], lambda: list(layer_claims(facts[i], self.lookup, self.thresholds)))

        def on_edge(j: int) -> None:
            pair = facts[edges[j].lower], facts[edges[j].upper]
            subject = subjects[len(layers) + j]
            if all(item.complete for item in pair):
                groups, asked = layers[edges[j].upper].groups, (self.lookup, self.thresholds)
                self._subject(subject, lambda: self._edge(j, list(edge_claims(*pair, *asked, groups))))
            else:
                # Something about a layer is missing, for which there is a reason already.
                self.expected[subject] = None

        def on_other(k: int) -> None:
            if k >= len(components):
                self._heads(self.chain.heads[k - len(components)])
                return
            part = components[k]
            self._subject(part.subject, lambda: list(component_claims(part, self.chain, self.lookup, self.thresholds)))

        self.progress(0, len(subjects), "")
        run_tasks(
            len(layers),
            [(edge.lower, edge.upper) for edge in edges],
            on_layer,
            on_edge,
            len(components) + len(self.chain.heads),
            on_other,
            facts.__delitem__,
            lambda done, place: self.progress(done, len(subjects), subjects[place]),
            fitting_workers(
                self.chain,
                CHECKER,
                None if workers is None else max(workers, 1),
                _cores(),
                incidence.MOST_CELLS if self.thresholds.incidence_percents else 0,
            ),
        )
        self._completeness(subjects)
        self.reasons.sort(key=lambda reason: _order(reason.place))
        return self.reasons

    def _heads(self, item: Heads) -> None:
        self._subject(heads.subject(item), lambda: list(heads_claims(item, self.chain, self.lookup, self.thresholds)))

    def _matrix(self, i: int) -> NDArray[np.float64]:
        found = matrix_of(self.chain.layers[i])
        fault = loader_fault(self.chain.layers[i], found, self.files)
        if fault:
            subject = layer.subject(self.chain.layers[i].name)
            self.reasons.append(Reason(f"input.tensors[{i}]", f"the loader misread it: {fault}", "", subject))
        self.reread += fault == ""
        return found

    def _edge(self, j: int, found: list[Expected]) -> list[Expected]:
        """All claims about an interface: ``found``, and those for which the whole chain is needed."""
        return [*found, *horizon_claims(self.chain, self.chain.edges[j], found, self.lookup, self.thresholds)]

    def _subject(self, subject: str, demanded: Callable[[], list[Expected]]) -> None:
        self.expected[subject] = None
        try:
            found = demanded()
        except MissingClaimError as error:
            self._missing(error.subject, error.id, error.message)
            return
        self.expected[subject] = [item.asserted.id for item in found]
        for item in found:
            place = self.lookup.place(subject, item.asserted.id)
            if place is None:
                self._missing(subject, item.asserted.id, "the claim is missing")
                continue
            claim = self.certificate.claims[place]
            self.reasons += [_reason(place, claim, fault) for fault in _tried(claim, item)]

    def _missing(self, subject: str, id: str, message: str) -> None:
        place = self.lookup.place(subject, id)
        self.reasons.append(Reason("claims" if place is None else f"claims[{place}].values", message, id, subject))

    def _completeness(self, subjects: list[str]) -> None:
        """No claim twice, none beyond those demanded, all in order, and the rest recorded as not asked."""
        claims = self.certificate.claims
        seen: Counter[tuple[str, str]] = Counter()
        for place, claim in enumerate(claims):
            key = claim.subject, claim.id
            seen[key] += 1
            wanted = self.expected.get(claim.subject, [])
            if seen[key] > 1:
                self.reasons.append(Reason(f"claims[{place}]", "the claim occurs twice", claim.id, claim.subject))
            elif wanted is not None and claim.id not in wanted:
                self.reasons.append(
                    Reason(f"claims[{place}].id", "no such claim belongs to this chain", claim.id, claim.subject)
                )
        if self.reasons:
            return
        order = [(subject, id) for subject in subjects for id in self.expected[subject] or ()]
        for place, (claim, wanted) in enumerate(zip(claims, order, strict=True)):
            if (claim.subject, claim.id) != wanted:
                text = "the claim stands in another place than it was asked"
                self.reasons.append(Reason(f"claims[{place}]", text, claim.id, claim.subject))
                return
        places = {subject: place for place, subject in enumerate(subjects)}
        skipped = tuple(sorted(self.lookup.skipped, key=lambda item: places[item.subject]))
        self._compare_not_asked(self.certificate.not_asked, skipped)

    def _compare_not_asked(self, recorded: tuple[NotAsked, ...], expected: tuple[NotAsked, ...]) -> None:
        for place in range(max(len(recorded), len(expected))):
            left = recorded[place] if place < len(recorded) else None
            right = expected[place] if place < len(expected) else None
            if left != right:
                self.reasons.append(
                    Reason(f"not_asked[{place}]", "not what was left unasked", "", "", str(left), str(right))
                )
                return


def _tried(claim: Claim, expected: Expected) -> list[Fault]:
    """The faults of a claim; a proof that breaks down proves nothing."""
    try:
        return faults_of(claim, expected)
    except (InternalError, np.linalg.LinAlgError, ArithmeticError, ValueError) as error:
        return [Fault("values", f"not proved: {error}")]


def _reason(place: int, claim: Claim, fault: Fault) -> Reason:
    where = f"claims[{place}].{fault.field}"
    return Reason(where, fault.message, claim.id, claim.subject, fault.recorded, fault.recomputed)


def _order(place: str) -> tuple[int, str]:
    number = place[len("claims[") : place.find("]")] if place.startswith("claims[") else ""
    return (int(number) if number else -1, place)
