"""The one word for how a certificate stands, wherever it is shown: in lists, by itself and on pages.

It is what the records and the index say; a verification asks the ledger.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from ledger_app.domain.standing import Status
from ledger_app.store import acts


def standing_word(told: dict[str, Any], today: date, *, disowned: bool) -> str:
    """The gravest of `search.filters.STANDINGS` that holds today for what `certificates.brief` shows.

    `disowned`: as `store.standings.disowned` tells it.
    """
    return next(_standings(told, today, disowned=disowned), "good")


def _standings(told: dict[str, Any], today: date, *, disowned: bool) -> Iterator[str]:
    if told["state"] in acts.DEAD:
        yield "refused"
    if told["state"] not in acts.DONE:
        yield "pending"
    if told["status"] in (Status.REVOKED.name.lower(), Status.SUPERSEDED.name.lower()):
        yield told["status"]
    if disowned:
        yield "issuer-key-disowned"
    if told["status"] == Status.SUSPENDED.name.lower():
        yield told["status"]
    if told["validUntil"] is not None and told["validUntil"] < today.isoformat():
        yield "expired"
    if told["validFrom"] is not None and told["validFrom"] > today.isoformat():
        yield "not-yet-valid"
    if told["used"]:
        yield "used-up" if told["used"] >= told["allowance"] else "partly-used"
