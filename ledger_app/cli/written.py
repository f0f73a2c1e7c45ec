"""Files that a command makes as its answers come."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from ledger_app import errors

_STREAMS: Final = ("/dev/std", "/dev/fd/", "/proc/")


class Written:
    """A file that is made as it is filled, beside the place that it takes once it is whole: until then, and
    where the work ends early, what was there stays as it was. What can only be written into (a device, a
    pipe, what the output goes to already) is written as the answers come.

    Raises BadInput FILE_UNWRITABLE, or OUTPUT_IS_INPUT where the file is one of those that are `read`.
    """

    def __init__(self, path: Path, read: Iterable[Path] = ()) -> None:
        self._path = path
        self._draft: Path | None = None
        for each in read:
            if _same(path, each):
                raise errors.BadInput("OUTPUT_IS_INPUT", f"{path} is what is read")
        try:
            self.file = self._opened()
        except OSError as exc:
            raise self._unwritable(exc) from exc

    @property
    def places(self) -> list[os.stat_result]:
        """What the output takes the place of, and where it is made: no input, wherever they are met."""
        found = [os.fstat(self.file.fileno())]
        with suppress(OSError):
            found.append(self._path.stat())
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None or self._draft is None:
                self.finish()
            self.file.close()
            if kind is None and self._draft is not None:
                _put(self._draft, _real(self._path))
        except OSError as exc:
            if kind is None:
                raise self._unwritable(exc) from exc
        finally:
            with suppress(OSError):
                self.file.close()
            if self._draft is not None:
                self._draft.unlink(missing_ok=True)

    def finish(self) -> None:
        """What ends the file."""

    def _opened(self) -> TextIO:
        if _is_stream(self._path):
            return self._path.open("w", encoding="utf-8", newline="")
        there = self._path.exists()
        if there and not os.access(self._path, os.W_OK):
            raise PermissionError(13, "Permission denied")
        target = _real(self._path)
        try:
            handle, name = tempfile.mkstemp(".part", f".{target.name[:100]}.", target.parent)
        except OSError:
            if not there:
                raise
            # A file that may be changed, in a folder that may not.
            handle, name = tempfile.mkstemp(".part")
        self._draft = Path(name)
        mode = 0o666 & ~_umask()
        if there:
            old = target.stat()
            mode = stat.S_IMODE(old.st_mode)
            with suppress(OSError):
                os.fchown(handle, old.st_uid, old.st_gid)
        os.fchmod(handle, mode)
        return os.fdopen(handle, "w", encoding="utf-8", newline="")

    def _unwritable(self, exc: OSError) -> errors.BadInput:
        return errors.BadInput("FILE_UNWRITABLE", f"{self._path}: {exc.strerror or exc}")


def _put(draft: Path, target: Path) -> None:
    """Have `draft` take the place of `target`, or, where that may not be renamed over (another file system, a
    file that a container is given), be written into it."""
    try:
        draft.replace(target)
    except OSError:
        if not target.exists():
            raise
        shutil.copyfile(draft, target)


def _is_stream(path: Path) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    if not stat.S_ISREG(found.st_mode):
        return True  # a folder is refused when it is opened
    return os.path.abspath(path).startswith(_STREAMS) or any(  # noqa: PTH100 - links are not to be followed
        os.path.samestat(found, each) for each in _standard()
    )


def _standard() -> Iterable[os.stat_result]:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            yield os.fstat(stream.fileno())


def _same(one: Path, other: Path) -> bool:
    """Whether both are one regular file, or will be."""
    try:
        if one.exists():
            return one.is_file() and one.samefile(other)
        return _real(one) == _real(other)
    except OSError:
        return False


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # which also leaves alone links that lead in a circle


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
