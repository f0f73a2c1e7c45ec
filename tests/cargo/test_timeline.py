"""The fragment for a certificate's page."""

from ledger_app.access.principals import ANONYMOUS
from ledger_app.services import tracking
from ledger_app.web.timeline import fragment, timeline
from tests.cargo.conftest import TRADER, Yard, event


def test_the_timeline_says_what_happened_who_says_so_and_how_it_is_proven(yard: Yard) -> None:
    stream = yard.new_stream()
    report = yard.capture(
        event(400, bizStep="void_shipping", disposition="in_transit"), stream=stream, consignment="UCR-WEB"
    )
    yard.sign(report["anchor"]["id"])
    yard.capture(event(401), stream=stream, consignment="UCR-WEB")
    shown = fragment(tracking.history(yard.ctx, TRADER, "UCR-WEB"))
    assert "Void shipping" in shown
    assert "Reported by Test Carrier" in shown
    assert 'data-proof="anchored"' in shown
    assert "On the ledger since" in shown
    assert "not on the ledger yet" in shown


def test_what_reporters_write_is_text_and_never_markup(yard: Yard) -> None:
    nasty = "https://example.com/<script>alert(1)</script>"
    yard.capture(
        event(402, bizStep="urn:x:'onmouseover='alert(1)"), stream=yard.new_stream(), consignment="UCR-XSS"
    )
    assert yard.capture(event(403, bizStep=nasty), stream=yard.new_stream())["refused"]
    shown = fragment(tracking.history(yard.ctx, TRADER, "UCR-XSS"))
    assert "'onmouseover" not in shown
    assert "<script>" not in shown


def test_strangers_see_no_events(yard: Yard) -> None:
    shown = timeline(yard.ctx, ANONYMOUS, "none", "none", entitled=True)
    assert "sign in" in shown
    assert "<li" not in shown
    assert "No event has been reported" in timeline(yard.ctx, TRADER, "none", "none", entitled=True)
