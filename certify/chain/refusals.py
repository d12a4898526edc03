"""What is refused by its kind before anything is parsed: pickles, unknown formats, names that are not plain text."""

from __future__ import annotations

import json
from pathlib import PurePath

from certify.errors import InputError, UnsupportedError
from certify.reading import crowded, shown

__all__ = [
    "PICKLE_HINT",
    "TORCH_SUFFIXES",
    "check_name",
    "parse_json",
    "pickle_suffix",
    "refuse_pickle",
    "starts_like_pickle",
]

_PICKLE_SUFFIXES = frozenset({".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".joblib"})

TORCH_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt")
"""Suffixes of files that PyTorch writes, which are read without running them."""

PICKLE_HINT = (
    'convert it where you trust it: python -c "import torch; from safetensors.torch import save_file; '
    "save_file({k: v.contiguous() for k, v in torch.load('IN', weights_only=True).items()}, 'OUT.safetensors')\""
)

_LONGEST_NAME = 1024


def starts_like_pickle(head: bytes) -> bool:
    """True when the first bytes are the header of pickle protocol 2 to 5."""
    return len(head) >= 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def refuse_pickle(path: object, sign: str) -> InputError:
    """The refusal of a pickle; ``sign`` says how it was recognised."""
    return UnsupportedError(
        f"a pickle is refused, because loading one runs the code inside it; recognised by {sign}",
        file=path,
        hint=PICKLE_HINT,
    )


def pickle_suffix(path: str) -> str:
    """The suffix of ``path`` when it is one that pickles carry, otherwise empty."""
    suffix = PurePath(path).suffix.lower()
    return suffix if suffix in _PICKLE_SUFFIXES else ""


def check_name(name: str, *, file: object) -> None:
    """Refuse a tensor name that is empty, very long, or not printable text (control characters, lone surrogates).

    Raises
    ------
    InputError : the message shows the name escaped.
    """
    if not name or len(name) > _LONGEST_NAME:
        raise InputError(
            f"a tensor name of {len(name)} characters",
            file=file,
            limit=f"1 to {_LONGEST_NAME} characters",
            hint="write the file again with plain names",
        )
    if not name.isprintable():
        raise InputError(
            f"a tensor name holds characters that cannot be printed: {name!a}",
            file=file,
            hint="write the file again with plain names",
        )


class _DuplicateKeyError(ValueError):
    """A JSON object holds one key twice."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(key)
            seen.add(key)
    return found


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is not JSON")


def parse_json(data: bytes, *, file: object, what: str) -> dict[str, object]:
    """Parse a JSON object strictly: UTF-8, no key twice at any depth, no NaN or Infinity.

    ``what`` names the document in messages. Python's own parser keeps the last of two equal keys, which would let a
    file show one tensor to one reader and another to the next.

    Raises
    ------
    InputError : not such an object; a duplicate key is named.
    """
    hint = "the file is damaged or was written by a faulty tool; write it again with the safetensors library"
    if crowded(data):
        raise InputError(f"{what} holds more brackets or fields than tensors have", file=file, hint=hint)
    try:
        found: object = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except _DuplicateKeyError as error:
        raise InputError(f"{what} holds the name {shown(str(error))!a} twice", file=file, hint=hint) from error
    except RecursionError as error:
        raise InputError(f"{what} is nested too deeply", file=file, hint=hint) from error
    except ValueError as error:
        raise InputError(f"{what} is not valid JSON: {error}", file=file, hint=hint) from error
    if not isinstance(found, dict):
        raise InputError(f"{what} is not a JSON object", file=file, hint=hint)
    return found
