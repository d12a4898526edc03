"""The incidence graph of an interface: row groups as nodes, edges with weights and labels, hubs on the graph.

All attributes are numbers and texts, so that ``networkx`` writes the graph as GraphML and as JSON
(``write_graphml``, ``node_link_data``). Columns are joined by commas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from certify.errors import UsageError
from certify.verdict import Claim, Enclosure, Parameter

if TYPE_CHECKING:
    import networkx

__all__ = ["assembled", "read_graph"]

_WORDS = {"C": "SC", "A": "SA", "T": "ST", "?": "undecided"}


def assembled(
    supports: Mapping[int, Sequence[int]],
    nodes: Mapping[int, Mapping[str, Parameter]],
    edges: Mapping[tuple[int, int], Mapping[str, Parameter]],
    hub_groups: int,
    levels: Mapping[str, Parameter],
) -> networkx.Graph:
    """The graph of groups with their supports.

    Parameters
    ----------
    supports : the active columns of each group.
    nodes, edges : attributes of groups, and of pairs of groups that are joined.
    hub_groups : a column that is active in so many groups is a hub.
    levels : the recorded numbers, as attributes of the graph.
    """
    import networkx

    counts = Counter(column for columns in supports.values() for column in columns)
    found = networkx.Graph()
    found.graph.update(levels, hubs=_columns([j for j, n in counts.items() if n >= hub_groups]))
    for group, attributes in nodes.items():
        found.add_node(group, **attributes, active=_columns(supports.get(group, ())))
    for (left, right), attributes in edges.items():
        shared = _columns(set(supports[left]).intersection(supports[right]))
        found.add_edge(left, right, **attributes, shared=shared)
    return found


def read_graph(claims: Sequence[Claim], subject: str) -> networkx.Graph:
    """The graph that the claims about an interface describe.

    Raises
    ------
    UsageError : nothing is certified of its row groups.
    """
    known = {claim.id: claim for claim in claims if claim.subject == subject}
    if not {"E4.thresholds", "E4.supports"} <= known.keys():
        raise UsageError("the certificate has no incidence structure of this interface", place=subject)
    thresholds, supports = known["E4.thresholds"], known["E4.supports"]
    columns = int(supports.parameters["columns"])
    rows = str(thresholds.parameters["groups"]).split(";")
    active = {
        group: _places(bytes.fromhex(str(supports.parameters[f"active {group}"])), columns)
        for group in range(len(rows))
        if f"active {group}" in supports.parameters
    }
    nodes: dict[int, dict[str, Parameter]] = {
        group: {"rows": text, "threshold": value.lower}
        for group, (text, value) in enumerate(zip(rows, thresholds.values, strict=True))
    }
    hub_groups = int(supports.parameters["hub_groups"])
    levels: dict[str, Parameter] = {
        "columns": columns,
        "exponent": thresholds.parameters["exponent"],
        "noise_threshold": supports.parameters["noise_threshold"],
        "hub_groups": hub_groups,
    }
    edges = _edges(known, sorted(active), levels) if "E4.graph" in known else {}
    return assembled(active, nodes, edges, hub_groups, levels)


def _edges(
    known: Mapping[str, Claim], groups: Sequence[int], levels: dict[str, Parameter]
) -> dict[tuple[int, int], dict[str, Parameter]]:
    graph, labels = known["E4.graph"], known.get("E6.labels")
    omega = float(graph.parameters["edge_threshold"])
    levels["edge_threshold"] = omega
    pairs = list(combinations(groups, 2))
    joined = [pairs[place] for place in _places(bytes.fromhex(str(graph.parameters["edges"])), len(pairs))]
    found: dict[tuple[int, int], dict[str, Parameter]] = {pair: {} for pair in joined}
    weights, told = graph.values[1:], () if labels is None else labels.values[1:]
    for place, pair in enumerate(joined):
        if weights:
            found[pair] |= _ends("weight", weights[place]) | {"weight_margin": weights[place].lower - omega}
        if labels is not None:
            levels |= {name: labels.parameters[name] for name in ("kappa", "ratio")}
            found[pair]["label"] = _WORDS[str(labels.parameters["labels"])[place]]
        if told:
            cosine, mean, deviation = told[3 * place : 3 * place + 3]
            kappa = float(levels["kappa"])
            found[pair] |= _ends("correlation", cosine) | _ends("chance_mean", mean)
            found[pair] |= _ends("chance_deviation", deviation)
            found[pair]["correlation_margin"] = max(cosine.lower - kappa, kappa - cosine.upper)
    return found


def _ends(name: str, value: Enclosure) -> dict[str, Parameter]:
    return {f"{name}_lower": value.lower, f"{name}_upper": value.upper}


def _places(bits: bytes, count: int) -> list[int]:
    return [i for i in range(count) if bits[i // 8] >> (7 - i % 8) & 1]


def _columns(columns: Sequence[int] | set[int]) -> str:
    return ",".join(map(str, sorted(columns)))
