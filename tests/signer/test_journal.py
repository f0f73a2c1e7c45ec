"""Limits and memory of a signer survive restarts, crashes and tampering with its journal."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger_app import errors
from ledger_app.domain.samples import DEMO_ISSUER, sample_document
from ledger_app.signer import keystore
from ledger_app.signer.journal import Entry, Journal
from ledger_app.signer.settings import MEMBER_ACTS, Limits, SignerSettings, write
from tests.signer.desk import CUSTOMS, KEY, PINS, Desk, anchor, honest, issue, signer


def _entry(number: int, kind: str = "Issue") -> Entry:
    return Entry(f"0x{number:064x}", kind, f"r{number}", "words", [(f"N-{number}", f"0x{number:064x}")])


def test_daily_limit_of_certificates_holds_across_a_restart(desk: Desk, tmp_path: Path) -> None:
    for number in range(3):
        desk.pending = [issue(sample_document(f"N-{number}"), identifier=f"a{number}")]
        with signer(desk, tmp_path, DEMO_ISSUER, certificates_per_day=2) as working:
            working.step()
    assert set(desk.signatures) == {"a0", "a1"}
    assert desk.refusals == {"a2": "SIGNER_DAILY_LIMIT"}


def test_daily_limit_of_a_kind_holds_across_a_restart(desk: Desk, tmp_path: Path) -> None:
    asked = honest()["Refuse"][1]
    for number in range(3):
        case = {**asked, "id": f"a{number}", "message": {**asked["message"], "reason": number + 1}}
        desk.pending = [case]
        with signer(desk, tmp_path, CUSTOMS, per_day={"Refuse": 2}) as working:
            working.step()
    assert desk.refusals == {"a2": "SIGNER_DAILY_LIMIT"}


def test_batch_limit_is_kept(desk: Desk, tmp_path: Path) -> None:
    desk.pending = [issue(*(sample_document(f"N-{n}") for n in range(3)))]
    with signer(desk, tmp_path, DEMO_ISSUER, certificates_per_batch=2) as working:
        working.step()
    assert desk.refusals == {"a1": "SIGNER_BATCH_LIMIT"}


def test_scheme_that_is_not_allowed_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.pending = [issue(sample_document("N-1", "CHAFTA"))]
    with signer(desk, tmp_path, DEMO_ISSUER, schemes=frozenset({"RCEP"})) as working:
        working.step()
    assert desk.refusals == {"a1": "SIGNER_SCHEME_NOT_ALLOWED"}


def test_same_request_again_is_signed_alike_and_counted_once(desk: Desk, tmp_path: Path) -> None:
    asked = issue(sample_document("N-1"))
    answers = []
    for _ in range(3):
        desk.pending = [asked]
        with signer(desk, tmp_path, DEMO_ISSUER, certificates_per_day=1, per_day={"Issue": 1}) as working:
            working.step()
        answers.append(desk.signatures.pop("a1"))
    assert answers[0] == answers[1] == answers[2]
    assert len((tmp_path / "signed.jsonl").read_text().splitlines()) == 1


def test_number_is_never_signed_twice_with_other_content(desk: Desk, tmp_path: Path) -> None:
    first, second = sample_document("N-1"), sample_document("N-1")
    second["consignee"] = {**second["consignee"], "name": "Somebody Else"}
    for identifier, document in (("a1", first), ("a2", second)):
        desk.pending = [issue(document, identifier=identifier)]
        with signer(desk, tmp_path, DEMO_ISSUER) as working:
            working.step()
    assert set(desk.signatures) == {"a1"}
    assert desk.refusals == {"a2": "SIGNER_NUMBER_USED"}
    desk.pending = [issue(sample_document("N-5"), second | {"number": "N-5"}, identifier="a3")]
    with signer(desk, tmp_path, DEMO_ISSUER) as working:
        working.step()
    assert desk.refusals["a3"] == "SIGNER_NUMBER_USED"


def test_the_same_certificate_is_signed_again_in_another_batch(desk: Desk, tmp_path: Path) -> None:
    first, other = sample_document("N-1"), sample_document("N-2")
    for identifier, documents in (("a1", [first]), ("a2", [first, other])):
        desk.pending = [issue(*documents, identifier=identifier)]
        with signer(desk, tmp_path, DEMO_ISSUER, certificates_per_day=2) as working:
            working.step()
    assert (set(desk.signatures), desk.refusals) == ({"a1", "a2"}, {})


def test_person_who_says_no_is_obeyed(desk: Desk, tmp_path: Path) -> None:
    shown: list[str] = []
    desk.pending = [issue(sample_document("N-1"))]
    with signer(desk, tmp_path, DEMO_ISSUER) as working:

        def no(words: str) -> bool:
            shown.append(words)
            return False

        working.ask = no
        working.step()
    assert desk.refusals == {"a1": "SIGNER_PERSON_REFUSED"}
    assert "N-1" in shown[0]
    assert "RCEP" in shown[0]


def test_words_of_a_document_cannot_move_the_terminal(desk: Desk, tmp_path: Path) -> None:
    said: list[str] = []
    document = sample_document("N-1")
    document["exporter"] = {**document["exporter"], "name": "Evil\x1b[2Jname\nsigned: nothing"}
    desk.pending = [issue(document)]
    with signer(desk, tmp_path, DEMO_ISSUER) as working:
        working.say = said.append
        working.step()
    assert said
    assert all(line.isprintable() for line in said)


def test_line_that_was_altered_or_taken_out_stops_the_signer(tmp_path: Path) -> None:
    path = tmp_path / "signed.jsonl"
    with Journal(path) as journal:
        for number in range(4):
            journal.append(_entry(number))
    lines = path.read_bytes().splitlines(keepends=True)
    for damaged in (
        lines[:1] + lines[2:],
        lines[1:],
        [lines[0], lines[1].replace(b"N-1", b"N-X"), *lines[2:]],
        [b"{}\n"],
    ):
        path.write_bytes(b"".join(damaged))
        with pytest.raises(errors.Broken) as caught:
            Journal(path)
        assert caught.value.reason == "JOURNAL_DAMAGED"


def test_line_that_was_cut_off_by_a_crash_is_dropped_at_every_length(tmp_path: Path) -> None:
    path = tmp_path / "signed.jsonl"
    with Journal(path) as journal:
        journal.append(_entry(0))
        kept = path.read_bytes()
        journal.append(_entry(1))
    whole = path.read_bytes()
    for length in range(len(kept), len(whole)):
        path.write_bytes(whole[:length])
        with Journal(path) as journal:
            assert journal.leaf_of("N-0") is not None
            assert journal.leaf_of("N-1") is None
            journal.append(_entry(2))
        with Journal(path) as journal:
            assert journal.leaf_of("N-2") is not None


def test_two_signers_never_work_in_one_folder(tmp_path: Path) -> None:
    with Journal(tmp_path / "signed.jsonl"), pytest.raises(errors.Conflict) as caught:
        Journal(tmp_path / "signed.jsonl")
    assert caught.value.reason == "SIGNER_RUNNING"


def test_counts_are_those_of_the_utc_day(tmp_path: Path) -> None:
    with Journal(tmp_path / "signed.jsonl") as journal:
        journal.append(_entry(1), now=86_400 * 10 + 86_399)
        journal.append(_entry(2), now=86_400 * 11)
        assert (journal.acts_on(10, "Issue"), journal.acts_on(11, "Issue")) == (1, 1)
        assert (journal.certificates_on(10), journal.certificates_on(11)) == (1, 1)


def test_service_that_is_down_or_talks_nonsense_is_waited_for(desk: Desk, tmp_path: Path) -> None:
    desk.broken = True
    said: list[str] = []
    turns = iter(range(40))
    with signer(desk, tmp_path, DEMO_ISSUER) as working:
        working.say = said.append

        def stopped() -> bool:
            if next(turns, None) == 8:
                desk.broken = False
                desk.pending = [issue(sample_document("N-1"))]
            return "a1" in desk.signatures

        working.run(stopped)
    assert set(desk.signatures) == {"a1"}
    assert "the service answers again" in said


def test_signer_shows_that_its_service_has_answered_since_it_started(desk: Desk, tmp_path: Path) -> None:
    desk.broken = True
    seen: list[bool] = []
    turns = iter(range(80))
    with signer(desk, tmp_path, DEMO_ISSUER) as working:
        alive = working.settings.alive
        alive.parent.mkdir(parents=True, exist_ok=True)
        alive.touch()  # of the signer that ran here before

        def stopped() -> bool:
            seen.append(alive.exists())
            if next(turns, None) == 4:
                desk.broken = False
            return seen[-1]

        working.run(stopped)
    assert seen[:4] == [False] * 4
    assert seen[-1]


def _folder(desk: Desk, folder: Path, organisation: str) -> None:
    secret = folder / "password"
    (folder / "keystore").mkdir(parents=True)
    secret.write_text("correct horse")
    secret.chmod(0o600)
    text = json.dumps(keystore.encrypt(KEY, "correct horse", light=True)).encode()
    keystore.write_private(folder / "keystore" / "key.json", text)
    limits = Limits(acts=MEMBER_ACTS)
    write(
        SignerSettings(
            folder, desk.url, organisation, PINS, limits, password_file=secret.absolute(), poll_seconds=0.05
        )
    )


def test_killed_signer_never_forgets_what_it_signed(desk: Desk, tmp_path: Path) -> None:
    """kill -9 at random moments while requests stream in: every signature that left stands in the journal."""
    _folder(desk, tmp_path / "s", DEMO_ISSUER)
    command = [sys.executable, "-m", "ledger_app.cli", "signer", "run", "--dir", str(tmp_path / "s")]
    for turn in range(6):
        desk.pending = [issue(sample_document(f"N-{turn}-{n}"), identifier=f"k{turn}x{n}") for n in range(30)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while not any(name.startswith(f"k{turn}x") for name in desk.signatures) and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(turn * 0.007)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    journal = tmp_path / "s" / "signed.jsonl"
    with Journal(journal):
        pass
    written = {
        json.loads(row)["request"]
        for row in journal.read_bytes().splitlines(keepends=True)
        if row.endswith(b"\n")
    }
    assert set(desk.signatures) <= written
    assert len(desk.signatures) >= 6


def test_signer_ends_when_its_parent_is_killed(desk: Desk, tmp_path: Path) -> None:
    _folder(desk, tmp_path / "s", DEMO_ISSUER)
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'ledger_app.cli', 'signer', 'run', '--with-parent',"
        " '--dir', sys.argv[1]], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "s")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    desk.pending = [issue(sample_document("N-1"))]
    until = time.monotonic() + 10
    while not desk.signatures and time.monotonic() < until:
        time.sleep(0.02)
    assert desk.signatures
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists() or "zombie" in Path(f"/proc/{child}/status").read_text()


def test_anchor_is_remembered_with_its_stream(tmp_path: Path, desk: Desk) -> None:
    desk.pending = [anchor(2)]
    with signer(desk, tmp_path, "urn:origin:demo:carrier") as working:
        working.step()
        assert [count for count, _ in working.journal.heads_of("0x" + "05" * 32)] == [2]
