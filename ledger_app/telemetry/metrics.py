"""Metrics in the Prometheus text format.

Counters are kept here, one set a service process; gauges are read anew at each look, by whoever asks. Labels
take values from fixed lists or from the ledger, never from what a caller sent; `docs/observability.md` lists
every metric, and a test compares.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter was made says nothing that process_start_time does not
_SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"  # the library looks for this name when it is imported
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

GAUGES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "origin_alarm": ("1 while the check of /readyz with this name fails", ("alarm",)),
    "origin_outbox_items": ("Items on their way to the chain", ("state",)),
    "origin_outbox_oldest_seconds": ("Time since the longest waiting item last moved", ("state",)),
    "origin_signatures_waiting": ("Acts that wait for a signature", ()),
    "origin_signatures_oldest_seconds": ("Age of the act that has waited longest for a signature", ()),
    "origin_head_block": ("The node's last block", ()),
    "origin_head_time_seconds": ("Time of the node's last block, Unix seconds", ()),
    "origin_ledger_data_age_seconds": ("Age of the node's last block by this machine's clock", ()),
    "origin_index_block": ("The last block in the index", ()),
    "origin_index_lag_blocks": ("Blocks that the index is behind the node", ()),
    "origin_index_age_seconds": ("Age of the last block in the index", ()),
    "origin_signer_seen_seconds": ("When a signer last asked for work, Unix seconds", ("desk",)),
    "origin_submitter_leader": ("1 on the machine whose process sends acts to the chain", ()),
    "origin_submitter_lease_seconds": ("Seconds left of the sender's lease, whoever has it", ()),
    "origin_webhooks_waiting": ("Webhook deliveries that are on their way", ()),
    "origin_webhooks_oldest_seconds": ("Age of the webhook delivery that has waited longest", ()),
    "origin_database_connections": ("Connections of this process's pool", ("state",)),
    "origin_disk_free_bytes": ("Free space where the data folder is", ()),
}
"""Gauges by name: what they say, and their labels."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One gauge as it is now; `labels` in the order of the table."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


def share(folder: Path) -> None:
    """Have the processes that are started from now on count together, in files below `folder`.

    What is there is thrown away: a counter begins anew when the service does.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    os.environ[_SHARED] = str(folder)


class Metrics:
    """The counters of a service: of this process, or of all that `share` them. Safe to share between
    threads.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._shared = os.environ.get(_SHARED)
        if self._shared is None:
            ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "origin_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "origin_http_request_seconds",
            "Time from a request to the end of its answer",
            ("method", "route"),
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._verdicts = Counter(
            "origin_verifications", "Verifications", ("verdict", "standing"), registry=self._registry
        )
        self._reorganisations = Counter(
            "origin_reorganisations",
            "Times the index went back to a common ancestor",
            registry=self._registry,
        )

        self._deliveries = Counter(
            "origin_webhook_deliveries",
            "Attempts to deliver a webhook",
            ("outcome",),
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. `route` is a template of ours, or `unmatched`."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def verified(self, verdict: str, standing: str) -> None:
        """A verification ended so."""
        self._verdicts.labels(verdict, standing).inc()

    def delivered(self, outcome: str) -> None:
        """An attempt to deliver a webhook ended so: delivered, failed, given-up or gone."""
        self._deliveries.labels(outcome).inc()

    def reorganised(self) -> None:
        """The index went back."""
        self._reorganisations.inc()

    def names(self) -> set[str]:
        """Every metric that this process can show, as it stands in the text's TYPE lines."""
        counted = {
            f"{found.name}_total" if found.type == "counter" else found.name
            for found in self._registry.collect()
        }
        return counted | set(GAUGES)

    def page(self, readings: Iterable[Reading]) -> bytes:
        """Everything as text, with the gauges as just read."""
        now = CollectorRegistry()
        now.register(_Gauges(readings))
        counted = self._registry
        if self._shared is not None:
            counted = CollectorRegistry()
            MultiProcessCollector(counted, path=self._shared)  # type: ignore[no-untyped-call]
        return generate_latest(counted) + generate_latest(now)


class _Gauges:
    def __init__(self, readings: Iterable[Reading]) -> None:
        self._families: dict[str, GaugeMetricFamily] = {}
        for reading in readings:
            words, labels = GAUGES[reading.name]
            family = self._families.setdefault(
                reading.name, GaugeMetricFamily(reading.name, words, labels=labels)
            )
            family.add_metric(reading.labels, reading.value)

    def collect(self) -> Iterable[Metric]:
        return self._families.values()
