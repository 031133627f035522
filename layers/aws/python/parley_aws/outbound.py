"""Requests to addresses that outsiders gave us: to public addresses only, never redirected.

A host is resolved once, its addresses are checked, and the connection goes to the address that was
checked: a name that changes its mind in between (DNS rebinding) is not asked again. No proxy of the
environment is used.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FuturesTimeoutError
from functools import cache

from parley.errors import InvalidInputError
from parley.webhook import Destination, check_outside
from parley_aws.ports import DeliveryError, Resolver, UnresolvedError

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 8.0
RESOLVE_SECONDS = 3.0


class SystemResolver:
    """The machine's own resolver, which has to answer within seconds."""

    def addresses(self, host: str, port: int) -> list[str]:
        """The IP addresses of a host, at least one. Raises UnresolvedError."""
        asked = _resolving().submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = asked.result(RESOLVE_SECONDS)
        except (OSError, UnicodeError, FuturesTimeoutError) as error:
            raise UnresolvedError("the host is not known") from error
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


class HttpsCourier:
    """Posts over TLS, checked against the certificates that the machine trusts."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        context: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._resolver = resolver
        self._context = context or ssl.create_default_context()
        self._total_seconds = total_seconds

    def deliver(self, destination: Destination, headers: Mapping[str, str], body: bytes) -> int:
        """POST to an address that was checked, within seconds; the status that was answered.

        Raises DeliveryError where no answer came.
        """
        address = self._address(destination)
        connection = _Connection(destination, address, self._context, self._total_seconds)
        try:
            with _ended_after(self._total_seconds, connection):
                connection.request("POST", destination.target, body=body, headers=dict(headers))
                status = connection.getresponse().status
                if connection.ended:
                    raise TimeoutError
                return status
        except ssl.SSLCertVerificationError as error:
            raise DeliveryError("its certificate is not trusted") from error
        except TimeoutError as error:
            raise DeliveryError("did not answer in time") from error
        except ConnectionRefusedError as error:
            raise DeliveryError("refused the connection") from error
        except (OSError, http.client.HTTPException) as error:
            why = "did not answer in time" if connection.ended else "broke the connection"
            raise DeliveryError(why) from error
        finally:
            connection.close()

    def _address(self, destination: Destination) -> str:
        try:
            addresses = self._resolver.addresses(destination.host, destination.port)
            if destination.secure:
                check_outside(addresses)
        except UnresolvedError as error:
            raise DeliveryError("its host is not known") from error
        except InvalidInputError as error:
            raise DeliveryError("its host leads to an address inside") from error
        return addresses[0]


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, for the host that was asked for."""

    def __init__(
        self,
        destination: Destination,
        address: str,
        context: ssl.SSLContext,
        total_seconds: float,
    ) -> None:
        default_port = 443 if destination.secure else 80
        super().__init__(destination.host, destination.port, timeout=CONNECT_SECONDS)
        self.default_port = default_port  # what the Host header may leave out
        self.ended = False
        self._address = address
        self._total_seconds = total_seconds
        self._tls = context if destination.secure else None

    def connect(self) -> None:
        """Connect to the address, and speak TLS with the host; the answer may take longer."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)
        self.sock.settimeout(self._total_seconds)
        if self.ended:
            raise TimeoutError

    def end(self) -> None:
        """Break off whatever goes on; a receiver that answers by drips would keep us for ever."""
        self.ended = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _ended_after(seconds: float, connection: _Connection) -> Iterator[None]:
    timer = threading.Timer(seconds, connection.end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@cache
def _resolving() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=10, thread_name_prefix="resolve")
