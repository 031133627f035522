"""Facts for outsiders: who subscribed to which, where they may be sent, how they are signed.

An address is refused unless it is plainly outside: we would otherwise lend outsiders our place in
the network (OWASP, Server-Side Request Forgery Prevention).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from parley.errors import InvalidInputError
from parley.facts import FactName

PORTS = frozenset({443, 8443})
MAX_URL = 2000
MAX_SUBSCRIPTIONS = 20
SIGNATURE_HEADER = "Parley-Signature"

RESOURCE = "webhook-subscription/"
"""A fact's event names, under `resources`, the subscriptions that want it: the bus passes on to the
deliveries queue what anybody wants, and nothing else."""

RETRY_AFTER = tuple(
    timedelta(seconds=seconds)
    for seconds in (10, 30, 60, 300, 900, 1800, 3600, 7200, 14400, 21600, 28800)
)
"""How long to wait after each failed attempt, about 22 hours in all; then the fact is put aside."""

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_URL = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without blanks and backslashes, which parsers disagree about."""

_INSIDE = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa")

_REFUSED_NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ),
    )
)
"""Special purposes (RFC 6890) that some versions of Python count as public; of IPv6, those that
wrap an IPv4 address."""

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class DeliveryStatus(StrEnum):
    """How an attempt to deliver a fact ended."""

    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSubscription:
    """An outsider who is told certain facts, each by a signed POST."""

    id: str
    url: str
    facts: tuple[FactName, ...]
    secret: str = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver a fact; `error` says in a few words why it failed."""

    fact_id: str
    fact: str
    attempt: int
    status: DeliveryStatus
    http_status: int | None
    error: str | None
    at: datetime
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a URL leads. One that is not `secure` is the receiver on this machine that the
    settings admit: plain HTTP, and its address is not held to be outside."""

    host: str
    port: int
    target: str
    secure: bool


def destination_of(url: str, *, local_receiver: str | None = None) -> Destination:
    """Where a URL leads, or InvalidInputError with what is wrong with it.

    `local_receiver` (`127.0.0.1:8099`) is the one address inside that is admitted, by http.
    """
    if len(url) > MAX_URL or not _URL.fullmatch(url):
        raise _refused(f"must have at most {MAX_URL} characters, none of them a blank or backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        raise _refused("is no URL") from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if local_receiver is not None and (parts.scheme, parts.netloc) == ("http", local_receiver):
        return Destination(host=host, port=port or 80, target=target, secure=False)
    if parts.scheme != "https":
        raise _refused("must begin with https://")
    if "@" in parts.netloc:
        raise _refused("must not hold a user or password; the signature proves who calls")
    if parts.fragment:
        raise _refused("must not have a fragment (#…)")
    if port is None and not parts.netloc.endswith(":"):
        port = 443
    if port not in PORTS:
        raise _refused("must be at port 443 or 8443")
    _check_host(host, is_bracketed="[" in parts.netloc)
    return Destination(host=host, port=port, target=target, secure=True)


def is_outside(address: str) -> bool:
    """Whether an IP address is one of the public internet; False for what is no address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.version == 6 and (ip.scope_id is not None or ip not in _GLOBAL_UNICAST):
        return False
    is_special = (
        ip.is_private
        or ip.is_loopback
        or ip.is_link_local
        or ip.is_multicast
        or ip.is_reserved
        or ip.is_unspecified
    )
    return ip.is_global and not is_special and not any(ip in net for net in _REFUSED_NETWORKS)


def check_outside(addresses: Sequence[str]) -> None:
    """Refuse, with InvalidInputError, a host of which any address is not plainly outside."""
    if not all(is_outside(address) for address in addresses):
        raise _refused("leads to an address that is not on the public internet")


def sign(secret: str, body: bytes, *, at: datetime) -> str:
    """The signature of a delivery: `t=<epoch seconds>,v1=<hex>`.

    The hex digits are HMAC-SHA256, by the subscription's secret, of the time, a dot and the body.
    """
    moment = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def retry_after(attempt: int) -> timedelta:
    """How long to wait after an attempt (from 1) that failed."""
    return RETRY_AFTER[min(attempt, len(RETRY_AFTER)) - 1]


def _check_host(host: str, *, is_bracketed: bool) -> None:
    if is_bracketed or _NUMBER.fullmatch(host.rpartition(".")[2]):
        # What ends in a number is an address, however it is written: 127.1, 0x7f.1, 2130706433.
        if not is_outside(host):
            raise _refused("leads to an address that is not on the public internet")
    elif not _HOST.fullmatch(host) or len(host) > 253:
        raise _refused("must name a host of the public internet, such as hooks.example.com")
    elif any(host.endswith(f".{suffix}") for suffix in _INSIDE):
        raise _refused("names a host that is not on the public internet")


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError.of("url", message)
