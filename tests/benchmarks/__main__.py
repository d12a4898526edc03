"""``python -m tests.benchmarks [--rounds N] [--clock wall|cpu] [PART ...]``: ratios of medians, as Markdown tables."""

from __future__ import annotations

import argparse
import os

PARTS = {
    "numpy": "certified SVD against np.linalg.svd",
    "flint": "certified SVD against python-flint",
    "widths": "relative widths of the enclosures",
    "chain": "the whole digits chain against a loop of np.linalg.svd",
    "wide": "a chain of four 1024 × 1024 layers against a loop of np.linalg.svd",
    "interfaces": "chains with interfaces, with and without row groups, against a loop of np.linalg.svd",
    "check": "checking a certificate against making it",
    "deep": "twelve 1024 × 1024 layers, with and without row groups",
    "long": "a thousand layers of 32 × 32, with and without row groups",
    "stream": "the matrices of MiniLM alone, and with the interfaces of its residual stream",
    "broad": "an interface of 5632 dimensions against its layers alone, with the peak of memory",
}
LONG = ("deep", "long", "stream", "broad")
"""Parts that take minutes and run only where they are named."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"of {', '.join(PARTS)}; the last {len(LONG)} take minutes and run only if named",
    )
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    given = parser.parse_args()
    unknown = set(given.parts) - set(PARTS)
    if unknown or given.rounds < 1:
        parser.error(f"unknown part {', '.join(unknown)}" if unknown else "at least one round")
    # Before numpy is imported for the first time: BLAS reads it then.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tests.benchmarks import matrices, networks, timing

    timing.clock = timing.CLOCKS[given.clock]
    print(f"{timing.machine()}; {given.clock} clock")
    for part in given.parts or [name for name in PARTS if name not in LONG]:
        print(f"\n{PARTS[part]}\n")
        if part == "widths":
            print("| case | mode | largest relative width |\n|---|---|---|", *matrices.widths(), sep="\n")
            continue
        run = {
            "numpy": matrices.against_numpy,
            "flint": matrices.against_flint,
            "chain": networks.whole_chain,
            "wide": networks.wide_chain,
            "interfaces": networks.interfaces,
            "check": networks.checking,
            "deep": networks.deep_chain,
            "long": networks.long_chain,
            "stream": networks.stream,
            "broad": networks.broad_edge,
        }[part]
        print(timing.HEADER)
        for measured in run(given.rounds):
            print(*measured.lines(), sep="\n", flush=True)


if __name__ == "__main__":
    main()
