"""The migrations make exactly the tables that the code declares, and take them away again."""

import re
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from ledger_app.errors import ConfigError
from ledger_app.store import migrate
from ledger_app.store.engine import Store, open_store
from ledger_app.store.schema import metadata


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'ledger.db'}")


def schema(store: Store) -> dict[str, str]:
    """The statements that made each table and index, spaces and column order of keys apart."""
    with store.read() as conn:
        rows = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return {
            name: re.sub(r"\s+", " ", sql).replace('"', "") for name, sql in rows if "alembic" not in name
        }


def test_migrations_make_what_the_tables_declare(store: Store, tmp_path: Path) -> None:
    migrate.upgrade(store)
    assert migrate.differences(store) == []
    declared = open_store(f"sqlite:///{tmp_path / 'declared.db'}")
    declared.create_all()
    assert set(schema(store)) == set(schema(declared))


def test_migrations_run_down_to_nothing_and_up_again(store: Store) -> None:
    migrate.upgrade(store)
    first = schema(store)
    migrate.downgrade(store, "base")
    assert schema(store) == {}
    migrate.upgrade(store)
    assert schema(store) == first


def test_running_the_migrations_twice_changes_nothing(store: Store) -> None:
    migrate.upgrade(store)
    with store.begin() as conn:
        conn.execute(text("INSERT INTO meta (key, value) VALUES ('a', '1')"))
    migrate.upgrade(store)
    with store.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM meta")).scalar_one() == 1


def test_a_database_of_a_later_version_is_left_alone(store: Store) -> None:
    migrate.upgrade(store)
    with store.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError) as refused:
        migrate.upgrade(store)
    assert refused.value.reason == "STORE_NEWER"


def test_a_missing_table_is_seen_as_a_difference(store: Store) -> None:
    migrate.upgrade(store)
    with store.begin() as conn:
        conn.execute(text("DROP TABLE leases"))
    assert [name for name, *_ in migrate.differences(store)] != []
    with store.read() as conn:
        assert set(metadata.tables) - set(inspect(conn).get_table_names()) == {"leases"}
