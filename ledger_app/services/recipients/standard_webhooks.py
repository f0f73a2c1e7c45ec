"""Signing as Standard Webhooks has it (standardwebhooks.com, specification 1.0): secrets and headers.

A secret is `whsec_` and 32 random bytes in base64. While one is being replaced, both sign.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

_PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret() -> str:
    """A fresh secret, `whsec_…`."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers(message: str, timestamp: int, body: bytes, using: Sequence[str]) -> dict[str, str]:
    """The three headers for one attempt: `message` is the same in every attempt, `timestamp` (Unix seconds)
    is the attempt's. One signature for each secret, in their order.
    """
    signed = f"{message}.{timestamp}.".encode() + body
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, signed) for secret in using),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
