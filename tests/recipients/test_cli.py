"""The command line, against a running demo and a receiver of its own."""

import json
import secrets
from pathlib import Path

import pytest

from ledger_app.domain.samples import sample_document
from tests.recipients.receiver import Receiver
from tests.support.running_demo import RunningDemo, shared

BANK = "urn:origin:demo:carrier"


@pytest.fixture(scope="module")
def demo() -> RunningDemo:
    return shared()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_send_inbox_and_webhooks_from_the_command_line(
    demo: RunningDemo, receiver: Receiver, tmp_path: Path
) -> None:
    number = f"CLI-{secrets.token_hex(5)}"
    file = tmp_path / "document.json"
    file.write_text(json.dumps(sample_document(number)))
    assert demo.json("certificate", "issue", str(file), "--timeout", "200")["act"]["state"] == "final"

    added = demo.json("webhook", "add", receiver.url, "--label", "erp", "--as", "carrier")
    hook = ("--as", "carrier")
    assert demo.json("webhook", "test", added["id"], *hook)["state"] == "delivered"
    assert demo.json("certificate", "send", number, "--to", BANK)["recipient"]["organisation"]["name"]
    demo.json("certificate", "revoke", number, "--reason", "HOLDER_REQUEST", "--timeout", "200")
    receiver.until(lambda r: r.of_type("certificate.revoked"), "revoked", 120)
    assert receiver.of_type("certificate.revoked")[0].verified(added["secret"])["data"]["number"] == number

    told = demo.json("inbox", *hook)["notices"]
    about = [one["type"] for one in told if one["data"].get("number") == number]
    assert about == ["certificate.revoked", "certificate.sent"]
    rows = demo.json("certificate", "recipients", number)["recipients"]
    assert [row["organisation"]["name"] for row in rows] == ["Demo Ocean Carrier"]
    assert demo.json("webhook", "resend", added["id"], "--since", "2020-01-01", *hook)["resent"] >= 2
    assert {row["type"] for row in demo.json("webhook", "log", added["id"], *hook)["deliveries"]} >= {
        "webhook.test",
        "certificate.sent",
    }
    assert demo.json("webhook", "secret", added["id"], *hook)["secret"] != added["secret"]
    shown = demo.origin("webhook", "show", added["id"], *hook).stdout
    assert "erp" in shown
    assert "whsec" not in shown
    assert number in demo.origin("inbox", *hook).stdout

    receiver.answer = lambda _: (500, {})
    assert demo.json("webhook", "test", added["id"], *hook, code=1)["attempts"][0]["status"] == 500
    refused = demo.origin("webhook", "add", "http://10.0.0.1/", *hook)
    assert (refused.returncode, "WEBHOOK_URL" in refused.stderr) == (2, True)
    assert demo.origin("webhook", "remove", added["id"], *hook).returncode == 0
    assert demo.json("webhook", "list", *hook)["webhooks"] == []
