"""A chain file in the making: layers by name, edges between names, heads, and its text."""

from __future__ import annotations

from dataclasses import dataclass, field

from certify.chain.chain_file import quoted

__all__ = ["Part", "Plan"]

Value = str | int | bool | dict[str, int]


@dataclass(frozen=True)
class Part:
    """A layer before it has a place: what is called what, and the keys of its table."""

    name: str
    tensor: str
    keys: tuple[tuple[str, Value], ...] = ()

    def with_keys(self, name: str, **keys: Value) -> Part:
        """The same tensor with more steps, under another name."""
        return Part(name, self.tensor, (*((k, v) for k, v in self.keys if k not in keys), *keys.items()))


@dataclass
class Plan:
    """Layers in order, edges whose lower layer was added before the upper one, and tables of heads."""

    title: str
    layers: dict[str, Part] = field(default_factory=dict)
    edges: dict[tuple[str, str], str] = field(default_factory=dict)
    heads: list[dict[str, Value]] = field(default_factory=list)

    def add(self, *parts: Part) -> None:
        """Layers without edges."""
        for part in parts:
            self.layers.setdefault(part.name, part)

    def edge(self, lower: Part, upper: Part, between: str = "") -> None:
        """An edge, and its layers where they are new."""
        self.add(lower, upper)
        self.edges.setdefault((lower.name, upper.name), between)

    def text(self) -> str:
        """The chain file."""
        order = _upward(list(self.layers), list(self.edges))
        rows = [f"# {self.title}", "edges = ["]
        rows += [
            f"  [{', '.join(quoted(item) for item in (*pair, between) if item)}],"
            for pair, between in self.edges.items()
        ]
        rows.append("]")
        for name in order:
            part = self.layers[name]
            rows += ["", "[[layers]]", f"name = {quoted(part.name)}", f"tensor = {quoted(part.tensor)}"]
            rows += [f"{key} = {_spelled(value)}" for key, value in part.keys]
        for table in self.heads:
            rows += ["", "[[heads]]", *(f"{key} = {_spelled(value)}" for key, value in table.items())]
        return "\n".join(rows) + "\n"


def _spelled(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_spelled(v)}" for k, v in value.items()) + "}"
    return quoted(value) if isinstance(value, str) else str(value)


def _upward(names: list[str], edges: list[tuple[str, str]]) -> list[str]:
    """The names, each after those it reads, otherwise in the given order."""
    below: dict[str, list[str]] = {}
    for lower, upper in edges:
        below.setdefault(upper, []).append(lower)
    done: dict[str, None] = {}
    for start in names:
        stack = [(start, iter(below.get(start, ())))]
        open_names = {start}
        while stack:
            name, rest = stack[-1]
            lower = next((x for x in rest if x not in done), None)
            if lower is None:
                done.setdefault(name)
                open_names.discard(name)
                stack.pop()
            elif lower in open_names:
                raise ValueError(f"a circle through {lower}")
            else:
                open_names.add(lower)
                stack.append((lower, iter(below.get(lower, ()))))
    return list(done)
