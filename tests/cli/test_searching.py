"""Searching and exporting from the command line, and docs/search.md, whose commands say what it shows."""

import csv
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.support.running_demo import ROOT, RunningDemo

PAGE = (ROOT / "docs" / "search.md").read_text()


def run(demo: RunningDemo, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command line in a folder of the test's own."""
    return subprocess.run(
        [sys.executable, "-m", "ledger_app.cli", *arguments],
        capture_output=True, text=True, env=demo.environment(), cwd=folder, timeout=240, check=False,
    )  # fmt: skip


def test_the_page_on_search_is_true(demo: RunningDemo, tmp_path: Path) -> None:
    done = 0
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for part in re.split(r"^\$ scripts/origin ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.strip().splitlines()
            arguments = shlex.split(command)
            if "list" in arguments and "--number-prefix" not in arguments:
                arguments += ["--number-prefix", "DEMO-"]  # other tests issue certificates, too
            found = run(demo, tmp_path, *arguments)
            assert found.returncode == 0, (command, found.stderr)
            said = found.stdout + found.stderr
            if "--count" in arguments:
                assert re.search(r"^\d+ in all$", said, re.MULTILINE)
            else:
                assert all(line in said for line in shown), (command, said)
            done += 1
    assert done == 4


def test_list_narrows_and_goes_on_where_the_page_before_ended(demo: RunningDemo, tmp_path: Path) -> None:
    first = demo.json("certificate", "list", "--limit", "1", "--sort", "number", "--number-prefix", "DEMO-")
    assert [row["number"] for row in first["certificates"]] == ["DEMO-RCEP-0001"]
    assert first["complete"] is True
    digest = first["certificates"][0]["digest"]
    assert demo.json("certificate", "list", "--digest", digest)["certificates"] == first["certificates"]
    assert (
        demo.json("certificate", "list", "--standing", "revoked", "--number", "DEMO-RCEP-0001")[
            "certificates"
        ]
        == []
    )
    whole = demo.json("certificate", "list", "--standing", "good", "--standing", "used-up", "--count")
    if whole["count"] > 1:
        page = demo.json("certificate", "list", "--limit", "1", "--standing", "good", "--standing", "used-up")
        rest = run(
            demo, tmp_path, "certificate", "list", "--cursor", page["next"], "--standing", "good",
            "--standing", "used-up", "--json",
        )  # fmt: skip
        assert json.loads(rest.stdout)["certificates"][0]["id"] == whole["certificates"][1]["id"]


def test_filter_that_says_nothing_is_refused_with_words(demo: RunningDemo, tmp_path: Path) -> None:
    for command in ("list", "export"):
        target = ["-o", "x.csv"] if command == "export" else []
        found = run(demo, tmp_path, "certificate", command, "--hs", "8", *target)
        assert found.returncode == 2
        assert "HS_PREFIX_INVALID" in found.stderr
        assert "Traceback" not in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_export_writes_what_the_list_shows(demo: RunningDemo, tmp_path: Path) -> None:
    listed = demo.json("certificate", "list", "--number", "DEMO-RCEP-0001")["certificates"]
    for name in ("found.csv", "found.json", "found.ndjson"):
        done = run(demo, tmp_path, "certificate", "export", "--number", "DEMO-RCEP-0001", "-o", name)
        assert done.returncode == 0, done.stderr
        text = (tmp_path / name).read_bytes().decode()
        rows = (
            list(csv.DictReader(io.StringIO(text, newline=""))) if name.endswith("csv") else json.loads(text)
        )
        rows = rows if isinstance(rows, list) else [rows]
        assert [row["leaf"] for row in rows] == [row["leaf"] for row in listed]
    shown = run(demo, tmp_path, "certificate", "export", "--number", "DEMO-RCEP-0001", "-o", "-")
    assert "DEMO-RCEP-0001" in shown.stdout
    for name in ("nowhere/found.csv", "found.xlsx"):
        refused = run(demo, tmp_path, "certificate", "export", "-o", name)
        assert (refused.returncode, "FILE_UNWRITABLE" in refused.stderr) == (2, True), refused.stderr
    assert not (tmp_path / "found.xlsx").exists()
    shown = run(demo, tmp_path, "certificate", "export", "-o", "found.txt", "--format", "json")
    assert json.loads((tmp_path / "found.txt").read_text())
    trader = run(demo, tmp_path, "certificate", "export", "--as", "trader", "-o", "-", "--format", "ndjson")
    assert (trader.returncode, trader.stdout) == (0, "")
