"""Writing a file as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile

from certify.errors import InputError

__all__ = ["write_whole"]


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Replace the file at ``path`` by ``data``; another reader sees the old file or the new one, never a part.

    Raises
    ------
    InputError : the folder does not exist or cannot be written.
    """
    target = os.path.abspath(os.fspath(path))
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".polystable-")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except OSError as error:
        raise InputError(
            f"the file cannot be written: {error.strerror}", file=path, hint="another output path"
        ) from error
    finally:
        # After a success the temporary name is gone; after any failure, an interruption included, nothing is left.
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
