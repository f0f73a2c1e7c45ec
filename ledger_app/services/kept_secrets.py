"""Secrets that the service makes for somebody at first use, and keeps sealed."""

import secrets

from ledger_app.services.context import Services
from ledger_app.store import members


def kept_secret(ctx: Services, owner: str, purpose: str) -> bytes:
    """The 32-byte secret of `owner` (an organisation's id, or "installation") for `purpose`.

    It is made where there is none yet, in a write transaction of its own: not to be asked for first inside
    another one.
    """
    context = f"organisation-secrets/{owner}/{purpose}"
    with ctx.store.read() as conn:
        sealed = members.secret(conn, owner, purpose)
    if sealed is None:
        with ctx.store.begin() as conn:
            sealed = members.secret(conn, owner, purpose)  # somebody else may have been first
            if sealed is None:
                sealed = ctx.vault.seal(secrets.token_bytes(32), context)
                members.keep_secret(conn, owner, purpose, sealed)
    return ctx.vault.open(sealed, context)
