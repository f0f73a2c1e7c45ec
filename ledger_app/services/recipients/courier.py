"""Delivering webhooks: one process of an installation does it, under a lease, many endpoints at a time.

At least once: an outcome is written down after the answer, so what a killed process had in the air is sent
again, under the same `webhook-id`. What is told of one certificate arrives in the order in which it happened,
as long as no attempt fails. A slow endpoint holds up only itself: it has a few requests in the air at most,
each within its time, and between failures it is left alone for longer and longer.
"""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import anyio
import anyio.to_thread
import orjson

from ledger_app.errors import BadInput, LedgerError, Unavailable, as_ledger_error
from ledger_app.services.context import Services
from ledger_app.services.recipients import endpoints, guard, standard_webhooks
from ledger_app.services.recipients.changes import Type
from ledger_app.services.recipients.posting import Fault, Outcome, Poster, Resolver, resolve, trust
from ledger_app.services.recipients.publishing import body, publish
from ledger_app.store import lease, notices, webhooks
from ledger_app.store.engine import Connection
from ledger_app.store.notices import Notice
from ledger_app.store.webhooks import Attempt, Delivery, Endpoint
from ledger_app.telemetry.logs import Log

_LOG = Log("courier")
LEASE_SECONDS: Final = 20
_RENEW_SECONDS: Final = 5
_IN_THE_AIR: Final = 128
_LOOK_THROUGH: Final = 50
_OF_ENDPOINT: Final = 4
_OF_ORGANISATION: Final = 32
_GONE: Final = 410
_BUSY: Final = (429, 502, 503, 504)
_BUSY_SECONDS: Final = 5
_PATIENCE: Final = 3
_LONGEST_REST: Final = 300
_JITTER: Final = 0.2


@dataclass(frozen=True, slots=True)
class _Job:
    endpoint: Endpoint
    delivery: Delivery


class Courier:
    """Delivers what is due. `resolver` finds addresses of names; `interval` in seconds."""

    def __init__(self, ctx: Services, *, resolver: Resolver = resolve, interval: float = 0.25) -> None:
        self._ctx = ctx
        self._resolver = resolver
        self._interval = interval
        self._holder = lease.holder_name()
        self._leads_until = 0
        self._air: dict[int, _Job] = {}
        self._told = ""

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set. What is in the air then is sent again by whoever comes next."""
        try:
            anyio.run(self._main, stop)
        except Exception as failed:  # noqa: BLE001 - told by type and place
            _LOG.error("ended", failed, worker="courier")
        finally:
            self._release()

    async def _main(self, stop: threading.Event) -> None:
        settings = self._ctx.settings
        poster = Poster(
            guard.rules_of(settings),
            trust(settings.webhook_ca_file),
            seconds=settings.webhook_timeout_seconds,
            resolver=self._resolver,
        )
        store = anyio.CapacityLimiter(4)  # threads of its own: names may take long to resolve
        async with anyio.create_task_group() as tasks:
            while not stop.is_set():
                done = anyio.Event()
                try:
                    for job in await anyio.to_thread.run_sync(self._due, limiter=store):
                        self._air[job.delivery.id] = job
                        tasks.start_soon(self._deliver, poster, job, store, done)
                    self._told = ""
                except Exception as failed:  # noqa: BLE001 - tries again, as the other workers do
                    self._tell(failed)
                with anyio.move_on_after(self._interval):
                    await done.wait()
            tasks.cancel_scope.cancel()

    async def _deliver(
        self, poster: Poster, job: _Job, store: anyio.CapacityLimiter, done: anyio.Event
    ) -> None:
        try:
            outcome = await self._send(poster, job, store)
            await anyio.to_thread.run_sync(self._record, job, outcome, limiter=store)
        except Exception as failed:  # noqa: BLE001 - one delivery must not end the others
            self._tell(failed)
            await anyio.sleep(1)  # it is due still, and would be taken up again at once
        finally:
            self._air.pop(job.delivery.id, None)
            done.set()

    async def _send(self, poster: Poster, job: _Job, store: anyio.CapacityLimiter) -> Outcome:
        try:
            request = await anyio.to_thread.run_sync(self._request, job, limiter=store)
        except BadInput:  # the settings allow it no more
            return Outcome(None, Fault.URL, 0)
        return await poster.post(*request)

    # --- with the store, in threads -------------------------------------------------------------------------

    def _due(self) -> list[_Job]:
        """What can be sent now, if this process is the one that sends."""
        now = self._ctx.now()
        with self._ctx.store.read() as conn:
            found = webhooks.due_endpoints(conn, now)
        if not found or not self._leads(now):
            return []
        jobs: list[_Job] = []
        air = list(self._air.values())
        with self._ctx.store.read() as conn:
            for endpoint in found:
                here = [job for job in (*air, *jobs) if job.endpoint.organisation == endpoint.organisation]
                own = [job.delivery for job in here if job.endpoint.id == endpoint.id]
                free = min(
                    _OF_ENDPOINT - len(own),
                    _OF_ORGANISATION - len(here),
                    _IN_THE_AIR - len(air) - len(jobs),
                )
                if free > 0:
                    due = webhooks.due(conn, endpoint.id, now, _LOOK_THROUGH)
                    jobs += [_Job(endpoint, one) for one in _in_order(due, own)[:free]]
        return jobs

    def _request(self, job: _Job) -> tuple[guard.Target, dict[str, str], bytes]:
        ctx, now = self._ctx, self._ctx.now()
        content = endpoints.opened(ctx, job.endpoint)
        with ctx.store.read() as conn:
            notice = notices.by_id(conn, job.delivery.notice_id)
        raw = orjson.dumps({} if notice is None else notice.body)
        secrets = [one["secret"] for one in content["secrets"] if one["until"] is None or one["until"] > now]
        target = guard.read_url(content["url"], guard.rules_of(ctx.settings))
        return target, standard_webhooks.headers(job.delivery.message, now, raw, secrets), raw

    def _record(self, job: _Job, outcome: Outcome) -> None:
        """Write down how it went, and what comes next."""
        now = self._ctx.now()
        with self._ctx.store.begin() as conn:
            lease.require(conn, webhooks.LEASE, self._holder)
            delivery = webhooks.delivery(conn, job.delivery.id)
            endpoint = webhooks.endpoint(conn, job.endpoint.id)
            if delivery is None or endpoint is None:
                return
            error = None if outcome.fault is None else outcome.fault.value
            attempt = Attempt(delivery.id, delivery.attempts + 1, now, outcome.ms, outcome.status, error)
            if outcome.fault is None:
                webhooks.attempted(conn, attempt, state=webhooks.DELIVERED, tries=delivery.tries + 1)
                well = {"failures": 0, "failing_since": None, "not_before": 0}
                webhooks.change_endpoint(conn, endpoint.id, now, delivered_at=now, **well)
                told = "delivered"
            else:
                told = self._failed(conn, endpoint, delivery, attempt, outcome)
        self._ctx.metrics.delivered(told)

    def _failed(
        self, conn: Connection, endpoint: Endpoint, delivery: Delivery, attempt: Attempt, outcome: Outcome
    ) -> str:
        now, tries = attempt.at, delivery.tries + 1
        delays = () if delivery.type == Type.WEBHOOK_TEST else self._ctx.settings.webhook_retry_seconds
        waiting = endpoint.state == webhooks.ACTIVE and delivery.state == webhooks.PENDING
        again = waiting and tries <= len(delays) and outcome.status != _GONE
        values: dict[str, Any] = {"tries": tries, "state": webhooks.PENDING if again else webhooks.FAILED}
        if again:
            later = delays[tries - 1] * (1 + random.random() * _JITTER)  # noqa: S311 - spreads load, hides nothing
            values["next_at"] = now + max(round(later), outcome.retry_after or 0)
        webhooks.attempted(conn, attempt, **values)
        failures = endpoint.failures + 1
        rest = min(2 ** min(failures - _PATIENCE, 16), _LONGEST_REST) if failures >= _PATIENCE else 0
        if outcome.status in _BUSY:
            rest = max(rest, outcome.retry_after or _BUSY_SECONDS)
        worse = {
            "failures": failures,
            "failing_since": endpoint.failing_since or now,
            "not_before": now + rest,
        }
        webhooks.change_endpoint(conn, endpoint.id, now, **worse)
        if again or endpoint.state != webhooks.ACTIVE:
            return "failed"
        if outcome.status == _GONE:
            self._disable(conn, endpoint, "WEBHOOK_GONE")
            return "gone"
        if delays and (endpoint.delivered_at or 0) < delivery.asked_at:
            self._disable(conn, endpoint, "WEBHOOK_FAILING")
        return "given-up"

    def _disable(self, conn: Connection, endpoint: Endpoint, reason: str) -> None:
        """Call it no more, and tell its organisation: in the inbox, and by its other webhooks."""
        now = self._ctx.now()
        webhooks.change_endpoint(conn, endpoint.id, now, state=webhooks.DISABLED, reason=reason)
        webhooks.give_up(conn, endpoint.id, now)
        data = {"webhook": endpoint.id, "label": endpoint.label, "host": endpoint.host, "reason": reason}
        message = notices.new_message()
        notice = Notice(
            recipient=endpoint.organisation,
            type=Type.WEBHOOK_DISABLED,
            change=f"disabled/{message}",
            body=body(Type.WEBHOOK_DISABLED, now, data),
            created_at=now,
            message=message,
        )
        publish(conn, [(endpoint.organisation, notice)], now)
        _LOG.warning("webhook-disabled", organisation=endpoint.organisation, reason=reason)

    def _leads(self, now: int) -> bool:
        if now < self._leads_until - LEASE_SECONDS + _RENEW_SECONDS:
            return True
        with self._ctx.store.begin() as conn:
            if not lease.acquire(conn, webhooks.LEASE, self._holder, LEASE_SECONDS):
                self._leads_until = 0
                return False
        self._leads_until = now + LEASE_SECONDS
        return True

    def _release(self) -> None:
        try:
            with self._ctx.store.begin() as conn:
                lease.release(conn, webhooks.LEASE, self._holder)
        except LedgerError:
            return  # it runs out

    def _tell(self, failed: Exception) -> None:
        error = as_ledger_error(failed)
        if isinstance(error, Unavailable) and error.reason == "LEASE_LOST":
            self._leads_until = 0
        if error.reason != self._told:
            _LOG.warning("failed", worker="courier", reason=error.reason)
        self._told = error.reason


def _in_order(due: Sequence[Delivery], in_the_air: Sequence[Delivery]) -> list[Delivery]:
    """Those that may be sent now: of each certificate one at a time, the one that has been due longest."""
    taken = {one.id for one in in_the_air}
    leaves = {one.leaf for one in in_the_air}
    chosen = []
    for one in due:
        if one.id not in taken and (one.leaf is None or one.leaf not in leaves):
            chosen.append(one)
            leaves.add(one.leaf)
    return chosen
