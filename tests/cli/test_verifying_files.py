"""What a verification of many asks: everything that it is led to, or a row that says why not."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from ledger_app import errors
from ledger_app.cli.verifying_files import Asked, questions
from ledger_app.cli.verifying_many import verify_many
from ledger_app.client import Client

NOWHERE = "http://127.0.0.1:9"


def told(*paths: Path) -> dict[tuple[str, int | None], str]:
    """By name and line: why it failed, or what is asked."""
    return {(Path(each.source).name, each.line): said(each) for each in questions(paths)}


def said(asked: Asked) -> str:
    return asked.failed.detail if asked.failed else asked.words or "asked"


def untold(_: bytes | None, why: errors.LedgerError) -> dict[str, Any]:
    return {
        "verdict": "CANNOT_TELL", "standing": "unknown", "exit_code": 20, "reason": why.reason,
        "detail": why.detail,
    }  # fmt: skip


def verified(output: Path, *paths: Path) -> str:
    assert verify_many(Client(NOWHERE, ""), list(paths), output, {}, untold, as_json=True) == 20
    return output.read_text()


def test_what_a_folder_leaves_out_is_told_and_hidden_things_are_left_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    for name in ("open", "closed", ".hidden", "linked-to"):
        (folder / name).mkdir(parents=True)
        (folder / name / f"in-{name}.json").write_text("{}")
    (folder / ".file.json").write_text("{}")
    (folder / "link").symlink_to(folder / "linked-to")
    (folder / "gone.csv").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe.csv")
    listing = os.scandir

    def refused(path: Any) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refused)  # as the kernel does, which lets root in
    found = told(folder)
    names = {"closed", "gone.csv", "in-linked-to.json", "in-open.json", "link", "pipe.csv"}
    assert found.keys() == {(name, None) for name in names}
    assert "cannot be listed: Permission denied" in found["closed", None]
    assert "not followed" in found["link", None]
    assert "no file" in found["pipe.csv", None]
    assert "no such file" in found["gone.csv", None]
    assert (found["in-open.json", None], told(folder / ".hidden")) == (
        "asked",
        {("in-.hidden.json", None): "asked"},
    )


@pytest.mark.parametrize("name", ["list.csv", "list.txt", "list.ndjson"])
def test_a_pipe_that_is_named_is_read(tmp_path: Path, name: str) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    text = "{}\n{}\n" if name.endswith("ndjson") else "X-1\nX-2\n"
    writer = threading.Thread(target=pipe.write_text, args=(text,), daemon=True)
    writer.start()
    assert list(told(pipe)) == [(name, 1), (name, 2)]
    writer.join(20)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("beyond", [1, 2, 3, 60_000, 70_000])
def test_a_line_that_is_too_long_is_one_row_and_the_others_keep_their_places(
    tmp_path: Path, end: str, beyond: int
) -> None:
    long, most = "y" * (4096 + beyond), "z" * 4096
    path = tmp_path / "list.txt"
    path.write_text(end.join(("X-1", long, "", "X-4", most, long)), newline="")
    found = told(path)
    assert [line for _, line in found] == [1, 2, 4, 5, 6]
    assert (found["list.txt", 1], found["list.txt", 4]) == ("X-1", "X-4")
    assert all("more than 4,096 characters" in found["list.txt", line] for line in (2, 6))


def test_a_row_of_a_table_has_other_columns_beside_its_number(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    names = ["column-" + "x" * 100 for _ in range(60)]
    lines = [[*names, "number"], [*"." * 60, "X-2"], ["y" * 5000, *"." * 59, "X-3"], ["y" * 2_000_000]]
    path.write_text("\n".join(",".join(line) for line in [*lines, [*"." * 60, "X-5"]]))
    found = told(path)
    assert [found["list.csv", line] for line in (2, 3, 5)] == ["X-2", "X-3", "X-5"]
    assert (len(found), "more than 1,048,576 characters" in found["list.csv", 4]) == (4, True)


def test_a_line_of_bundles_that_is_too_long_is_one_row(tmp_path: Path) -> None:
    path = tmp_path / "list.ndjson"
    path.write_bytes(b"{}\n" + b"x" * (20 << 20) + b"\n{}\n")
    found = told(path)
    assert [line for _, line in found] == [1, 2, 3]
    assert found["list.ndjson", 2] == "the file is too large"


def test_a_name_that_is_not_utf8_is_a_row_in_print(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    name = os.fsdecode(b"\xff\xfe.json")
    (folder / name).write_text("not json")
    (folder / os.fsdecode(b"\xfd.txt")).write_text("X-1")
    for output in ("out.csv", "out.json"):
        text = verified(tmp_path / output, folder)
        assert all(name in text.replace("\\\\", "\\") for name in ("\\xff\\xfe.json", "\\xfd.txt"))
    with pytest.raises(errors.Unavailable):
        Client(NOWHERE, "").upload("/v1/verify", name, b"{}")


def test_the_output_is_no_input_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("X-1\nX-2\n")
    output = tmp_path / "out.json"
    for _ in range(2):
        verified(output, tmp_path)
        assert [Path(row["source"]).name for row in json.loads(output.read_text())] == ["list.txt"] * 2


def test_a_list_that_is_to_be_the_output_as_well_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("X-1\n")
    with pytest.raises(errors.BadInput) as refused:
        verified(path, path)
    assert (refused.value.reason, path.read_text()) == ("OUTPUT_IS_INPUT", "X-1\n")
