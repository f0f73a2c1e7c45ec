"""Requests come in pages; what may be signed now can stand behind what waits."""

from pathlib import Path

import pytest

from ledger_app import errors
from tests.signer.desk import Desk, honest, signer

HONEST = honest()


def test_requests_that_wait_for_a_person_hide_none_behind_them(desk: Desk, tmp_path: Path) -> None:
    _, enrol = HONEST["Enrol"]
    organisation, accept = HONEST["AcceptKey"]
    desk.page = 2
    desk.pending = [*({**enrol, "id": f"a{n}"} for n in range(5)), {**accept, "id": "b1"}]
    with signer(desk, tmp_path, organisation, with_person={"Enrol"}) as alone:
        assert alone.step() == 1
    assert set(desk.signatures) == {"b1"}


def test_pages_without_end_are_left_at_some_time(desk: Desk, tmp_path: Path) -> None:
    organisation, enrol = HONEST["Enrol"]
    desk.page = 0
    desk.pending = [enrol]
    with signer(desk, tmp_path, organisation) as working:
        assert working.step() == 0


def test_a_refusal_that_the_service_could_not_take_is_not_the_last_word(desk: Desk, tmp_path: Path) -> None:
    organisation, issue = HONEST["Issue"]
    desk.pending = [{**issue, "evidence": {"missing": "STORE_UNAVAILABLE"}}]
    desk.deaf = True
    with signer(desk, tmp_path, organisation) as working:
        with pytest.raises(errors.Unavailable):
            working.step()
        desk.deaf, desk.pending = False, [issue]
        assert working.step() == 1
    assert (set(desk.signatures), desk.refusals) == ({issue["id"]}, {})


def test_a_refusal_is_told_again_until_the_service_takes_it(desk: Desk, tmp_path: Path) -> None:
    organisation, issue = HONEST["Issue"]
    desk.pending, desk.deaf = [{**issue, "evidence": {}}], True
    with signer(desk, tmp_path, organisation) as working:
        for _ in range(2):
            with pytest.raises(errors.Unavailable):
                working.step()
        desk.deaf = False
        assert working.step() == 1
    assert set(desk.refusals) == {issue["id"]}
