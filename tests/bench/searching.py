"""Search among many certificates, on SQLite and on PostgreSQL: how long a page of 50 takes.

`SEARCH_CERTIFICATES` in the environment says among how many (default 20,000; the bound is for 1,000,000,
which takes an hour and 10 GB to make). Certificates are written by the bulk (`tests.support.certificates`),
search rows as issuing writes them. Each search is a whole one: question, page, entitlement, rows shown.

Milliseconds are those of the clock. Beside them stands the processor time, of this process and the server's
that works for it, in the mean: on a busy machine it says more.
"""

import os
import secrets
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ledger_app.access.principals import Principal
from ledger_app.app import settle
from ledger_app.config import load_settings
from ledger_app.domain.standing import Role
from ledger_app.services.context import Services
from ledger_app.services.search.filters import Filters
from ledger_app.services.search.finding import find
from ledger_app.store.engine import open_store
from ledger_app.store.secrets import Vault
from tests.bench.figures import Figures
from tests.support import databases
from tests.support.certificates import Stock, member
from tests.support.postgresql import Postgres

COUNT: Final = int(os.environ.get("SEARCH_CERTIFICATES", "20000"))
ROUNDS: Final = 40
_CUSTOMS: Final = member("customs", Role.CUSTOMS, "AU")
_MOST: Final = member("CCPIT", Role.ISSUER, "CN")
_FEW: Final = member("exporter-900", Role.EXPORTER, "CN")

#: Name → who asks, and for what. Each is also asked for the page after the first, where there is one.
SEARCHES: Final[dict[str, tuple[Principal, Filters]]] = {
    "newest_of_an_issuer_with_most": (_MOST, Filters()),
    "newest_of_an_exporter_with_few": (_FEW, Filters()),
    "common_chapter_standing_and_days": (
        _CUSTOMS,
        Filters(hs="85", standing=("suspended",), issued_from="2025-01-01", issued_to="2025-12-31"),
    ),
    "common_chapter_still_good": (_MOST, Filters(hs="85", standing=("good",))),
    "subheading_country_and_good": (_CUSTOMS, Filters(hs="850190", origin_country="CN", standing=("good",))),
    "rare_exporter": (_MOST, Filters(exporter="exporter 3777 co., ltd.")),
    "common_exporter_and_scheme": (_MOST, Filters(exporter="Exporter 0 Co., Ltd.", scheme="EUR1")),
    "expired_of_an_issuer_with_most": (_MOST, Filters(standing=("expired",), scheme="RCEP")),
    "valid_on_a_day_and_partly_used": (_CUSTOMS, Filters(valid_on="2025-06-01", standing=("partly-used",))),
    "two_common_things_that_never_meet": (_CUSTOMS, Filters(issuer="test:CCPIT", export_country="AU")),
    "nothing_in_all_of_it": (_CUSTOMS, Filters(export_country="VN", issuer="test:IHK", standing=("good",))),
    "number": (_MOST, Filters(number="CCPIT-2026-0000001")),
    "number_prefix_of_many": (_MOST, Filters(number_prefix="CCPIT-2025-")),
    "by_number_of_an_issuer_with_most": (_MOST, Filters(sort="number")),
    "by_number_in_a_chapter": (_CUSTOMS, Filters(sort="number", hs="01")),
}


def run(figures: Figures) -> None:
    """About a minute for 20,000."""
    kinds = os.environ.get("SEARCH_DATABASES", f"{databases.SQLITE} {databases.POSTGRESQL}").split()
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="origin-bench-search-") as folder, ExitStack() as ending:
            _measure(figures, kind, Path(folder), _url(kind, Path(folder), ending))


def _url(kind: str, folder: Path, ending: ExitStack) -> str:
    if kind == databases.SQLITE:
        return databases.new_url(folder, kind)
    own = Path(tempfile.mkdtemp(prefix="origin-bench-pg-"))
    server = Postgres(own, settings={"shared_buffers": "512MB", "max_wal_size": "4GB"})
    ending.callback(server.discard)
    return server.start().new_url()


def _measure(figures: Figures, kind: str, folder: Path, url: str) -> None:
    store = open_store(url)
    store.create_all()
    ctx = Services(
        load_settings(demo=True, data=folder),
        store,
        Vault([secrets.token_bytes(32)]),
        clock=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC),
    )
    started = time.monotonic()
    stock = Stock()
    for _ in range(max(COUNT // 10_000, 1)):
        stock.record(ctx, min(COUNT, 10_000), total=COUNT)
    taken = time.monotonic() - started
    figures.add(f"search_{kind}_made", COUNT / taken, "certificates/s", note="rows, standings, search")
    _settle(ctx)
    settle()  # as the service does when it has started
    everything: list[float] = []
    for name, (who, filters) in SEARCHES.items():
        clock, processor = _timed(ctx, who, filters)
        everything += clock
        figures.add(
            f"search_{kind}_{name}", clock, "ms", note=f"p95 {_p95(clock):.1f}, processor {processor:.1f}"
        )
    figures.add(
        f"search_{kind}_p95", _p95(everything), "ms", goal=50, less=True, note=f"a page of 50 among {COUNT:,}"
    )
    store.close()


def _settle(ctx: Services) -> None:
    """What a database does by itself in the hours after so many rows."""
    if ctx.store.engine.dialect.name == "postgresql":
        with ctx.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM ANALYZE")


def _timed(ctx: Services, who: Principal, filters: Filters) -> tuple[list[float], float]:
    """Milliseconds by the clock of each round, and of processors in the mean."""
    find(ctx, who, filters)
    clock: list[float] = []
    cursor: str | None = None
    before = _processor(ctx)
    for _ in range(ROUNDS):
        began = time.perf_counter()
        page = find(ctx, who, filters, cursor=cursor)
        clock.append((time.perf_counter() - began) * 1000)
        cursor = page.next
    return clock, (_processor(ctx) - before) * 1000 / ROUNDS


def _processor(ctx: Services) -> float:
    """Seconds of processors that this process used, and the one at the other end of its connection."""
    if ctx.store.engine.dialect.name != "postgresql":
        return time.process_time()
    with ctx.store.read() as conn:  # one thread, so there is one connection
        backend = conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    used = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[11:13]
    return time.process_time() + sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
