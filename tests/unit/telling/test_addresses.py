"""Where facts may be delivered to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import InvalidInputError
from parley.webhook import PORTS, Destination, check_outside, destination_of, is_outside

INSIDE = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255"),  # noqa: S104 - refused, not bound
    *("192.168.0.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "192.0.0.8"),
    *("192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "fe80::1", "fe80::1%eth0"),
    *("fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1"),
    *("", "localhost", "127.1", "2130706433", "0x7f000001", "017700000001", "1.2.3.4.5"),
]
OUTSIDE = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111"]

REFUSED = {
    "not https": [
        "http://a.example.com/",
        "ftp://a.example.com",
        "//a.example.com",
        "a.example.com",
    ],
    "a port inside": [f"https://a.example.com:{p}/" for p in (0, 22, 80, 444, 6379, 65536)]
    + ["https://a.example.com:/", "https://a.example.com:443:443/", "https://a.example.com:x/"],
    "a user": [
        "https://user@a.example.com/",
        "https://u:p@a.example.com/",
        "https://a.example.com@127.0.0.1/",
        "https://@a.example.com/",
    ],
    "an address inside": [
        *("https://127.0.0.1/", "https://127.0.0.1:8443/", "https://169.254.169.254/latest/"),
        *("https://[::1]/", "https://[::ffff:169.254.169.254]/", "https://[fd00:ec2::254]/"),
        *("https://[fe80::1%25eth0]/", "https://[::]/", "https://[64:ff9b::a00:1]/"),
    ],
    "an address in disguise": [
        *("https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://127.1/"),
        *("https://0177.0.0.1/", "https://127.0.0.0x1/", "https://10.0.0.010/", "https://1.2/"),
        *("https://8.8.8.8.8/", "https://0/", "https://0x/", "https://127.0.0.1./"),
        *("https://127%2e0%2e0%2e1/", "https://１２７.0.0.1/", "https://127。0。0。1/"),
    ],
    "a name inside": [
        *(
            "https://localhost/",
            "https://LOCALHOST/",
            "https://a.localhost/",
            "https://db.internal/",
        ),
        *("https://metadata.google.internal/", "https://printer.local/", "https://intranet/"),
        *("https://router.lan/", "https://a.home.arpa/", "https://host.localdomain/"),
    ],
    "no name": [
        *("https:///x", "https://", "https://-a.example.com", "https://a..example.com"),
        *("https://a_b.example.com", "https://a.example.com.", f"https://{'a' * 64}.example.com"),
        *("https://[a.example.com]/", "https://[::1/", "https://a.example.com%00.evil.com/"),
    ],
    "what parsers disagree about": [
        "https://a.example.com\\@127.0.0.1/",
        "https://a.example.com/ x",
        "https://a.example.com/\r\nHost: b",
        "https://a.example.com\t/",
        "https://a.example.com/#@127.0.0.1",
        "https://a.example.com/é",
        " https://a.example.com/",
        "https://a.example.com/" + "x" * 2000,
        "",
    ],
}


@pytest.mark.parametrize("address", INSIDE)
def test_inside(address: str) -> None:
    assert not is_outside(address)
    with pytest.raises(InvalidInputError):
        check_outside(["8.8.8.8", address])


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside(address: str) -> None:
    assert is_outside(address)
    check_outside([address])


@pytest.mark.parametrize(
    ("why", "url"), [(why, url) for why, urls in REFUSED.items() for url in urls]
)
def test_refused(why: str, url: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        destination_of(url, local_receiver="127.0.0.1:8099")
    assert [problem.field for problem in caught.value.problems] == ["url"], why


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/"),
        ("https://Hooks.Example.COM:443/a%20b?c=d&e", "hooks.example.com", 443, "/a%20b?c=d&e"),
        ("https://hooks.example.com:8443/x", "hooks.example.com", 8443, "/x"),
        ("HTTPS://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://8.8.8.8/x", "8.8.8.8", 443, "/x"),
        ("https://[2606:4700:4700::1111]/x", "2606:4700:4700::1111", 443, "/x"),
    ],
)
def test_admitted(url: str, host: str, port: int, target: str) -> None:
    assert destination_of(url) == Destination(host=host, port=port, target=target, secure=True)


def test_one_receiver_on_this_machine_is_admitted_where_the_settings_say_so() -> None:
    admitted = destination_of("http://127.0.0.1:8099/x?y", local_receiver="127.0.0.1:8099")
    assert admitted == Destination(host="127.0.0.1", port=8099, target="/x?y", secure=False)
    for url in (
        "http://127.0.0.1:8098/x",
        "http://127.0.0.1/x",
        "https://127.0.0.1:8099/x",
        "http://u@127.0.0.1:8099/x",
        "http://127.0.0.1:8099@a.example.com/x",
        "http://127.0.0.1:8099.a.example.com/x",
    ):
        with pytest.raises(InvalidInputError):
            destination_of(url, local_receiver="127.0.0.1:8099")
    with pytest.raises(InvalidInputError):
        destination_of("http://127.0.0.1:8099/x")


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"https://{text}"))
def test_any_text_is_refused_or_leads_outside(url: str) -> None:
    try:
        found = destination_of(url)
    except InvalidInputError:
        return
    assert found.secure
    assert found.port in PORTS
    assert found.host.isascii()


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_no_address_that_is_not_global_is_outside(address: object) -> None:
    if is_outside(str(address)):
        assert getattr(address, "is_global", False)
        assert not getattr(address, "is_multicast", True)
