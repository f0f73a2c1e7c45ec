"""EPC URNs and Digital Links in one canonical spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.cargo.identifiers import canonical_identifier, check_digit


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        ("urn:epc:id:sgtin:4012345.011111.98%22", "01/04012345111118/21/98%22"),
        (
            "urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()",
            "01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29",
        ),
        ("urn:epc:id:sscc:4012345.3111111111", "00/340123451111111111"),
        ("urn:epc:id:sgln:4012345.00005.0", "414/4012345000054"),
        ("urn:epc:id:sgln:4012345.00005.122", "414/4012345000054/254/122"),
        ("urn:epc:id:grai:4012345.00022.334455", "8003/04012345000221334455"),
        ("urn:epc:id:giai:4012345.ABC345", "8004/4012345ABC345"),
        ("urn:epc:id:gdti:987659999999..9", "253/98765999999929"),
        (
            "urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234",
            "8010/061414111111111111111-A%23%2F/8011/1234",
        ),
        ("urn:epc:id:itip:4012345.011111.01.02.987", "8006/040123451111180102/21/987"),
        ("urn:epc:id:pgln:999999999999.", "417/9999999999994"),
        ("urn:epc:class:lgtin:4012345.012345.Lot987", "01/04012345123456/10/Lot987"),
        ("urn:epc:idpat:sgtin:4012345.011111.*", "01/04012345111118"),
        ("http://example.com/some/gtin/614141000036/lot/L/ser/S1?x=1#y", "01/00614141000036/21/S1"),
        ("https://id.gs1.org/01/04012345111118/22/2A/10/ABC", "01/04012345111118/10/ABC"),
        ("https://example.com/01/04012345111118/21/98%22/", "01/04012345111118/21/98%22"),
    ],
)  # fmt: skip
def test_identifiers_become_the_canonical_digital_link(uri: str, link: str) -> None:
    assert canonical_identifier(uri) == f"https://id.gs1.org/{link}"
    assert canonical_identifier(f"https://id.gs1.org/{link}") == f"https://id.gs1.org/{link}"


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:id:sgtin:4012345.01111.9876",  # one digit short
        "urn:epc:id:sgtin:4012345.011111.",
        "urn:epc:id:bic:CSQU3054383",
        "urn:epc:id:gid:1.2.3",
        "urn:epcglobal:cbv:bt:0614141073467:1152",
        "https://example.com/product/4711",
        "https://example.com/errors/401/retry",
        "https://id.gs1.org/01/123",
        "https://id.gs1.org/01/04012345111118/21/a/21/b",
        "https://id.gs1.org/01/04012345111118/99/a",
        "geo:50.9,6.9",
        "",
    ],
)
def test_other_uris_are_no_gs1_identifiers(uri: str) -> None:
    assert canonical_identifier(uri) is None


@given(st.text(alphabet="urn:epcidsgtlaipt./%*01289AZ?#-_()", max_size=60) | st.text(max_size=40))
def test_no_text_breaks_it_and_a_canonical_form_is_stable(text: str) -> None:
    for uri in (text, f"urn:epc:{text}", f"https://{text}"):
        link = canonical_identifier(uri)
        if link is not None and "%" not in uri:
            assert canonical_identifier(link) == link


def test_check_digits_are_those_of_gs1() -> None:
    assert check_digit("629104150021") == "3"
    assert check_digit("0" * 13) == "0"
