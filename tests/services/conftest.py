"""A running world of these tests' own: some leave damaged records behind, which no other should come upon."""

from collections.abc import Iterator

import pytest

from ledger_app.store.tables_statements import split_views
from ledger_app.store.tables_statements import statements as table
from tests.support.shared_world import world, worlds
from tests.support.world import World

__all__ = ["no_split_view_stays", "world", "worlds"]


@pytest.fixture
def no_split_view_stays(world: World) -> Iterator[None]:
    """What a test makes up about the council ends with it: the world is shared."""
    yield
    with world.ctx.store.begin() as conn:
        conn.execute(split_views.delete())
        conn.execute(table.delete().where(table.c.own.is_(False)))
