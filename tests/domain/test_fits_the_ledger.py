"""What the door accepts, the protocol can commit: the two sides agree on every bound."""

import copy
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.domain.certificate import check_document, document, parse_certificate
from ledger_app.domain.findings import has_errors
from ledger_app.domain.imports import import_file
from ledger_app.domain.samples import sample_document
from ledger_app.errors import BadInput
from ledger_app.proof.canonical import canonical_bytes, parse_json
from ledger_app.proof.leaf import leaf_for

SECRET = bytes(range(32))


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("levels", range(26, 36))
def test_the_door_and_the_canonical_form_agree_on_depth(levels: int) -> None:
    made = sample_document(extensions={"a": nested(levels)})
    try:
        canonical_bytes(made)
    except BadInput:
        assert has_errors(check_document(made))
    else:
        assert not has_errors(check_document(made))


@given(
    st.dictionaries(
        st.text(max_size=6),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
        ),
        max_size=4,
    )
)
def test_every_extension_that_is_accepted_can_be_committed(extensions: dict[str, Any]) -> None:
    made = sample_document() | {"extensions": extensions or {"a": 1}}
    try:
        canonical = canonical_bytes(made)
    except BadInput:
        assert has_errors(check_document(made))
    else:
        assert not has_errors(check_document(made))
        assert parse_json(canonical) == made


def test_an_accepted_document_gives_the_same_leaf_as_the_one_sent() -> None:
    made = sample_document(items=3, per_item_allowance=7)
    sent = leaf_for(made, SECRET)
    assert leaf_for(document(parse_certificate(copy.deepcopy(made))), SECRET) == sent
    assert sent.allowance == 21


@pytest.mark.conformance
def test_a_foreign_file_goes_from_bytes_to_a_leaf(outside_data: Path) -> None:
    name = "src_test_fixtures_data-file_sample-data-file-coo.json"
    data = (outside_data / "coo" / name).read_bytes()
    [found] = import_file(data, name, partial(parse_json, floats="text"))
    completed = found.completed(
        sample_document(scheme="CHAFTA", importCountry="CN", destination="CN", validUntil=None)
    )
    assert completed.ready
    assert json.loads(canonical_bytes(completed.document)) == completed.document
    assert leaf_for(completed.document, SECRET).allowance == 1
