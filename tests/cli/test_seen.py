"""What an offline verifier remembers of what the council stated, and what it makes of it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ledger_app.cli.main import main
from ledger_app.proof.hexes import to_hex
from ledger_app.proof.statements import Signed, signed_from_json
from tests.proof import naive, offline_files
from tests.vectors import offline_cases

Json = dict[str, Any]
EXPIRED = offline_cases.NOW - 1
GENUINE = (0, "GENUINE", "")
SPLIT = (20, "CANNOT_TELL", "SPLIT_VIEW")
OTHERS = sorted((int.from_bytes(bytes([9 + seat]) * 32, "big") for seat in range(3)), key=naive.address)


class Post:
    """A border post: a folder with a trust snapshot and its memory, and a clock."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.trust, self.seen = folder / "trust.json", folder / "trust.json.seen"
        bases = offline_files.vectors()
        self.snapshot, self.bundle = bases["snapshots"]["now"], bases["bundles"]["good"]

    def verify(
        self, checkpoint: Json | None = None, snapshot: Json | None = None, *words: str
    ) -> tuple[int, str, str]:
        """Exit code, verdict and reason for the good bundle, with another checkpoint or snapshot."""
        bundle = copy.deepcopy(self.bundle)
        if checkpoint is not None:
            bundle["evidence"]["checkpoint"] = checkpoint
        path = self.folder / "bundle.json"
        path.write_text(json.dumps(bundle))
        self.trust.write_text(json.dumps(snapshot or self.snapshot))
        files = (str(path), "--trust", str(self.trust), "--at", offline_cases.AT)
        with pytest.raises(SystemExit) as left:
            main(["verify", *files, "--offline", "--json", *words])
        found = json.loads(self._capsys.readouterr().out)
        return int(left.value.code or 0), found["verdict"], found["reason"]

    def kept(self) -> list[Signed]:
        return [signed_from_json(json.loads(line)["statement"]) for line in self.seen.read_bytes().split()]


@pytest.fixture
def post(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setattr("time.time", lambda: float(offline_cases.NOW))
    return Post(tmp_path, capsys)


def head(**changes: Any) -> Json:
    """A checkpoint of the vectors' council."""
    return offline_cases.signed("Checkpoint", offline_cases.statement(**changes))


def of_others(**changes: Any) -> tuple[Json, Json]:
    """Snapshot and checkpoint that somebody made up, with a council of their own of the same epoch."""
    seats = [naive.address(seat) for seat in OTHERS]
    held = offline_cases.content()
    held["council"]["members"] = ["0x" + seat.hex() for seat in seats]
    by = tuple(OTHERS[:2])
    mine = offline_cases.signed("Checkpoint", offline_cases.statement(**changes), by)
    return offline_cases.snapshot(held, by), mine


def test_a_second_head_is_found_by_what_was_seen_before(post: Post) -> None:
    assert [post.verify(), post.verify()] == [GENUINE, GENUINE]
    # The evidence does not lead to the other head; that it contradicts the first is what matters more.
    assert post.verify(head(standingsRoot=bytes(32))) == SPLIT
    assert post.verify() == SPLIT
    kept = post.kept()
    assert len({to_hex(each.digest) for each in kept}) == len(kept) == 3


def test_a_second_head_that_is_past_its_day_is_kept_and_compared(post: Post) -> None:
    assert post.verify() == GENUINE
    assert post.verify(head(expires=EXPIRED)) == (20, "CANNOT_TELL", "CHECKPOINT_EXPIRED")
    assert post.verify(head(batchesRoot=bytes(32), expires=EXPIRED)) == SPLIT
    assert len(post.kept()) == 4


def test_a_head_that_contradicts_the_snapshot_is_kept(post: Post) -> None:
    message = signed_from_json(post.snapshot).statement
    assert post.verify(head(block=message.block, time=message.time)) == SPLIT
    assert [each.is_checkpoint for each in post.kept()] == [False, True]
    # From now on that head counts, though its own bundle is gone.
    assert post.verify() == SPLIT


def test_a_line_that_was_cut_off_does_not_swallow_the_next(post: Post) -> None:
    assert post.verify() == GENUINE
    post.seen.write_bytes(post.seen.read_bytes()[:-40])
    post.verify(head(batches=99, batchesRoot=b"\1" * 32, block=701))
    assert post.verify(head(batches=99, batchesRoot=b"\2" * 32, block=701)) == SPLIT


def test_lines_that_nobody_signed_prove_nothing(post: Post) -> None:
    assert post.verify() == GENUINE
    council = post.snapshot["content"]["council"]
    other = head(batchesRoot=bytes(32))
    one = {**other, "signatures": other["signatures"][:1]}
    lines = [{"statement": each, "council": council, "confirmed": True} for each in (one, {**other, "x": 1})]
    odd = [b"\xff\xfe", b"[]", b'{"statement": {}}', b"[" * 100_000, json.dumps(other).encode()]
    with post.seen.open("ab") as file:
        file.writelines(row + b"\n" for row in [*odd, *(json.dumps(line).encode() for line in lines)])
    assert post.verify() == GENUINE
    with post.seen.open("ab") as file:
        file.write(json.dumps({**lines[0], "statement": other}).encode())
    assert post.verify() == SPLIT


def test_two_councils_of_one_epoch_are_a_split_view_until_one_is_named(post: Post) -> None:
    true = to_hex(offline_cases.fingerprint())
    snapshot, checkpoint = of_others(batchesRoot=bytes(32))
    assert post.verify() == GENUINE
    # That its evidence does not hold is seen as well; that the council is another one goes before.
    assert post.verify(checkpoint, snapshot) == SPLIT
    assert post.verify() == SPLIT
    assert post.verify(None, None, "--council", true) == GENUINE
    assert post.verify(head(batchesRoot=bytes(32)), None, "--council", true) == SPLIT


def test_a_made_up_snapshot_does_not_stand_against_a_council_that_was_compared(post: Post) -> None:
    true = to_hex(offline_cases.fingerprint())
    snapshot, checkpoint = of_others()
    assert post.verify(checkpoint, snapshot) == GENUINE  # whoever believes a false snapshot believes all
    assert post.verify() == SPLIT
    assert post.verify(None, None, "--council", true) == GENUINE
    assert post.verify(checkpoint, snapshot) == SPLIT


def test_a_memory_that_cannot_be_read_excludes_nothing_and_one_that_cannot_be_written_is_told(
    post: Post,
) -> None:
    missing = str(post.folder / "missing" / "seen")
    assert post.verify(None, None, "--seen", missing) == GENUINE
    post.seen.mkdir()
    assert post.verify() == (20, "CANNOT_TELL", "SEEN_FILE_UNREADABLE")
    post.seen.rmdir()
    with post.seen.open("wb") as file:
        file.truncate((64 << 20) + 1)
    assert post.verify() == (20, "CANNOT_TELL", "SEEN_FILE_UNREADABLE")
