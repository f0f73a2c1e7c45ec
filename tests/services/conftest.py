"""One running world for all tests of a session, in the long run one on each kind of database. Each test
issues certificates of its own.
"""

from collections.abc import Iterator

import pytest

from ledger_app.store.tables_statements import split_views
from ledger_app.store.tables_statements import statements as table
from tests.support.world import World


@pytest.fixture
def no_split_view_stays(world: World) -> Iterator[None]:
    """What a test makes up about the council ends with it: the world is shared."""
    yield
    with world.ctx.store.begin() as conn:
        conn.execute(split_views.delete())
        conn.execute(table.delete().where(table.c.own.is_(False)))
