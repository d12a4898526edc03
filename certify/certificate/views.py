"""A certificate as a reader asks for it: one claim, the claims of a layer or an interface, a table of numbers."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from certify.certificate import tables
from certify.certificate.domains import Domain, domains
from certify.certificate.records import InputRecord, NotAsked
from certify.errors import MissingClaimError
from certify.escaping import quoted
from certify.reading import hint_of, shown
from certify.subjects import edge_subject, layer_subject
from certify.verdict import Claim, Enclosure, Verdict, combine
from certify.writing import write_whole

__all__ = ["InterfaceClaims", "LayerClaims", "SubjectClaims", "Views"]

_ROWS = 40


@dataclass(frozen=True)
class SubjectClaims(Mapping[str, Claim]):
    """What a certificate says of one subject: a mapping from claim ids to claims."""

    subject: str
    claims: Mapping[str, Claim] = field(repr=False)

    def __getitem__(self, id: str) -> Claim:
        """The claim with that id; raises :class:`certify.errors.MissingClaimError`."""
        if id not in self.claims:
            raise MissingClaimError(
                f"no claim {shown(str(id))} about {shown(self.subject)}",
                hint=hint_of(str(id), self.claims, "list(...) of this shows the ids"),
            )
        return self.claims[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.claims)

    def __len__(self) -> int:
        return len(self.claims)

    def value(self, id: str, place: int = 0) -> Enclosure:
        """The enclosure of a claim's quantity, of its ``place``-th one where it has several."""
        return self[id].values[place]

    @property
    def verdict(self) -> Verdict:
        """The conjunction of these claims."""
        return combine(claim.verdict for claim in self.claims.values())


@dataclass(frozen=True)
class LayerClaims(SubjectClaims):
    """What a certificate says of one layer; ``shape`` is (n_out, n_in)."""

    name: str
    shape: tuple[int, int]
    dtype: str


@dataclass(frozen=True)
class InterfaceClaims(SubjectClaims):
    """What a certificate says of one interface: ``reader`` reads the ``dimension`` values that ``writer`` writes."""

    writer: str
    reader: str
    dimension: int
    between: str


class Views:
    """Ways to read a certificate; a part of :class:`certify.certificate.Certificate`, whose fields these are."""

    if TYPE_CHECKING:
        input: InputRecord
        claims: tuple[Claim, ...]
        not_asked: tuple[NotAsked, ...]

        @property
        def verdict(self) -> Verdict: ...

    @cached_property
    def _by_subject(self) -> dict[str, dict[str, Claim]]:
        found: dict[str, dict[str, Claim]] = {}
        for claim in self.claims:
            found.setdefault(claim.subject, {})[claim.id] = claim
        return found

    def __getitem__(self, key: str | tuple[str, ...]) -> Claim:
        """One claim: ``certificate[id, subject]``.

        ``subject`` is that of the claim, or the name of a layer; an interface may be given as
        ``certificate[id, writer, reader]``. Without a subject the id must belong to one claim only.

        Raises
        ------
        MissingClaimError : there is no such claim, or several have that id and no subject was given.
        """
        id, *subject = (key,) if isinstance(key, str) else key
        if len(subject) > 2:
            raise MissingClaimError(
                f"{len(key)} keys", hint="certificate[id, subject] or certificate[id, writer, reader]"
            )
        if subject:
            return self._about(*subject)[id]
        having = [name for name, claims in self._by_subject.items() if id in claims]
        if len(having) == 1:
            return self._by_subject[having[0]][id]
        if not having:
            known = dict.fromkeys(name for claims in self._by_subject.values() for name in claims)
            raise MissingClaimError(f"no claim {shown(id)}", hint=hint_of(id, known, "certificate.layers() lists them"))
        raise MissingClaimError(f"{len(having)} claims {shown(id)}", hint=f'certificate["{id}", "{shown(having[0])}"]')

    def _about(self, *names: str) -> SubjectClaims:
        subject = edge_subject(*names) if len(names) == 2 else names[0]
        if subject not in self._by_subject:
            subject = layer_subject(subject)
        if subject not in self._by_subject:
            called = " -> ".join(names)
            hint = hint_of(called, [*self._by_subject], "certificate.layers() and certificate.interfaces() list them")
            raise MissingClaimError(f"no claims about {shown(called)}", hint=hint)
        return SubjectClaims(subject, self._by_subject[subject])

    def layers(self) -> list[LayerClaims]:
        """The layers, lowest first, each with its claims."""
        return [
            LayerClaims(subject, self._by_subject.get(subject, {}), item.layer, item.shape, item.dtype)
            for item in self.input.tensors
            for subject in [layer_subject(item.layer)]
        ]

    def interfaces(self) -> list[InterfaceClaims]:
        """The interfaces in the order of the chain's edges, each with its claims."""
        ends = [(self.input.tensors[i], self.input.tensors[j]) for i, j in self.input.edges]
        return [
            InterfaceClaims(
                subject, self._by_subject.get(subject, {}), lower.layer, upper.layer, lower.shape[0],
                self.input.between.get(place, ""),
            )
            for place, (lower, upper) in enumerate(ends)
            for subject in [edge_subject(lower.layer, upper.layer)]
        ]  # fmt: skip

    def domain(self) -> list[Domain]:
        """Where every interface and chain stands: IN, OUT, UNDECIDED or NOT APPLICABLE, line by line."""
        return domains(self.claims, self.not_asked)

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """The table of :data:`certify.certificate.tables.COLUMNS` as CSV text, written to ``path`` where one is given.

        Floats are spelled so that reading them gives the same float.

        Raises
        ------
        InputError : the file cannot be written.
        """
        text = tables.csv_text(self.claims)
        if path is not None:
            write_whole(path, text.encode())
        return text

    def to_pandas(self) -> Any:
        """The table of claims as a ``pandas.DataFrame``; raises :class:`certify.errors.UsageError` without pandas."""
        return tables.frame("pandas", self.claims)

    def to_polars(self) -> Any:
        """The table of claims as a ``polars.DataFrame``; raises :class:`certify.errors.UsageError` without polars."""
        return tables.frame("polars", self.claims)

    def _repr_html_(self) -> str:
        rows = [
            (subject, len(found), combine(c.verdict for c in found.values()).value)
            for subject, found in self._by_subject.items()
        ]
        more = [(f"and {len(rows) - _ROWS} more", "", "")] * (len(rows) > _ROWS)
        body = "".join(
            "<tr>" + "".join(f"<td>{quoted(cell)}</td>" for cell in row) + "</tr>" for row in [*rows[:_ROWS], *more]
        )
        counts = Counter(claim.verdict for claim in self.claims)
        tally = ", ".join(f"{counts[verdict]} {verdict.value.lower()}" for verdict in Verdict)
        head = "<tr><th>subject</th><th>claims</th><th>verdict</th></tr>"
        return f"<p><b>{self.verdict.value}</b>, {len(self.claims)} claims: {tally}</p><table>{head}{body}</table>"
