"""Files that a command makes as its answers come."""

from pathlib import Path
from types import TracebackType
from typing import Self

from ledger_app import errors


class Written:
    """A file that is made as it is filled. Raises BadInput FILE_UNWRITABLE."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.file = path.open("w", encoding="utf-8", newline="")
        except OSError as exc:
            raise errors.BadInput("FILE_UNWRITABLE", f"{path}: {exc.strerror}") from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.finish()
            self.file.close()
        except OSError as exc:
            raise errors.BadInput("FILE_UNWRITABLE", f"{self._path}: {exc.strerror}") from exc

    def finish(self) -> None:
        """What ends the file."""
