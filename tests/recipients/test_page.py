"""docs/recipients.md says what there is."""

import re
from pathlib import Path

from ledger_app.config import Settings
from ledger_app.services.recipients.changes import WORDS, Type
from ledger_app.services.recipients.posting import Fault

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "recipients.md").read_text("utf-8")


def test_every_type_of_notice_is_described() -> None:
    table = PAGE.partition("## What is told")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`([a-z._]+)`", row)]
    assert sorted(listed) == sorted(Type)
    assert set(WORDS) == set(Type)


def test_every_setting_stands_there_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `ORIGIN_(WEBHOOK_\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE))
    settings = {name: field for name, field in Settings.model_fields.items() if name.startswith("webhook_")}
    assert {name.lower() for name in rows} == set(settings)
    for name, shown in rows.items():
        default = settings[name.lower()].default
        if isinstance(default, tuple):
            default = ",".join(map(str, default))
        expected = {None: "none", False: "no"}.get(default, str(default))
        assert shown.split(" (")[0] == expected, name


def test_every_fault_of_the_log_is_named() -> None:
    assert [one for one in Fault if f"`{one}`" not in PAGE] == []
