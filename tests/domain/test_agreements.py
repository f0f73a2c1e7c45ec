"""Agreements as data: each file holds, says where its rules stand, and a new one needs no code."""

import json
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from ledger_app.domain import agreements as package
from ledger_app.domain.agreements import (
    Agreement,
    agreement,
    agreement_for,
    agreements,
    read_agreement,
    use_folder,
)
from ledger_app.domain.agreements.model import Rule
from ledger_app.domain.certificate import admit, check_for_issue
from ledger_app.domain.codelists import is_territory
from ledger_app.domain.samples import sample_document
from ledger_app.domain.terms import scheme_id
from ledger_app.errors import Broken, NotFound, Unprocessable

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "agreements.md").read_text("utf-8")


def rules_of(known: Agreement) -> Iterator[tuple[str, Rule]]:
    for name in type(known).model_fields:
        value = getattr(known, name)
        for rule in value if isinstance(value, tuple) else (value,):
            if isinstance(rule, Rule):
                yield name, rule


@pytest.fixture
def own_folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder for agreements of an installation; forgotten afterwards."""
    yield tmp_path
    use_folder(None)


def test_the_schemes_that_must_be_there_are_there() -> None:
    assert agreements().keys() == {
        "ATIGA", "CHAFTA", "EU-REX", "EUR1", "GSP-FORM-A", "KCFTA", "NON-PREFERENTIAL", "RCEP", "USMCA",
    }  # fmt: skip


@pytest.mark.parametrize("known", agreements().values(), ids=lambda known: known.code)
def test_every_agreement_names_its_sources_and_fits_the_ledger(known: Agreement) -> None:
    assert len(scheme_id(known.code)) == 32
    found = dict(rules_of(known))
    assert {"issuance", "draw_down"} <= found.keys()
    assert all(len(rule.source) >= 4 for rule in found.values())
    assert all(is_territory(code) for code in (known.parties.members if known.parties else ()))
    sample = sample_document()
    assert all(pointer[1:] in sample for pointer in known.disclose)
    assert f"`{known.code}`" in PAGE


@pytest.mark.parametrize("known", agreements().values(), ids=lambda known: known.code)
def test_an_agreement_is_shown_whole_as_json_with_the_certainty_of_every_rule(known: Agreement) -> None:
    shown = json.loads(json.dumps(known.to_json()))
    assert shown["code"] == known.code
    for name, member in shown.items():
        for rule in member if name == "required" else [member]:
            if isinstance(rule, dict):
                assert isinstance(rule["certain"], bool), name
                assert rule["source"], name
    assert "issuanceSource" not in shown
    assert "third_party_invoice" not in shown
    # What is not kept is told as not known, and is not merely absent.
    assert {"thirdPartyInvoice", "retrospective", "enquiry", "records", "parties"} <= shown.keys()
    assert known.not_kept == [name for name in shown if shown[name] is None]


@pytest.mark.parametrize("known", agreements().values(), ids=lambda known: known.code)
def test_what_is_shown_can_be_read_back_as_a_file(known: Agreement) -> None:
    shown = known.to_json()
    del shown["issuingAuthority"]
    assert read_agreement(json.dumps(shown), f"{known.code.lower()}.json") == known


def test_every_member_of_a_file_is_on_the_page() -> None:
    for name in Agreement.model_fields:
        assert f"`{name}`" in PAGE or f"[{name}]" in PAGE, name


def test_the_file_that_the_page_shows_is_an_agreement() -> None:
    text = PAGE.split("```toml\n")[1].split("```")[0]
    shown = read_agreement(text, "aanzfta.toml")
    assert shown.validity is not None
    assert not shown.validity.certain


def test_certain_rules_say_what_their_texts_say() -> None:
    rcep, chafta, korea = agreement("rcep"), agreement("CHAFTA"), agreement("KCFTA")
    assert rcep.parties is not None
    assert len(rcep.parties.members) == 15
    assert rcep.validity is not None
    assert (rcep.validity.months, rcep.validity.source) == (12, "RCEP Article 3.16(6)")
    assert chafta.items is not None
    assert chafta.items.most == 20
    assert chafta.criteria is not None
    assert list(chafta.criteria.codes) == ["WO", "WP", "PSR"]
    assert korea.retrospective is not None
    assert (korea.retrospective.months, korea.retrospective.source) == (12, "China–Korea FTA Article 3.15(4)")


def test_no_authority_issues_under_usmca_and_its_periods_are_long() -> None:
    usmca = agreement("USMCA")
    assert not usmca.issuing_authority
    assert usmca.to_json()["issuingAuthority"] is False
    assert {"exporter", "producer", "importer"} <= set(usmca.issuance.bases)
    assert usmca.validity is not None
    assert usmca.validity.months == 48
    assert usmca.records is not None
    assert usmca.records.years == 5
    assert usmca.draw_down is not None
    assert usmca.draw_down.allowed
    assert all(
        known.issuing_authority for known in agreements().values() if known.code not in ("USMCA", "EU-REX")
    )


def test_an_unknown_scheme_is_told_with_those_known() -> None:
    assert agreement_for("ATLANTIS") is None
    with pytest.raises(NotFound) as refused:
        agreement("ATLANTIS")
    assert refused.value.reason == "SCHEME_UNKNOWN"
    assert "RCEP" in refused.value.context["known"]


HEAD = 'code = "X"\ntitle = "T"\npreferential = true\ndisclose = ["/a"]\n'
ISSUED = '[issuance]\nbases = ["authority"]\nsource = "Text 1"\n'


def test_the_shortest_file_holds() -> None:
    assert read_agreement(HEAD + ISSUED, "x.toml").code == "X"


@pytest.mark.parametrize(
    "text",
    [
        "code = ",
        'code = "X"',
        HEAD,
        HEAD + ISSUED.replace("authority", "notary"),
        HEAD + ISSUED.replace('source = "Text 1"', ""),
        HEAD + ISSUED + "[validty]\n",
        HEAD + ISSUED + '[parties]\nmembers = ["ZZ"]\nsource = "nowhere"',
        HEAD + ISSUED + '[validity]\nmonths = 12\ncounted_from = "issue"',
        HEAD + ISSUED + '[validity]\ncounted_from = "issue"\nsource = "Text 2"',
        HEAD + ISSUED + '[validity]\nmonths = 1\ndays = 1\ncounted_from = "issue"\nsource = "Text 2"',
        HEAD + ISSUED + '[validity]\nmonths = 0\ncounted_from = "issue"\nsource = "Text 2"',
        HEAD + ISSUED + '[waiver]\namount = "10"\ncurrency = "XQQ"\nsource = "Text 3"',
        HEAD + ISSUED + '[[required]]\nfield = "importer"\nsource = "Text 4"',
        HEAD + ISSUED + '[[required]]\nfield = "/importer"\ncriteria = ["RVC"]\nsource = "Text 4"',
        HEAD.replace("X", "Y") + ISSUED,
    ],
    ids=[
        "no TOML", "members missing", "no issuance", "unknown basis", "rule without source", "unknown member",
        "unknown party", "another rule without source", "no length", "two lengths", "no time at all",
        "unknown currency", "no pointer", "criteria of no item", "other name",
    ],
)  # fmt: skip
def test_a_data_file_that_does_not_hold_is_refused(text: str) -> None:
    with pytest.raises(Broken) as refused:
        read_agreement(text, "x.toml")
    assert refused.value.reason == "AGREEMENT_DATA"


def test_a_new_file_in_a_folder_is_loaded_listed_and_enforced_without_code(own_folder: Path) -> None:
    made = sample_document(scheme="TEST-ACCORD")
    assert [one.rule for one in check_for_issue(made)] == ["SCHEME_NOT_CHECKED"]
    text = """
        code = "TEST-ACCORD"
        title = "An accord of two"
        preferential = true
        disclose = ["/number"]
        [issuance]
        bases = ["authority"]
        source = "Accord, Article 1"
        [parties]
        members = ["CN", "NZ"]
        source = "Accord, preamble"
        [items]
        most = 1
        source = "Accord, Article 2"
        [validity]
        days = 90
        counted_from = "shipment"
        source = "Accord, Article 3"
        [third_party_invoice]
        allowed = false
        certain = false
        source = "Accord, Article 4"
        [draw_down]
        allowed = false
        source = "Accord, Article 5"
        [[required]]
        field = "/items/*/fobValue"
        source = "Accord, Article 6"
    """
    (own_folder / "test-accord.toml").write_text(text, "utf-8")
    use_folder(own_folder)
    assert "TEST-ACCORD" in agreements()
    assert "RCEP" in agreements()
    made["flags"] = ["third-party-invoice"]
    made["allowance"] = {"units": 5}
    found = {one.pointer: (one.rule, one.source, one.is_error) for one in check_for_issue(made)}
    assert found == {
        "/importCountry": ("NOT_A_PARTY", "Accord, preamble", True),
        "/items": ("TOO_MANY_ITEMS", "Accord, Article 2", True),
        "/validUntil": ("VALID_TOO_LONG", "Accord, Article 3", True),
        "/items/0/fobValue": ("FIELD_REQUIRED", "Accord, Article 6", True),
        "/items/1/fobValue": ("FIELD_REQUIRED", "Accord, Article 6", True),
        "/allowance": ("DRAW_DOWN", "Accord, Article 5", True),
        "/flags/0": ("NOT_ALLOWED", "Accord, Article 4", False),
    }
    with pytest.raises(Unprocessable):
        admit(made)


def test_an_own_file_takes_the_place_of_ours_and_may_be_json(own_folder: Path) -> None:
    rcep = agreement("RCEP").to_json() | {"items": {"most": 1, "source": "our own practice"}}
    del rcep["issuingAuthority"]
    (own_folder / "rcep.json").write_text(json.dumps(rcep), "utf-8")
    use_folder(own_folder)
    assert [one.rule for one in check_for_issue(sample_document())] == ["TOO_MANY_ITEMS"]
    use_folder(None)
    assert check_for_issue(sample_document()) == []


def test_what_is_wrong_in_a_file_is_told_member_by_member() -> None:
    with pytest.raises(Broken) as refused:
        read_agreement('code = "X"\ntitle = "T"\ndisclose = ["number"]\nfoo = 1\n' + ISSUED, "x.toml")
    told = refused.value.detail
    for words in ("x.toml: ", "preferential: field required", "disclose.0: ", "foo: extra inputs"):
        assert words in told
    assert "pydantic" not in told
    assert "\n" not in told


@pytest.mark.parametrize("fault", ["no folder", "twice", "wrong file", "no text"])
def test_a_folder_that_does_not_hold_is_refused_and_changes_nothing(own_folder: Path, fault: str) -> None:
    folder = own_folder / "none" if fault == "no folder" else own_folder
    if fault == "twice":
        (folder / "x.toml").write_text(HEAD + ISSUED)
        (folder / "x.json").write_text(json.dumps(tomllib.loads(HEAD + ISSUED)))
    elif fault == "wrong file":
        (folder / "y.toml").write_text(HEAD + ISSUED)
    elif fault == "no text":
        (folder / "x.toml").write_bytes(b"\xff\xfe")
    before = agreements().keys()
    with pytest.raises(Broken, match="AGREEMENT_DATA"):
        use_folder(folder)
    assert agreements().keys() == before


def test_our_own_files_hold_rules_only_where_a_reader_finds_their_names() -> None:
    for file in resources.files(package).iterdir():
        if file.name.endswith(".toml"):
            assert read_agreement(file.read_text("utf-8"), file.name).code in agreements()


def test_what_a_disclosure_must_show_is_told() -> None:
    known = agreement("RCEP")
    assert known.undisclosed(lambda _: True) == []
    assert known.undisclosed(lambda _: False) == list(known.disclose)
    assert known.undisclosed(lambda pointer: pointer != "/issuer") == ["/issuer"]
