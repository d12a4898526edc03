"""The certificate of the example network, and what of it is pinned; ``python -m tests.certificate.digits`` writes that.

``digits.txt`` beside this file holds thresholds, ids, sentences, verdicts and causes. The command also prints the line
for this machine in ``test_digits.py``, which holds the SHA-256 of the whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

import certify

WEIGHTS = Path(__file__).parents[2] / "docs/examples/digits_mlp.safetensors"
GOLDEN = Path(__file__).with_name("digits.txt")


@cache
def digits() -> certify.Certificate:
    """With default thresholds and one worker, whose BLAS has one thread."""
    return certify.certify(certify.load(WEIGHTS), workers=1)


def pinned() -> str:
    """The text of the golden file."""
    return "\n".join(_lines(digits())) + "\n"


def _lines(certificate: certify.Certificate) -> Iterator[str]:
    yield from (f"threshold {name} = {value!r}" for name, value in certificate.thresholds.items())
    for claim in certificate.claims:
        yield f"{claim.verdict.value} {claim.subject}: {claim.id}: {claim.statement}"
        yield from (f"    {label} {text}" for label, text in (("note", claim.note), ("cause", claim.cause)) if text)
    yield from (f"not asked {item.subject}: {item.id}: {item.reason}" for item in certificate.not_asked)


def sha256() -> str:
    """Of the bytes, whatever the version of this program is."""
    return hashlib.sha256(replace(digits(), tool="0").to_bytes()).hexdigest()


def machine() -> str:
    """What the last digits of radii depend on: NumPy, its BLAS, and the kernels that this takes on this processor."""
    blas = sorted(
        f"{item['internal_api']} {item['version']} {item.get('architecture', '')}"
        for item in threadpool_info()
        if item["user_api"] == "blas" and "numpy" in item["filepath"]
    )
    return f"numpy {np.__version__}, {', '.join(blas)}"


if __name__ == "__main__":
    GOLDEN.write_text(pinned(), encoding="utf-8")
    print(f"{machine()!r}: {sha256()!r},")
