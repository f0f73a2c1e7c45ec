"""What a command writes takes its place when it is whole, and nothing that is read is lost for it."""

import os
import stat
import threading
from pathlib import Path

import pytest

from ledger_app import errors
from ledger_app.cli.written import Written


def fill(path: Path, text: str = "new", *, fail: bool = False) -> None:
    with Written(path) as written:
        written.file.write(text)
        written.file.flush()
        if fail:
            raise ValueError


def test_what_was_there_stays_until_the_new_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with Written(path) as written:
        written.file.write("first")
        assert not path.exists()
    path.chmod(0o640)
    with Written(path) as written:
        written.file.write("second")
        written.file.flush()
        assert path.read_text() == "first"
        assert len(written.places) == 2
    assert path.read_text() == "second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with pytest.raises(ValueError):
        fill(path, "third", fail=True)
    assert path.read_text() == "second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_mode_that_any_other_would_have(tmp_path: Path) -> None:
    fill(tmp_path / "one")
    (tmp_path / "other").touch()
    assert (tmp_path / "one").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "there" / "real.csv")
    for text in ("first", "second"):
        fill(link, text)
        assert link.is_symlink()
        assert (tmp_path / "there" / "real.csv").read_text() == text


def test_pipes_devices_and_what_the_output_goes_to_are_written_into(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe.csv", list[str]()
    os.mkfifo(pipe)
    listener = threading.Thread(target=lambda: heard.append(pipe.read_text()), daemon=True)
    listener.start()
    fill(pipe)
    listener.join(20)
    assert heard == ["new"]
    assert pipe.is_fifo()
    fill(Path("/dev/null"))
    with (tmp_path / "redirected").open("w+") as redirected:
        before = os.fstat(redirected.fileno())
        fill(Path(f"/dev/fd/{redirected.fileno()}"))
        assert os.path.samestat(before, (tmp_path / "redirected").stat())
        assert (tmp_path / "redirected").read_text() == "new"


def test_a_file_that_may_not_be_renamed_over_is_written_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    path = tmp_path / "mounted.csv"
    path.write_text("a longer text that was there")
    monkeypatch.setattr(Path, "replace", busy)
    fill(path)
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(errors.BadInput, match="busy"):
        fill(tmp_path / "fresh.csv")
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_told_before_anything_is_done(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "x.csv"):
        with pytest.raises(errors.BadInput) as refused:
            Written(path)
        assert refused.value.reason == "FILE_UNWRITABLE"


def test_what_is_read_is_not_written(tmp_path: Path) -> None:
    path, link, hard = tmp_path / "x.csv", tmp_path / "link.csv", tmp_path / "hard.csv"
    path.write_text("kept")
    link.symlink_to(path)
    hard.hardlink_to(path)
    for output in (path, link, hard):
        with pytest.raises(errors.BadInput) as refused:
            Written(output, [tmp_path / "other", path])
        assert refused.value.reason == "OUTPUT_IS_INPUT"
    with pytest.raises(errors.BadInput):
        Written(tmp_path / "new", [tmp_path / "." / "new"])
    with Written(Path("/dev/null"), [Path("/dev/null")]):
        pass
    assert path.read_text() == "kept"
