"""Size limits of the readers. Each is an option with a default, and each refusal names it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from certify.errors import LimitError, UsageError

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a weight file may ask of the machine before it is refused.

    Parameters
    ----------
    max_file_bytes : size of any one file on disk, in bytes.
    max_header_bytes : length of a safetensors header, of a shard index, of an ``.npy`` header or of the directory of
        an ``.npz`` archive, in bytes.
    max_tensors : number of tensors in one file or folder.
    max_layers : number of layers of a chain.
    max_tensor_elements : number of elements of one layer; each takes eight bytes once it is read.
    max_unpacked_bytes : what the members of an ``.npz`` archive declare to unpack to, all together, in bytes.
    max_chain_file_bytes : size of a chain file, in bytes.

    Raises
    ------
    UsageError : a limit is not a positive integer.
    """

    max_file_bytes: int = 2**36
    max_header_bytes: int = 2**24
    max_tensors: int = 100_000
    max_layers: int = 10_000
    max_tensor_elements: int = 2**28
    max_unpacked_bytes: int = 2**36
    max_chain_file_bytes: int = 2**20

    def __post_init__(self) -> None:
        for item in fields(self):
            value: object = getattr(self, item.name)
            if type(value) is not int or value < 1:
                raise UsageError(f"the limit {item.name} must be a positive integer, not {value!r}")

    def check(self, option: str, value: int, what: str, *, file: object = None, tensor: str | None = None) -> None:
        """Refuse ``value`` when it exceeds the limit called ``option``; ``what`` says what was counted.

        Raises
        ------
        LimitError : the message names the option, its value and what met it.
        """
        allowed: int = getattr(self, option)
        if value > allowed:
            raise LimitError(
                f"{what}: {value}, more than is read",
                file=file,
                tensor=tensor,
                limit=f"{option} = {allowed}",
                hint=f"if the input is to be trusted, raise it: --limit {option}={value}, or Limits({option}={value})",
            )


DEFAULT_LIMITS = Limits()
