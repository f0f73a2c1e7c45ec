"""The file of a backup: gzipped lines of JSON, the same for every kind of database (docs/operations.md).

The first line is the header, the last one the end; between them, for each table, its columns and its rows
as arrays. The end holds the number of rows of each table, the SHA-256 of all bytes before it, and an HMAC of
that under a key derived from the master key: a file that is cut off, damaged, or changed by somebody without
the master key is not taken for a backup.
"""

import base64
import gzip
import hashlib
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

import orjson

from ledger_app.errors import BadInput, ConfigError
from ledger_app.store.secrets import Vault

FORMAT: Final = "origin-ledger-backup"
VERSION: Final = 1
_LONGEST_LINE = 64 << 20
_ROWS_AT_ONCE = 2_000
_BYTES_AT_ONCE = 32 << 20
_PURPOSE = "backup"
_END = b'{"end":'
#: What a column may hold.
KINDS: Final = frozenset({"text", "integer", "boolean", "json", "bytes"})

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Header:
    """What a backup is of. `schema`: the migration. `ledger`: the pin's members, None before there is one.
    `index`: block, hash and digest of the index as backed up. `made_at`: Unix seconds. `kind`: installation
    or demonstration."""

    schema: str
    kind: str
    ledger: dict[str, Any] | None
    index: dict[str, Any] | None
    made_at: int
    format: str = FORMAT
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a table. `columns`: name and kind (text, integer, boolean, json, bytes), in the order of
    the rows' values; values are as the database takes them."""

    table: str
    columns: tuple[tuple[str, str], ...]
    rows: list[Row]


class Writer:
    """Writes one backup; see `writing`."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.rows: dict[str, int] = {}
        self._line(asdict(header))

    def table(self, name: str, columns: Sequence[tuple[str, str]]) -> None:
        """Begin a table; its rows follow."""
        self._current = str(name)  # SQLAlchemy's names are a kind of their own
        self._line({"table": self._current, "columns": columns})
        self.rows[self._current] = 0
        self._bytes = [place for place, (_, kind) in enumerate(columns) if kind == "bytes"]

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Rows of the table that was begun last."""
        lines = bytearray()
        for values in rows:
            row = list(values)
            for place in self._bytes:
                if row[place] is not None:
                    row[place] = base64.b64encode(row[place]).decode()
            lines += orjson.dumps(row) + b"\n"
        self._put(bytes(lines))
        self.rows[self._current] += len(rows)

    def end(self, vault: Vault) -> None:
        """The last line."""
        digest = self._hash.hexdigest()
        self._line({"end": {"rows": self.rows, "sha256": digest, "mac": vault.stamp(_PURPOSE, digest)}})

    def _line(self, value: Any) -> None:
        self._put(orjson.dumps(value) + b"\n")

    def _put(self, raw: bytes) -> None:
        self._hash.update(raw)
        self._file.write(raw)


@contextmanager
def writing(path: Path, header: Header) -> Iterator[Writer]:
    """A writer whose file appears under `path` when all is written and on the disk, or not at all.

    Raises BadInput `BACKUP_EXISTS`, `FILE_UNWRITABLE`.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as packed:
                yield Writer(packed, header)  # type: ignore[arg-type]
            raw.flush()
            os.fsync(raw.fileno())
        os.link(draft, path)  # unlike a rename, this replaces nothing
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise BadInput("BACKUP_EXISTS", f"{path} is there already") from None
    except OSError as failed:
        raise BadInput("FILE_UNWRITABLE", f"{path}: {failed.strerror or failed}") from None
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def reading(path: Path, vault: Vault) -> Iterator["Reader"]:
    """A reader of the backup. What it finds out late it raises late: read to the end before believing any
    of it. Raises BadInput `FILE_UNREADABLE`, `BACKUP_DAMAGED`, ConfigError `BACKUP_NEWER`.
    """
    try:
        with gzip.open(path, "rb") as file:
            yield Reader(file, vault)  # type: ignore[arg-type]
    except (EOFError, zlib.error, gzip.BadGzipFile) as damaged:
        raise BadInput("BACKUP_DAMAGED", "the file is cut off or damaged") from damaged
    except OSError as failed:
        raise BadInput("FILE_UNREADABLE", f"{path}: {failed.strerror or failed}") from None


class Reader:
    """One backup. `header` at once, the rest by `parts`."""

    def __init__(self, file: IO[bytes], vault: Vault) -> None:
        self._file = file
        self._vault = vault
        self._hash = hashlib.sha256()
        self.header = _header(self._next()[0])

    def parts(self) -> Iterator[Part]:
        """All rows. Raises BadInput `BACKUP_DAMAGED` or `BACKUP_FOREIGN`, some of it only at the end."""
        found: dict[str, int] = {}
        part = Part("", (), [])
        binary: list[int] = []
        held = 0
        while True:
            value, size = self._next()
            if isinstance(value, list):
                part.rows.append(_plain(value, len(part.columns), binary))
                held += size
                if len(part.rows) < _ROWS_AT_ONCE and held < _BYTES_AT_ONCE:
                    continue
            if part.rows:
                found[part.table] += len(part.rows)
                yield part
                part, held = Part(part.table, part.columns, []), 0
            if isinstance(value, list):
                continue
            if "end" in value:
                self._check(value["end"], found)
                return
            part = _table(value)
            if part.table in found:
                raise BadInput("BACKUP_DAMAGED", "a table comes twice")
            found[part.table] = 0
            binary = [place for place, (_, kind) in enumerate(part.columns) if kind == "bytes"]

    def _next(self) -> tuple[Any, int]:
        """What the next line says, and its bytes."""
        raw = self._file.readline(_LONGEST_LINE)
        if not raw.endswith(b"\n"):
            raise BadInput("BACKUP_DAMAGED", "the file ends before its end")
        if not raw.startswith(_END):
            self._hash.update(raw)
        try:
            value = orjson.loads(raw)
        except ValueError:
            raise BadInput("BACKUP_DAMAGED", "a line is no JSON") from None
        if not isinstance(value, dict | list):
            raise BadInput("BACKUP_DAMAGED", "a line is neither a row nor a table")
        return value, len(raw)

    def _check(self, end: Any, found: Mapping[str, int]) -> None:
        digest = self._hash.hexdigest()
        if not isinstance(end, dict) or end.get("rows") != found or end.get("sha256") != digest:
            raise BadInput("BACKUP_DAMAGED", "its content is not what its end says")
        if not self._vault.is_stamp(_PURPOSE, digest, str(end.get("mac"))):
            raise BadInput("BACKUP_FOREIGN")
        if self._file.read(1):
            raise BadInput("BACKUP_DAMAGED", "something follows its end")


def _header(value: Any) -> Header:
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise BadInput("BACKUP_DAMAGED", "this is no backup of Origin Ledger")
    if value.get("version") != VERSION:
        raise ConfigError("BACKUP_NEWER", f"its format is {value.get('version')}")
    try:
        return Header(**value)
    except TypeError:
        raise BadInput("BACKUP_DAMAGED", "its header is not as it should be") from None


def _table(value: Any) -> Part:
    try:
        name, columns = value["table"], tuple((str(column), str(kind)) for column, kind in value["columns"])
        if not isinstance(name, str) or not columns or not {kind for _, kind in columns} <= KINDS:
            raise ValueError(name)
    except (KeyError, TypeError, ValueError):
        raise BadInput("BACKUP_DAMAGED", "a table's line is not as it should be") from None
    return Part(name, columns, [])


def _plain(row: list[Any], width: int, binary: Sequence[int]) -> Row:
    if len(row) != width:
        raise BadInput("BACKUP_DAMAGED", "a row is too short or too long")
    try:
        for place in binary:
            if row[place] is not None:
                row[place] = base64.b64decode(row[place], validate=True)
    except (TypeError, ValueError):
        raise BadInput("BACKUP_DAMAGED", "a value is not base64") from None
    return row
