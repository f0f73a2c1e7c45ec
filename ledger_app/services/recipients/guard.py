"""Which addresses a webhook may call: the guard against being used to reach what only this machine can.

A URL is read strictly when it is registered. The name in it is resolved at each delivery, once; every address
that comes out is checked, and the connection goes to exactly those (`posting`). So neither a name that
changes its mind nor an address in disguise leads inside.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from ledger_app.config import Settings
from ledger_app.errors import BadInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK: Final[tuple[Network, ...]] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_MOST_CHARACTERS: Final = 2000
_PLAIN = re.compile(r"[\x21-\x7e]+", re.ASCII)
_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_WHERE = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^][:]+)(:[0-9]{0,5})?", re.ASCII)
_LOOKS_NUMERIC = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")

# The IANA registries of special-purpose addresses (RFC 6890 and what was added since), and what else is known
# to answer inside only. Written out, because the standard library's `is_global` differs between its versions.
_CLOSED_4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by carriers; metadata of one cloud
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # the host agent of one cloud
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; metadata of one cloud
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_OPEN_6: Final = IPv6Network("2000::/3")
"""The only part of IPv6 that is handed out for the public internet."""
_CLOSED_6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed besides https to public addresses at port 443.

    networks: may be called though they are not public. ports: those allowed, empty = any. plain: http too.
    """

    networks: tuple[Network, ...] = ()
    ports: tuple[int, ...] = (443,)
    plain: bool = False

    def allows(self, address: Address) -> bool:
        """Whether the address may be called."""
        return self._is_listed(address) or is_public(address)

    def _is_listed(self, address: Address) -> bool:
        # An IPv4 address that is written as IPv6 is reached as IPv4: it is judged as such, in the list too.
        meant = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
        return any(network.version == meant.version and meant in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was read: `host` is a name in lower case or a canonical address (no brackets), `path`
    begins with `/` and includes the query."""

    scheme: str
    host: str
    port: int
    path: str


def read_url(url: str, rules: Rules) -> Target:
    """The URL of a webhook. Raises BadInput `WEBHOOK_URL` saying what is wrong with it.

    An address in it is checked at once; a name at each delivery.
    """
    if not _PLAIN.fullmatch(url) or "\\" in url or len(url) > _MOST_CHARACTERS:
        raise _bad(f"it has at most {_MOST_CHARACTERS} plain ASCII characters, without spaces")
    try:
        parts = urlsplit(url)
        host, given_port = (parts.hostname or "").lower().removesuffix("."), parts.port
    except ValueError:
        raise _bad("it cannot be read") from None
    if parts.scheme not in (("https", "http") if rules.plain else ("https",)):
        raise _bad("it begins with https://")
    if "@" in parts.netloc:
        raise _bad("it holds no user name or password")
    if not _WHERE.fullmatch(parts.netloc):
        raise _bad("its host is neither a name nor an address")
    if parts.fragment or url.endswith("#"):
        raise _bad("it has no part after #")
    port = given_port if given_port is not None else {"https": 443, "http": 80}[parts.scheme]
    if port == 0 or (rules.ports and port not in rules.ports):
        raise _bad(f"port {port} is not one that this service calls")
    _check_host(host, rules)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path)


def check(addresses: Sequence[str], rules: Rules) -> list[str]:
    """The addresses that a name resolved to, if every one of them may be called; else an empty list: a name
    that leads inside as well as outside leads nowhere.
    """
    try:
        read = [ip_address(text) for text in addresses]
    except ValueError:
        return []
    return [str(one) for one in read] if all(rules.allows(one) for one in read) else []


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, as far as registries tell."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    if address.scope_id is not None:
        return False
    if address in _NAT64:  # how a network without IPv4 reaches it: as good as the address inside
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


def is_address(host: str) -> bool:
    """Whether a host is an address already."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def rules_of(settings: Settings) -> Rules:
    """What the settings allow. A demo calls this machine as well, without TLS and at any port."""
    networks = settings.webhook_networks
    if networks is None:
        networks = LOOPBACK if settings.demo else ()
    ports = () if settings.demo else settings.webhook_ports
    return Rules(networks, ports, plain=settings.webhook_http or settings.demo)


def _check_host(host: str, rules: Rules) -> None:
    try:
        address = ip_address(host)
    except ValueError:
        if _LOOKS_NUMERIC.fullmatch(host) or ":" in host:
            raise _bad("an address is written as four decimal numbers, or as IPv6") from None
        if not _NAME.fullmatch(host):
            raise _bad("its host is neither a name nor an address") from None
        return
    if str(address) != host and isinstance(address, IPv4Address):
        raise _bad("an address is written as four decimal numbers, or as IPv6")
    if not rules.allows(address):
        raise _bad("its address is not one of the public internet")


def _bad(why: str) -> BadInput:
    return BadInput("WEBHOOK_URL", f"This cannot be the address of a webhook: {why}.")
