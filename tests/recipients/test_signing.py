"""What we sign, the stock library of Standard Webhooks accepts; and nothing else."""

import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from ledger_app.services.recipients.standard_webhooks import headers, new_secret

BODY = '{"type":"certificate.revoked","data":{"words":"prüf"}}'.encode()


def test_the_stock_library_accepts_it() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, headers("msg_1", int(time.time()), BODY, [secret]))["data"]


def test_it_is_what_the_stock_library_itself_would_sign() -> None:
    from datetime import UTC, datetime

    secret, moment = new_secret(), 1_700_000_000
    ours = headers("msg_1", moment, BODY, [secret])["webhook-signature"]
    assert ours == Webhook(secret).sign("msg_1", datetime.fromtimestamp(moment, UTC), BODY.decode())


def test_while_a_secret_is_replaced_either_one_accepts_it() -> None:
    old, new = new_secret(), new_secret()
    sent = headers("msg_1", int(time.time()), BODY, [new, old])
    assert sent["webhook-signature"].count("v1,") == 2
    for secret in (old, new):
        Webhook(secret).verify(BODY, sent)


@pytest.mark.parametrize("change", ["body", "id", "timestamp", "secret"])
def test_anything_that_was_changed_is_refused(change: str) -> None:
    secret, now = new_secret(), int(time.time())
    sent, body = headers("msg_1", now, BODY, [secret]), BODY
    if change == "body":
        body += b" "
    elif change == "id":
        sent["webhook-id"] = "msg_2"
    elif change == "timestamp":
        sent["webhook-timestamp"] = str(now - 1)
    else:
        secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, sent)


def test_a_secret_has_the_form_and_the_strength_of_the_specification() -> None:
    import base64

    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    for secret in made:
        assert secret.startswith("whsec_")
        assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
