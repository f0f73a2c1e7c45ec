"""What may be the address of a webhook, and which addresses a name may lead to."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_app.config import load_settings
from ledger_app.errors import BadInput
from ledger_app.services.recipients.guard import LOOPBACK, Rules, check, is_public, read_url, rules_of

STRICT = Rules()


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/"),
        ("https://Hooks.Example.com:443/a/b?c=d&e", "hooks.example.com", 443, "/a/b?c=d&e"),
        ("https://hooks.example.com./a", "hooks.example.com", 443, "/a"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://1.1.1.1/a", "1.1.1.1", 443, "/a"),
        ("https://[2606:4700::1111]/a", "2606:4700::1111", 443, "/a"),
        ("https://example.com?token=x", "example.com", 443, "/?token=x"),
    ],
)
def test_an_address_on_the_public_internet_is_read(url: str, host: str, port: int, path: str) -> None:
    target = read_url(url, STRICT)
    assert (target.scheme, target.host, target.port, target.path) == ("https", host, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "//hooks.example.com/",
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "https://",
        "https:///a",
        "https://user@hooks.example.com/",
        "https://user:word@hooks.example.com/",
        "https://@hooks.example.com/",
        "https://hooks.example.com@10.0.0.1/",
        "https://hooks.example.com/#a",
        "https://hooks.example.com/#",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com:4x3/",
        "https://hooks.example.com\\@10.0.0.1/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nX: y",
        "https://hooks.example.com/\t",
        "https://hooks.exämple.com/",
        "https://①⑦②.16.0.1/",
        "https://hooks..example.com/",
        "https://-hooks.example.com/",
        "https://hooks.example.com" + "/" + "a" * 2000,
        "https://" + "a" * 64 + ".example.com/",
        "https://exa%6dple.com/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.x]/",
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_url(url, STRICT)
    assert refused.value.reason == "WEBHOOK_URL"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
        *("168.63.129.16", "192.0.0.192", "100.100.100.200", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
        # the same in disguise, as resolvers and C libraries read them
        *("2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "0", "017700000001"),
        *("127.0.0.01", "127.000.000.001", "0x7f.0.0.1", "10.0.0.0x1", "1.1.1.1.", "999.1.1.1", "1.1.1"),
        *("foo.0x7f", "foo.1", "a.127"),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:1.1.1.1]", "[::127.0.0.1]"),
        *("[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]"),
        *("[2002:7f00:1::]", "[2002:808:808::]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[fe80::1]"),
        *("[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]"),
        *("[fec0::1]", "[2001:10::1]", "[::5efe:127.0.0.1]"),
    ],
)
def test_an_address_that_is_not_public_or_disguised_is_refused(host: str) -> None:
    if host == "1.1.1.1.":
        assert read_url("https://1.1.1.1./", STRICT).host == "1.1.1.1"
        return
    with pytest.raises(BadInput) as refused:
        read_url(f"https://{host}/", STRICT)
    assert refused.value.reason == "WEBHOOK_URL"


@pytest.mark.parametrize(
    ("addresses", "good"),
    [
        (["1.1.1.1"], True),
        (["1.1.1.1", "2606:4700::1111"], True),
        (["64:ff9b::101:101"], True),  # 1.1.1.1 for a network without IPv4
        ([], False),
        (["127.0.0.1"], False),
        (["1.1.1.1", "127.0.0.1"], False),
        (["2606:4700::1111", "::1"], False),
        (["1.1.1.1", "fe80::1%eth0"], False),
        (["2606:4700::1111%eth0"], False),
        (["not-an-address"], False),
        (["::ffff:169.254.169.254"], False),
    ],
)
def test_a_name_is_called_only_if_all_its_addresses_are_public(addresses: list[str], good: bool) -> None:
    assert check(addresses, STRICT) == (addresses if good else [])


@given(st.integers(0, 2**32 - 1))
def test_no_ipv4_address_passes_that_the_standard_library_calls_special(number: int) -> None:
    address = IPv4Address(number)
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert not is_public(address)
    mapped = ip_address(f"::ffff:{address}")
    assert not is_public(mapped)
    embedded = IPv6Address(int(IPv6Address("64:ff9b::")) + number)
    assert is_public(embedded) == is_public(address)


@given(st.integers(0, 2**128 - 1))
def test_no_ipv6_address_passes_that_the_standard_library_calls_special(number: int) -> None:
    address = IPv6Address(number)
    special = address.is_private or address.is_multicast or address.is_reserved or address.is_site_local
    if special and address not in IPv6Network("64:ff9b::/96"):
        assert not is_public(address)
    if address.teredo is not None or address.sixtofour is not None or address.ipv4_mapped is not None:
        assert not is_public(address)


@pytest.mark.parametrize("text", ["2002:a00:1::", "2001:0:1::", "::ffff:8.8.8.8", "::8.8.8.8", "fdff::1"])
def test_ipv6_that_carries_something_else_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


def test_a_listed_network_may_be_called_and_nothing_beside_it() -> None:
    rules = Rules(networks=(ip_network("10.20.0.0/16"), ip_network("fd00:1::/32")))
    assert read_url("https://10.20.3.4/", rules).host == "10.20.3.4"
    assert check(["10.20.3.4", "fd00:1::1", "1.1.1.1"], rules)
    assert check(["::ffff:10.20.3.4"], rules)
    for other in ("10.21.0.1", "fd00:2::1", "::ffff:10.21.0.1", "127.0.0.1"):
        assert not check([other], rules)


def test_only_a_demo_calls_this_machine_and_without_tls_unless_it_is_told_otherwise() -> None:
    production = {"master_key": "00112233445566778899aabbccddeeff" * 2, "sender_key": "0123456789abcdef" * 4}
    strict = rules_of(load_settings(**production))
    assert (strict.networks, strict.ports, strict.plain) == ((), (443,), False)
    told = load_settings(
        **production, webhook_networks="10.0.0.0/8,fd00::/8", webhook_ports="443,8443", webhook_http=True
    )
    assert rules_of(told) == Rules((ip_network("10.0.0.0/8"), ip_network("fd00::/8")), (443, 8443), True)
    assert rules_of(load_settings(demo=True)) == Rules(LOOPBACK, (), True)
    assert rules_of(load_settings(demo=True, webhook_networks="10.0.0.0/8")).networks == (
        ip_network("10.0.0.0/8"),
    )
