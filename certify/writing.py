"""Writing a file as a whole or not at all, and never over what is no file of its own."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import zlib
from collections.abc import Iterable, Iterator

from certify.errors import InputError, LimitError

__all__ = ["check_writable", "deflated", "remove_temporary", "write_whole"]

_PREFIX = ".polystable-"
_temporary: set[str] = set()


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a target that :func:`write_whole` refuses, before any work is done for it.

    Raises
    ------
    InputError : there is a link, a device, a pipe, a folder or a read-only file of that name, or no such name can be.
    """
    target = os.fspath(path)
    try:
        mode = os.lstat(target).st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise _refused(path, _reason(error)) from error
    if not stat.S_ISREG(mode):
        kind = "a symbolic link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
        raise _refused(path, f"there is {kind} of that name, which is not replaced")
    if not os.access(target, os.W_OK):
        raise _refused(path, "there is a file of that name that is read-only")


def write_whole(path: str | os.PathLike[str], data: bytes | Iterable[bytes], *, limit: int | None = None) -> None:
    """Replace the file at ``path`` by ``data``; another reader sees the old file or the new one, never a part.

    A file that is replaced keeps its mode. What killed runs of the same user left in the folder is removed.

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
        _sweep(folder)
        handle, temporary = _locked(folder)
        written = 0
        # The lock is held until the file has its name.
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
    except (OSError, ValueError) as error:
        raise _refused(path, _reason(error)) from error
    finally:
        # After a success the temporary name is gone; after any failure, an interruption included, nothing is left.
        if temporary is not None:
            _remove(temporary)


def deflated(pieces: Iterable[bytes], *, limit: int) -> Iterator[bytes]:
    """The pieces as one gzip file, without a name and a time, so that equal contents have equal bytes.

    Raises
    ------
    LimitError : the pieces have more than ``limit`` bytes.
    """
    stream, size = zlib.compressobj(6, wbits=16 + zlib.MAX_WBITS), 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise LimitError("the file is too large to be read again", limit=f"{limit} bytes before it is packed")
        if found := stream.compress(piece):
            yield found
    yield stream.flush()


def remove_temporary() -> None:
    """Remove what is half written, in a process that is about to end."""
    for path in tuple(_temporary):
        _remove(path)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
    _temporary.discard(path)


def _mode(target: str) -> int:
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(os.stat(target).st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _locked(folder: str) -> tuple[int, str]:
    """A new file of which others see that its writer lives; it is open, and its name is kept for a signal."""
    while True:
        handle, path = tempfile.mkstemp(dir=folder, prefix=_PREFIX)
        _temporary.add(path)
        _lock(handle, wait=True)
        # Another run may have removed it before it was locked.
        if os.fstat(handle).st_nlink:
            return handle, path
        os.close(handle)
        _temporary.discard(path)


def _lock(handle: int, *, wait: bool) -> bool:
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (ImportError, OSError):
        return False
    return True


def _sweep(folder: str) -> None:
    """Remove this user's temporary files whose writers have ended."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIX) or not entry.is_file(follow_symlinks=False):
                continue
            if hasattr(os, "getuid") and entry.stat(follow_symlinks=False).st_uid != os.getuid():
                continue
            with contextlib.suppress(OSError):
                handle = os.open(entry.path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
                try:
                    if _lock(handle, wait=False):
                        os.unlink(entry.path)
                finally:
                    os.close(handle)


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _refused(path: str | os.PathLike[str], reason: str) -> InputError:
    return InputError(f"the file cannot be written: {reason}", file=path, hint="another output path")
