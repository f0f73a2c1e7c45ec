"""The page about the life of a certificate says what the rules say."""

from pathlib import Path

from ledger_app.domain.application import STEPS, Stage
from ledger_app.domain.course import DEEDS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| ") and not line.startswith("| act |")
    ]


def test_every_step_until_issue_stands_on_the_page_with_where_it_starts_and_leads() -> None:
    shown = {row[0].split(",")[0]: row for row in rows("Until issue")}
    assert shown.keys() == STEPS.keys()
    for act, step in STEPS.items():
        _, _, starts, leads = shown[act]
        assert {Stage(name) for name in starts.split(", ")} == set(step.starts), act
        assert leads == (step.leads.value if step.leads else "the same"), act
        assert ("written reasons" in shown[act][0]) == step.reasons, act


def test_every_act_after_issue_stands_on_the_page() -> None:
    shown = {word.strip() for row in rows("After issue") for word in row[0].split(":")[0].split(",")}
    assert shown == set(DEEDS)
