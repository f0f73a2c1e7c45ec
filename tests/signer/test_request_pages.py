"""Requests come in pages; what may be signed now can stand behind what waits."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ledger_app import errors
from ledger_app.domain.samples import sample_document
from ledger_app.signer import loop
from tests.signer.desk import Desk, honest, signer
from tests.signer.desk import issue as issue_of

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


@pytest.mark.parametrize(
    ("status", "reason"), [(409, "PAUSED"), (404, "ACT_UNKNOWN"), (403, "NOT_COUNCIL_MEMBER")]
)
def test_a_signature_that_is_not_taken_is_offered_again_less_and_less_often_and_holds_nothing_up(
    status: int, reason: str, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(time=time.time, now=1000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(loop, "time", clock)
    organisation, issue = HONEST["Issue"]
    other = issue_of(sample_document("N-9"), identifier="b1")
    desk.pending = [issue, other]
    desk.not_now[issue["id"]] = (status, reason)
    said: list[str] = []
    with signer(desk, tmp_path, organisation) as working:
        working.say = said.append
        for _ in range(10 * 60):
            working.step()
            clock.now += 0.1
        offered = [body for body in desk.posted if b"signature" in body]
        # One minute: at 0, about 0.5, 1.5, 3.5, 7.5, 15, 31 and 60 s; and the other request.
        assert 5 <= len(offered) <= 12
        assert set(desk.signatures) == {"b1"}
        assert [words for words in said if words.startswith("not taken")] == [said[0]]
        assert reason in said[0]
        desk.not_now.clear()
        clock.now += 31
        assert working.step() == 1
    assert set(desk.signatures) == {"b1", issue["id"]}
