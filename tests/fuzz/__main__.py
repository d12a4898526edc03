"""``python -m tests.fuzz --count N``: a campaign of any length."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.fuzz.campaign import Campaign, resident, run

_PIECE = 10_000


def main() -> int:
    """Run the campaign piece by piece; 1 when there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="mutants")
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for mutants that show a fault")
    asked = parser.parse_args()
    total = Campaign()
    start = time.process_time()
    with tempfile.TemporaryDirectory(
        prefix="mutants-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None
    ) as folder:
        for first in range(asked.first, asked.first + asked.count, _PIECE):
            count = min(_PIECE, asked.first + asked.count - first)
            found = run(Path(folder), asked.seed, first, count, keep=asked.keep)
            total.outcomes += found.outcomes
            total.faults += found.faults
            total.slowest, total.largest = max(total.slowest, found.slowest), max(total.largest, found.largest)
            for fault in found.faults:
                print(fault, flush=True)
            print(f"{first + count}: {len(total.faults)} faults, {time.process_time() - start:.0f} s, "
                  f"resident {resident() >> 20} MiB", flush=True)  # fmt: skip
    print(total.table())
    print(
        f"slowest {total.slowest:.3f} s, largest {total.largest} bytes (1 of 40 measured), faults {len(total.faults)}"
    )
    return bool(total.faults)


if __name__ == "__main__":
    raise SystemExit(main())
