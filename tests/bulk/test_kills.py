"""Killed in the middle, an import goes on by the same command, and each row is one certificate.

`IMPORT_KILL_ROWS` says how many rows (900).
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bulk.tables import record, table
from tests.faults.driver import CHECKOUT, Installation

ROWS = int(os.environ.get("IMPORT_KILL_ROWS", "900"))
STAGES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "receiving": lambda job: job["pages"] > 0,
    "issuing": lambda job: job["state"] == "issuing",
}
pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    service = Installation(tmp_path_factory.mktemp("kills"), {"ORIGIN_IMPORT_APPROVAL_ABOVE": "1000000"})
    service.start()
    try:
        yield service
    finally:
        service.stop()


def write(folder: Path, mark: str) -> tuple[Path, list[str]]:
    numbers = [f"{mark}-{place:05}" for place in range(ROWS)]
    # Wide rows, so that the file has several pages.
    rows = [record(number, remarks="x" * 3900) for number in numbers]
    (folder / "x.csv").write_bytes(table(rows))
    return folder / "x.csv", numbers


def begin(service: Installation, file: Path, out: Path) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ORIGIN_")}
    environment |= {"ORIGIN_URL": service.url, "ORIGIN_DATA": str(service.data)}
    with out.open("w") as told:
        return subprocess.Popen(
            [sys.executable, "-m", "ledger_app.cli", "certificate", "import", str(file), "--json"],
            cwd=CHECKOUT, env=environment, stdout=told, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def job(service: Installation) -> dict[str, Any]:
    found: list[dict[str, Any]] = service.client("chamber").get("/v1/imports/jobs", limit=1)["imports"]
    return found[0] if found else {"rows": 0, "final": 0, "state": "none", "id": "", "pages": 0}


def until(service: Installation, before: str, there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The import that was begun after `before`, once it has come so far."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        found = job(service)
        if found["id"] != before and there(found):
            return found
        time.sleep(0.01)
    raise AssertionError(f"the import did not come so far: {found}")


def finish(command: subprocess.Popen[bytes], out: Path) -> dict[str, Any]:
    assert command.wait(600) == 0, out.read_text()
    told: dict[str, Any] = json.loads(out.read_text())
    return told


def one_each(service: Installation, numbers: list[str]) -> None:
    """Each number is one certificate, and it is final."""
    client, found, cursor = service.client("chamber"), list[tuple[str, str]](), None
    while True:
        page = client.get("/v1/certificates", cursor=cursor, limit=200)
        found += [(row["number"], row["state"]) for row in page["certificates"]]
        if (cursor := page["next"]) is None:
            break
    mine = [(number, state) for number, state in found if number.split("-")[0] == numbers[0].split("-")[0]]
    assert sorted(mine) == [(number, "final") for number in sorted(numbers)]


@pytest.mark.parametrize("when", list(STAGES))
def test_the_command_is_killed(installation: Installation, tmp_path: Path, when: str) -> None:
    file, numbers = write(tmp_path, f"C{when}")
    before = job(installation)["id"]
    command = begin(installation, file, tmp_path / "out")
    first = until(
        installation,
        before,
        lambda now: now["pages"] > 0 if when == "receiving" else now["state"] == "issuing",
    )
    command.send_signal(signal.SIGKILL)
    command.wait()
    told = finish(begin(installation, file, tmp_path / "out"), tmp_path / "out")
    if job(installation)["id"] == first["id"]:
        assert (told["read"], told["final"]) == (ROWS, ROWS)
    else:  # it was sent in full, and done before the command came again
        assert (told["read"], told["repeated"]) == (ROWS, ROWS)
    one_each(installation, numbers)


@pytest.mark.parametrize("when", list(STAGES))
def test_the_service_is_killed(installation: Installation, tmp_path: Path, when: str) -> None:
    file, numbers = write(tmp_path, f"S{when}")
    before = job(installation)["id"]
    command = begin(installation, file, tmp_path / "out")
    until(
        installation,
        before,
        lambda now: now["pages"] > 0 if when == "receiving" else now["state"] == "issuing",
    )
    assert installation.kill("service")
    installation.start()
    told = finish(command, tmp_path / "out")  # it waited for the service by itself
    assert (told["read"], told["refused"], told["failed"]) == (ROWS, 0, 0)
    again = finish(begin(installation, file, tmp_path / "out"), tmp_path / "out")
    assert (again["ready"], again["repeated"]) == (0, ROWS)
    one_each(installation, numbers)
