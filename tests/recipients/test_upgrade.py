"""A store from before recipients were kept."""

from pathlib import Path

import pytest
from sqlalchemy import insert, text

from ledger_app.store import certificates, migrate, recipients
from ledger_app.store.engine import open_store
from ledger_app.store.tables import chain_blocks
from tests.support import databases

BANK, LEAF = "0x" + "b1" * 32, "0x" + "1e" * 32


@pytest.mark.parametrize("kind", databases.both_when_long())
def test_who_had_brought_a_bundle_before_is_a_recipient_from_now_on(kind: str, tmp_path: Path) -> None:
    store = open_store(databases.new_url(tmp_path, kind))
    with store.begin() as conn:
        migrate.upgrade_in(conn, "0003")
        conn.execute(insert(chain_blocks).values(number=7, hash="0x7", parent="0x6", time=1))
        certificates.keep_received(
            conn, bundle_id="a" * 32, organisation=BANK, digest="0x2", leaf=LEAF, sealed=b"x"
        )
        migrate.upgrade_in(conn, "head")
    with store.read() as conn:
        held = recipients.get(conn, LEAF, BANK)
        assert conn.execute(text("SELECT count(*) FROM notices")).scalar_one() == 0
    assert held is not None
    assert (held.owner, held.since_block, held.sent_at) == (BANK, 7, None)
    assert held.received_at
    store.close()
