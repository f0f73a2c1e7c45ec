"""What goes on by itself: acts past their deadline expire, old idempotency keys are forgotten, streams get
anchored.
"""

import threading
from collections.abc import Callable

from ledger_app.errors import LedgerError
from ledger_app.services import witness
from ledger_app.services.anchoring import Anchorer
from ledger_app.services.bulk.issuing import Importer, forget
from ledger_app.services.context import Services
from ledger_app.services.observing import Watch
from ledger_app.services.recipients.courier import Courier
from ledger_app.services.recipients.telling import Teller
from ledger_app.services.search.recording import Filler
from ledger_app.store import acts, idempotency, webhooks
from ledger_app.telemetry.logs import Log

_LOG = Log("housekeeping")
_DAY_SECONDS = 86_400
_KEY_SECONDS = 7 * _DAY_SECONDS
Worker = Callable[[threading.Event], None]


class Housekeeper:
    """Steps once a minute."""

    def __init__(self, ctx: Services, *, interval: float = 60.0) -> None:
        self._ctx = ctx
        self._interval = interval

    def run(self, stop: threading.Event) -> None:
        """Step until `stop` is set."""
        while not stop.wait(self._interval):
            try:
                self.step()
            except LedgerError as failed:
                _LOG.warning("failed", worker="housekeeper", reason=failed.reason)

    def step(self) -> None:
        """One round."""
        now = self._ctx.now()
        with self._ctx.store.begin() as conn:
            acts.expire(conn, now)
            idempotency.forget_before(conn, now - _KEY_SECONDS)
            webhooks.forget_before(conn, now - self._ctx.settings.webhook_log_days * _DAY_SECONDS)
        forget(self._ctx)
        witness.hold_waiting(self._ctx)

    @staticmethod
    def workers(ctx: Services) -> list[tuple[str, Worker]]:
        """The workers of a service beside submitter and follower, by name."""
        return [
            ("housekeeper", Housekeeper(ctx).run),
            ("anchorer", Anchorer(ctx).run),
            ("watch", Watch(ctx).run),
            ("teller", Teller(ctx).run),
            ("courier", Courier(ctx).run),
            ("search", Filler(ctx).run),
            ("importer", Importer(ctx).run),
        ]
