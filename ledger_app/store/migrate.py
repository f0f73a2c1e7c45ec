"""Bringing a database to the schema of this version, in one transaction, and saying where it differs.

`python -m ledger_app.store.migrate MESSAGE` writes the next migration from what the tables declare. Read it
before committing it: what holds data is not changed by guessing.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ledger_app.errors import ConfigError
from ledger_app.store.engine import Store, open_store
from ledger_app.store.schema import metadata

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(store: Store, revision: str = "head") -> None:
    """Bring the database to `revision`.

    Raises ConfigError `STORE_NEWER` when it was written by a later version than this one.
    """
    with store.begin() as conn:
        upgrade_in(conn, revision)


def upgrade_in(conn: Any, revision: str) -> None:
    """The same in the caller's write transaction."""
    current = MigrationContext.configure(conn).get_current_revision()
    if current is not None and not is_known(current):
        raise ConfigError("STORE_NEWER", f"it is at migration {current}")
    command.upgrade(_config(conn), revision)


def downgrade(store: Store, revision: str) -> None:
    """Bring the database back to `revision` (`base` = empty)."""
    with store.begin() as conn:
        downgrade_in(conn, revision)


def downgrade_in(conn: Any, revision: str) -> None:
    """The same in the caller's write transaction."""
    command.downgrade(_config(conn), revision)


def is_known(revision: str) -> bool:
    """Whether this version has that migration."""
    return revision in {script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions()}


def revisions(conn: Any) -> tuple[str | None, str | None]:
    """The migration that the database is at (None = empty), and the newest that this version knows."""
    current = MigrationContext.configure(conn).get_current_revision()
    return current, ScriptDirectory(str(_FOLDER)).get_current_head()


def differences(store: Store) -> list[Any]:
    """Where the database differs from what the tables declare, as Alembic's operations; empty = nowhere."""
    with store.begin() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def write(message: str) -> None:
    """Write the next migration file from the difference between the last one and the tables."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/empty.db")
        upgrade(store)
        with store.begin() as conn:
            config = _config(conn)
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        store.close()


def _config(conn: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = conn
    return config


if __name__ == "__main__":
    write(" ".join(sys.argv[1:]) or "Initial schema")
