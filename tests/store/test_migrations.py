"""The migrations make exactly the tables that the code declares, and take them away again."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, make_url, text

from ledger_app.errors import ConfigError
from ledger_app.store import migrate
from ledger_app.store.engine import Store, open_store
from ledger_app.store.schema import metadata
from tests.support import databases


@pytest.fixture
def store(empty: Store) -> Store:
    return empty


def schema(store: Store) -> dict[str, Any]:
    """Everything the database says about its tables: columns, keys, indexes, defaults."""
    with store.read() as conn:
        seen = inspect(conn)
        return {
            name: (
                [{**column, "type": str(column["type"])} for column in seen.get_columns(name)],
                seen.get_pk_constraint(name),
                sorted(seen.get_unique_constraints(name), key=lambda one: str(one["name"])),
                sorted(seen.get_indexes(name), key=lambda one: str(one["name"])),
                seen.get_foreign_keys(name),
            )
            for name in seen.get_table_names()
            if name != "alembic_version"
        }


def test_migrations_make_what_the_tables_declare(store: Store, url: str, tmp_path: Path) -> None:
    migrate.upgrade(store)
    assert migrate.differences(store) == []
    (tmp_path / "declared").mkdir()
    declared = open_store(databases.new_url(tmp_path / "declared", make_url(url).get_backend_name()))
    declared.create_all()
    assert schema(store) == schema(declared)
    declared.close()


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
