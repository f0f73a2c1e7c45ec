"""What a certificate replaced or was made out of, and what came after it.

That one leaf follows another is on the ledger, for anybody to see. Which certificates they are is told to
those who may read them.
"""

from typing import Any, Final

from ledger_app.access.principals import Principal
from ledger_app.services.visibility import visible
from ledger_app.store import certificates, index
from ledger_app.store.engine import Connection

_MOST: Final = 100
_ACTS: Final = {"Superseded": "supersede", "Consumed": "consume"}


def relatives(conn: Connection, principal: Principal, leaf: str) -> dict[str, Any]:
    """`{"predecessor", "successors", "moreSuccessors"}` of a leaf (0x…) as the index has it; at most 100
    successors, in the order of the ledger.

    Each is `{"leaf", "act", "time", "certificate", "number"}`: `act` supersede or consume, `time` in Unix
    seconds; the record and the number are null for who may not read it. `predecessor` may be null.
    """
    before, after = index.succeeded(conn, leaf), index.successions(conn, leaf, limit=_MOST + 1)
    leaves = [one.successor for one in after[:_MOST]] + ([before.original] if before else [])
    rows = visible(conn, principal, certificates.by_leaves(conn, leaves))
    named = {row.leaf: {"certificate": row.id, "number": row.number} for row in rows}

    def told(other: str, one: index.Succession) -> dict[str, Any]:
        known = named.get(other, {"certificate": None, "number": None})
        return {"leaf": other, "act": _ACTS.get(one.act), "time": one.time, **known}

    return {
        "predecessor": told(before.original, before) if before else None,
        "successors": [told(one.successor, one) for one in after[:_MOST]],
        "moreSuccessors": len(after) > _MOST,
    }
