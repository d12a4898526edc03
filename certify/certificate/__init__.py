"""The certificate: a JSON document with exact numbers, one spelling, and a digest."""

from __future__ import annotations

from certify.certificate.document import ARITHMETIC, SCHEMA, Certificate
from certify.certificate.records import ChainLike, InputRecord, LeftOutRecord, NotAsked, TensorRecord

__all__ = [
    "ARITHMETIC",
    "SCHEMA",
    "Certificate",
    "ChainLike",
    "InputRecord",
    "LeftOutRecord",
    "NotAsked",
    "TensorRecord",
]
