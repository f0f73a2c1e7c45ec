"""Certificates from a table to final on the embedded chain, by the command line as a user gives it; then
bundles of them verified, a folder at once.

`BENCH_IMPORT` says how many (10,000; the goal is meant for 100,000). Stages by themselves are seconds of
processor time, in this process; the whole is by the clock, with the chain, the service, the signer and the
command each in a process of its own. Memory is the most that a process ever held.
"""

import csv
import io
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from ledger_app.domain.certificate import check_for_issue
from ledger_app.domain.imports import import_table
from ledger_app.domain.imports.splitting import split
from ledger_app.domain.samples import sample_document
from ledger_app.proof.leaf import leaf_for
from ledger_app.proof.merkle import MerkleTree
from ledger_app.signer.rules_certificates import read_paper
from ledger_app.store.secrets import Vault
from tests.bench.figures import Figures, per_core_second
from tests.bulk.tables import cells
from tests.faults.driver import CHECKOUT, Installation

COUNT = int(os.environ.get("BENCH_IMPORT", "10000"))
BUNDLES = 6_000
_LIMIT = re.compile(r"certificates_per_day = \d+")
_MIB = 1 << 10


def run(figures: Figures) -> None:
    """About two minutes for 20,000."""
    _stages(figures)
    with tempfile.TemporaryDirectory(prefix="origin-bench-") as name:
        folder = Path(name)
        service = Installation(folder / "data", {"ORIGIN_IMPORT_APPROVAL_ABOVE": str(10**9)})
        service.start()
        try:
            _raise_limit(service)
            _warm(service, folder)
            _import(figures, service, folder)
            _verify(figures, service, folder)
        finally:
            service.stop()


def _rows(count: int, mark: str) -> Iterator[dict[str, str]]:
    """The same goods under numbers of their own."""
    pattern = dict(cells(sample_document("#")))
    for place in range(count):
        number = f"{mark}-{place:07}"
        yield {name: cell.replace("#", number) for name, cell in pattern.items()}


def write_table(path: Path, count: int, mark: str) -> None:
    """A table of so many certificates."""
    with path.open("w", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        for row in _rows(count, mark):
            if writer is None:
                writer = csv.DictWriter(file, list(row))
                writer.writeheader()
            writer.writerow(row)


def _stages(figures: Figures) -> None:
    with tempfile.TemporaryDirectory(prefix="origin-bench-") as name:
        path = Path(name) / "x.csv"
        write_table(path, 400, "S")
        data = path.read_bytes()
    [page] = split(io.BytesIO(data), "csv", rows=1000, size=1 << 24)
    documents = [each.completed({"issuer": _ISSUER}).document for each in import_table(page.body)]
    vault = Vault([secrets.token_bytes(32)])
    papers = [{"document": each, "secret": "0x" + secrets.token_hex(32)} for each in documents]

    def prepared() -> None:
        tree = MerkleTree(leaf_for(each, secrets.token_bytes(32)).hash() for each in documents)
        for leaf in tree.leaves:
            tree.proof(leaf)
            vault.seal(page.body[:3000], "x")

    stages = {
        "read": lambda: [
            list(split(io.BytesIO(data), "csv", rows=1000, size=1 << 24)),
            *import_table(page.body),
        ],
        "validate": lambda: [check_for_issue(each) for each in documents],
        "prepare": prepared,
        "sign": lambda: [read_paper(each) for each in papers],
    }
    for name, step in stages.items():

        def once(step: Any = step) -> int:
            step()
            return len(documents)

        rounds = [per_core_second(once, 0.3) for _ in range(5)]
        figures.add(f"import_{name}", rounds, "certificates/s/core", note=_NOTES[name])


_ISSUER = {"identifier": "urn:origin:demo:chamber-cn", "name": "Chamber", "territory": "CN"}
_NOTES = {
    "read": "a table cut into pages by the command, and read into documents by the service",
    "validate": "form, code lists, the agreement's rules",
    "prepare": "secret, commitments, leaf, tree, proofs, sealing",
    "sign": "the signer rebuilds digest and leaf",
}


def _raise_limit(service: Installation) -> None:
    """A person lets the signer sign more in a day; its service starts it again with the new settings."""
    settings = next(service.data.glob("**/signers/chamber/signer.toml"))
    settings.write_text(_LIMIT.sub("certificates_per_day = 10000000", settings.read_text()))
    service.kill("signer")
    until = time.monotonic() + 60
    while service.pid("signer") is None and time.monotonic() < until:
        time.sleep(0.1)


def _warm(service: Installation, folder: Path) -> None:
    write_table(folder / "warm.csv", 1_000, "WARM")
    _origin(service, folder / "warm.json", "certificate", "import", str(folder / "warm.csv"))


def _import(figures: Figures, service: Installation, folder: Path) -> None:
    file = folder / "x.csv"
    write_table(file, COUNT, "BENCH")
    watch = _Watch(service)
    watch.start()
    command = _origin(service, folder / "out.json", "certificate", "import", str(file), watch=watch)
    watch.stop()
    used = watch.used()
    told = json.loads((folder / "out.json").read_text())
    if (told["final"], told["failed"], told["refused"]) != (COUNT, 0, 0):
        raise RuntimeError(f"an import came to nothing: {told}")
    seconds = command - watch.begun
    figures.add("import_received", COUNT / (watch.received - watch.begun), "certificates/s", note=_PHASES[0])
    figures.add("import_issued", COUNT / (command - watch.received), "certificates/s", note=_PHASES[1])
    figures.add(
        "import_to_final", COUNT / seconds, "certificates/s", goal=1_000, note=f"{COUNT:,} from a table"
    )
    for name, spent in used.items():
        figures.add(
            f"import_processor_{name}", spent / COUNT * 1e6, "µs/certificate", note="from table to final"
        )
    for name, peak in watch.peaks.items():
        figures.add(f"import_memory_{name}", peak / _MIB, "MiB", note="the most that it held")
    growth = watch.peaks["service"] / max(watch.early["service"], 1)
    figures.add("import_memory_growth", growth, "times", goal=1.25, less=True, note="service, second half")


_KINDS = {
    "service ": "service",
    "ganache/serve.js": "chain",
    "signers/chamber ": "signer",
    "services.reader": "readers",
}
_PHASES = ("the file sent, each row judged and kept", "batches made, signed, sent, final")


def _verify(figures: Figures, service: Installation, folder: Path) -> None:
    bundles = folder / "bundles"
    bundles.mkdir()
    clients = threading.local()

    def fetch(place: int) -> None:
        if not hasattr(clients, "one"):
            clients.one = service.client("chamber")
        number = f"BENCH-{place:07}"
        [row] = clients.one.get("/v1/certificates", number=number)["certificates"]
        answer = clients.one.request("GET", f"/v1/certificates/{row['id']}/bundle")
        (bundles / f"{number}.json").write_bytes(answer.body)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fetch, range(min(BUNDLES, COUNT))))
    count, rounds = len(list(bundles.iterdir())), []
    for _ in range(3):
        started = time.perf_counter()
        _origin(
            service, folder / "v.json", "verify", "--batch", str(bundles), "--output", str(folder / "v.csv")
        )
        rounds.append(count / (time.perf_counter() - started))
        if json.loads((folder / "v.json").read_text())["verdicts"] != {"GENUINE/good": count}:
            raise RuntimeError("a good certificate is not genuine")
    note = f"{count:,} bundles in a folder, the command's start included"
    figures.add("verify_batch", rounds, "verifications/s", goal=1_500, note=note)


def _origin(service: Installation, out: Path, *arguments: str, watch: "_Watch | None" = None) -> float:
    """Run a command; gives when it ended."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ORIGIN_")}
    environment |= {"ORIGIN_URL": service.url, "ORIGIN_DATA": str(service.data)}
    with out.open("w") as told:
        command = [sys.executable, "-m", "ledger_app.cli", *arguments, "--json"]
        child = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=told, stderr=subprocess.DEVNULL
        )
        if watch is not None:
            watch.command = child.pid
        if child.wait(3600):
            raise RuntimeError(f"{arguments} ended with {child.returncode}: {out.read_text()[-500:]}")
    return time.perf_counter()


class _Watch(threading.Thread):
    """Looks at the processes and at the import. `early`: peaks at the time when half of it was received."""

    def __init__(self, service: Installation) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._client = service.client("chamber")
        self._pids = {name: service.pid(name) for name in ("service", "signer", "chain")}
        self._over = threading.Event()
        self.command: int | None = None
        self.begun = time.perf_counter()
        self.received = self.begun
        self.peaks: dict[str, int] = {}
        self.early: dict[str, int] = {}
        self._before = self._processors()

    def used(self) -> dict[str, float]:
        """Seconds of processor time since the beginning, by kind of process."""
        return {name: spent - self._before.get(name, 0.0) for name, spent in self._processors().items()}

    def _processors(self) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        for pid, line in {self._service.service: "service", **self._service.children()}.items():
            kind = next((kind for mark, kind in _KINDS.items() if mark in f"{line} "), "others")
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                found[kind] += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        spent = os.times()
        found["command"] = spent.children_user + spent.children_system
        return dict(found)

    def run(self) -> None:
        while not self._over.wait(0.25):
            self._look()

    def stop(self) -> None:
        """End it."""
        self._over.set()
        self.join()

    def _look(self) -> None:
        for name, pid in {**self._pids, "command": self.command}.items():
            with suppress(OSError, StopIteration, TypeError):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                held = int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
                self.peaks[name] = max(held, self.peaks.get(name, 0))
        job = self._client.get("/v1/imports/jobs", limit=1)["imports"][0]
        if job["state"] == "receiving":
            self.received = time.perf_counter()
        if not self.early and job["final"] >= COUNT // 2:
            self.early = dict(self.peaks)
