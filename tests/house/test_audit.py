"""`scripts/audit` says found, clean or "could not look", and the parts behind it can find something."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts._audit import __main__ as audit
from scripts._audit import sbom, secret, solidity
from scripts._audit.part import Part

CHECKOUT = Path(__file__).resolve().parents[2]


def test_an_unknown_part_or_budget_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["nothing"],
        ["fuzz=never"],
        ["fuzz=0"],
        ["python=3"],
        ["python", "-o", "x"],
        ["sbom", "-o"],
    ):
        assert audit.main(words) == 2
    assert "symbolic" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("part", "code", "line"),
    [
        (Part("python"), 0, "clean"),
        (Part("python", findings=["x.py:1 bad"]), 1, "FOUND 1"),
        (Part("python", blind="no network"), 3, "COULD NOT LOOK: no network"),
        (Part("python", findings=["x"], blind="half"), 1, "FOUND 1"),
    ],
)
def test_a_part_that_could_not_look_is_never_clean(
    part: Part, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(audit.PARTS, "python", lambda: part)
    assert audit.main(["python"]) == code
    assert line in capsys.readouterr().out


def test_a_part_whose_tool_is_missing_could_not_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("scripts._audit.known.BIN", tmp_path)
    assert audit.main(["python", "packages"]) == 3
    assert capsys.readouterr().out.count("COULD NOT LOOK") == 2


def test_the_full_size_of_a_long_part_is_in_the_documentation() -> None:
    page = (CHECKOUT / "docs" / "audits.md").read_text("utf-8")
    for name, (_, most) in audit.LONG.items():
        assert f"scripts/audit {name}" in page, name
        assert f"{most:,}" in page or most == 1, name
    for name in (*audit.PARTS, "sbom"):
        assert f"`scripts/audit {name}" in page, name


# --- the bill of materials ----------------------------------------------------------------------------------


def test_the_bill_of_materials_is_valid_the_same_each_time_and_holds_what_ships() -> None:
    text = sbom.bill()
    assert text == sbom.bill()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = {each["purl"]: each for each in json.loads(text)["components"]}
    names = {each["name"]: each["scope"] for each in components.values()}
    needed = ("fastapi", "web3", "ganache", "htmx.org", "@picocss/pico", "@openzeppelin/contracts")
    assert {names[name] for name in needed} == {"required"}
    assert {names[name] for name in ("pytest", "slither-analyzer", "solc")} == {"excluded"}
    assert "://" not in json.dumps(list(components.values())), "an address of a registry"


def test_every_vendored_asset_is_described_with_the_version_that_it_states() -> None:
    described = json.loads((sbom.STATIC / "vendored.json").read_text())
    assert set(described) == {path.name for path in sbom.STATIC.glob("*.min.*")}
    for file, row in described.items():
        assert row["version"] in (sbom.STATIC / file).read_text("utf-8"), file


# --- what was reviewed --------------------------------------------------------------------------------------


def test_a_grave_finding_is_silenced_only_where_somebody_looked() -> None:
    reviewed = {"unused-return": {"reason": "why", "in": ["A.one"]}}
    row = {
        "impact": "Medium",
        "check": "unused-return",
        "description": "A.one(uint256) (src/A.sol#1) ignores",
    }
    elsewhere = {**row, "description": "A.two() (src/A.sol#9) ignores"}
    low = {**elsewhere, "impact": "Low"}
    assert solidity.judge([row, low], reviewed) == ([], ["unused-return: why"])
    assert solidity.judge([row, elsewhere], reviewed)[0] == [
        "Medium unused-return: A.two() (src/A.sol#9) ignores"
    ]
    assert solidity.judge([{**row, "check": "reentrancy"}], reviewed)[0][0].startswith("Medium reentrancy")


def test_a_review_of_what_is_gone_is_a_finding() -> None:
    reviewed = {"unused-return": {"reason": "why", "in": ["A.one"]}}
    assert solidity.judge([], reviewed)[0] == [
        "contracts/slither.json: unused-return is no longer found in A.one"
    ]


def test_every_review_gives_its_reason() -> None:
    for review in (
        *json.loads(solidity.REVIEWED.read_text()).values(),
        *json.loads(secret.REVIEWED.read_text()).values(),
    ):
        assert len(review["reason"]) > 20


def test_the_common_rules_find_a_secret_too(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text('password = "' + "hunter2-" * 3 + '"\n')
    assert [kind for _, kind, _ in secret.common_findings([str(file)])] == ["Secret Keyword"]
