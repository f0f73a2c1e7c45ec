"""Webhooks without a chain: a store, a vault, organisations, notices made by hand, and couriers to run."""

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger_app.access.principals import Kind, Principal
from ledger_app.config import load_settings
from ledger_app.domain.terms import organisation_id
from ledger_app.proof.hexes import to_hex
from ledger_app.services.context import Services
from ledger_app.services.recipients import endpoints, inbox
from ledger_app.services.recipients.changes import Type
from ledger_app.services.recipients.courier import Courier
from ledger_app.services.recipients.posting import Resolver, resolve
from ledger_app.services.recipients.publishing import body, publish
from ledger_app.store import notices
from ledger_app.store.engine import Store
from ledger_app.store.notices import Notice
from ledger_app.store.secrets import Vault

KEY = b"\x07" * 16 + b"\x09" * 16


def services(store: Store, folder: Path, **settings: Any) -> Services:
    """Couriers' services: a demo, which calls loopback."""
    chosen = {"webhook_retry_seconds": (0, 0, 0), "webhook_timeout_seconds": 10, **settings}
    return Services(load_settings(demo=True, data=folder, **chosen), store, Vault([KEY]))


def member(name: str) -> Principal:
    """Somebody of an organisation."""
    return Principal(Kind.ORGANISATION, organisation=to_hex(organisation_id(f"urn:test:{name}")))


BANK, TRADER = member("bank"), member("trader")


@dataclass
class Desk:
    ctx: Services

    def add(self, url: str, who: Principal = BANK, **more: Any) -> dict[str, Any]:
        """Register a webhook; with its secret."""
        given = {"types": (), "outside": False, "label": "", **more}
        return endpoints.add(self.ctx, who, url=url, **given)

    def tell(
        self,
        count: int = 1,
        who: Principal = BANK,
        *,
        to: str | None = None,
        type_: Type = Type.REVOKED,
        leaf: str | None = None,
    ) -> list[str]:
        """Make notices; gives their message ids."""
        owner = str(who.organisation)
        made = [
            Notice(
                recipient=to or owner,
                type=type_,
                change=secrets.token_hex(32),
                leaf=leaf,
                body=body(type_, self.ctx.now(), {"number": n}),
                created_at=self.ctx.now(),
                message=notices.new_message(),
            )
            for n in range(count)
        ]
        with self.ctx.store.begin() as conn:
            publish(conn, [(owner, one) for one in made], self.ctx.now())
        return [one.message for one in made]

    def log(self, endpoint: dict[str, Any], who: Principal = BANK, **more: Any) -> list[dict[str, Any]]:
        """The newest deliveries first."""
        given = {"state": None, "before": None, "limit": 200, **more}
        return endpoints.log(self.ctx, who, endpoint["id"], **given)

    def states(self, endpoint: dict[str, Any], who: Principal = BANK) -> list[str]:
        return [row["state"] for row in self.log(endpoint, who)]

    def show(self, endpoint: dict[str, Any], who: Principal = BANK) -> dict[str, Any]:
        return endpoints.show(self.ctx, who, endpoint["id"])

    def inbox(self, who: Principal = BANK) -> list[dict[str, Any]]:
        return inbox.listed(self.ctx, who, limit=200)

    @contextmanager
    def delivering(self, count: int = 1, *, resolver: Resolver = resolve) -> Iterator[Sequence[Courier]]:
        """`count` couriers at work, as of so many processes of a service."""
        stop = threading.Event()
        made = [Courier(self.ctx, resolver=resolver, interval=0.05) for _ in range(count)]
        threads = [threading.Thread(target=one.run, args=(stop,), daemon=True) for one in made]
        for thread in threads:
            thread.start()
        try:
            yield made
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
            assert not any(thread.is_alive() for thread in threads)
