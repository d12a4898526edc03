"""Writing a file as a whole or not at all, and never over what is no file of its own."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Iterable

from certify.errors import InputError, LimitError

__all__ = ["check_writable", "write_whole"]

_PREFIX = ".polystable-"
_ABANDONED = 3600.0


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a target that :func:`write_whole` refuses, before any work is done for it.

    Raises
    ------
    InputError : there is a link, a device, a pipe or a folder of that name, or no such name can be.
    """
    target = os.fspath(path)
    try:
        mode = os.lstat(target).st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise _refused(path, _reason(error)) from error
    if not stat.S_ISREG(mode):
        kind = "a symbolic link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise _refused(path, f"there is {kind} of that name, which is not replaced")


def write_whole(path: str | os.PathLike[str], data: bytes | Iterable[bytes], *, limit: int | None = None) -> None:
    """Replace the file at ``path`` by ``data``; another reader sees the old file or the new one, never a part.

    A file that is replaced keeps its mode. What killed runs of this user left in the folder an hour ago or earlier is
    removed.

    Parameters
    ----------
    data : the bytes, or pieces of them.
    limit : the most bytes that may be written.

    Raises
    ------
    InputError : as :func:`check_writable`, or the folder does not exist or cannot be written.
    LimitError : more than ``limit`` bytes; nothing is written.
    """
    check_writable(path)
    temporary = None
    try:
        target = os.path.abspath(os.fspath(path))
        folder = os.path.dirname(target)
        mode = _mode(target)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=_PREFIX)
        written = 0
        with os.fdopen(handle, "wb") as stream:
            for piece in (data,) if isinstance(data, bytes) else data:
                written += len(piece)
                if limit is not None and written > limit:
                    raise LimitError("the file is too large to be read again", file=path, limit=f"{limit} bytes")
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, target)
        _sweep(folder)
    except (OSError, ValueError) as error:
        raise _refused(path, _reason(error)) from error
    finally:
        # After a success the temporary name is gone; after any failure, an interruption included, nothing is left.
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _mode(target: str) -> int:
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(os.stat(target).st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _sweep(folder: str) -> None:
    """Remove temporary files that their writers cannot be at work on any more."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False)
                if found.st_uid == os.getuid() and time.time() - found.st_mtime > _ABANDONED:
                    with contextlib.suppress(OSError):
                        os.unlink(entry.path)


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _refused(path: str | os.PathLike[str], reason: str) -> InputError:
    return InputError(f"the file cannot be written: {reason}", file=path, hint="another output path")
