"""Who may read the metrics. They hold no personal data, but they tell how busy an organisation is."""

import hmac
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from ledger_app.config import Settings
from ledger_app.errors import NotAuthenticated, NotPermitted

_PROXIED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def refuse_strangers(settings: Settings, client: str, headers: Mapping[str, str]) -> None:
    """Let a scrape pass or raise.

    With ORIGIN_METRICS_TOKEN set: who sends it as a bearer token, from anywhere; NotAuthenticated
    `METRICS_TOKEN` else. Without: this machine only, and not by way of a proxy or under another host's name
    (a page in a browser here may reach us so); NotPermitted `METRICS_LOCAL` else.
    """
    wanted = settings.metrics_token
    if wanted is not None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), wanted.get_secret_value().encode())
        if scheme.lower() != "bearer" or not right:
            raise NotAuthenticated("METRICS_TOKEN")
        return
    named = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    if not (_is_here(client) and _is_here(named)) or any(name in headers for name in _PROXIED):
        raise NotPermitted("METRICS_LOCAL")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
