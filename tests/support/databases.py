"""Which database a test runs on. Tests of the store run on both; the rest on SQLite, unless TEST_DATABASE
says `postgresql`, or a longer run asks for both.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support import postgresql

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
#: What worlds run on where nothing else is said.
DEFAULT = os.environ.get("TEST_DATABASE", SQLITE)
if DEFAULT not in (SQLITE, POSTGRESQL):
    raise pytest.UsageError(f"TEST_DATABASE={DEFAULT}: {SQLITE} or {POSTGRESQL}")


def both() -> list[Any]:
    """Parameters for what is cheap enough to run on both always."""
    return [SQLITE, POSTGRESQL]


def both_when_long() -> list[Any]:
    """Parameters for what runs on PostgreSQL in the long run only (or when TEST_DATABASE says so)."""
    if DEFAULT == POSTGRESQL:
        return [POSTGRESQL]
    return [SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.long)]


def new_url(folder: Path, kind: str | None = None) -> str:
    """The URL of an empty database of this kind; an SQLite file lies in `folder`.

    Where PostgreSQL is not installed the test is skipped, with the reason; REQUIRE_POSTGRESQL=1 makes that a
    failure.
    """
    if (kind or DEFAULT) == SQLITE:
        return f"sqlite:///{folder / 'origin.db'}"
    return server().new_url()


@cache
def url_in(folder: Path) -> str:
    """The URL of the database of `folder`, the same whenever this process asks: who comes back to the folder
    finds what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    return new_url(folder)


def server() -> postgresql.Postgres:
    """The PostgreSQL server of this process."""
    try:
        postgresql.programs()
    except FileNotFoundError as missing:
        if os.environ.get("REQUIRE_POSTGRESQL") == "1" or DEFAULT == POSTGRESQL:
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    return postgresql.shared()


@contextmanager
def own_server() -> Iterator[postgresql.Postgres]:
    """A running PostgreSQL server of the test's own, to be killed. Skips or fails where `server` does."""
    server()
    own = postgresql.Postgres(Path(tempfile.mkdtemp(prefix="origin-test-pg-")))
    try:
        yield own.start()
    finally:
        own.discard()
