"""Claim ids: keyed hashes of import declarations, so that the ledger links nobody's declarations but one's
own.
"""

import hmac

from ledger_app.proof.hexes import to_hex
from ledger_app.services.context import Services
from ledger_app.services.kept_secrets import kept_secret

_PURPOSE = "claims"


def claim_id(ctx: Services, organisation: str, declaration: str) -> bytes:
    """32 bytes: `HMAC-SHA-256(the organisation's claim secret, declaration in UTF-8)`.

    The secret is made at first use and kept sealed; the organisation may read it (`claim_secret`) to compute
    the same ids elsewhere.
    """
    return hmac.digest(claim_secret(ctx, organisation), declaration.strip().encode(), "sha256")


def claim_hex(ctx: Services, organisation: str, declaration: str) -> str:
    """The same as 0x… text."""
    return to_hex(claim_id(ctx, organisation, declaration))


def claim_secret(ctx: Services, organisation: str) -> bytes:
    """The organisation's 32-byte claim secret."""
    return kept_secret(ctx, organisation, _PURPOSE)
