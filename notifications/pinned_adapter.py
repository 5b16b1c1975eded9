"""The transport of requests for one attempt: a bounded look-up of the host, a checked address, a watched connection."""

import http.client
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from requests.exceptions import ConnectTimeout
from requests.models import PreparedRequest, Response
from requests_hardened.ip_filter import InvalidIPAddress  # type: ignore[import-untyped]  # the library has no types
from requests_hardened.ip_filter_adapter import IPFilterAdapter  # type: ignore[import-untyped]  # as above
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.util.ssl_match_hostname import CertificateError

from notifications.http_attempt import HttpAttempt
from notifications.public_addresses import is_public

Result = TypeVar("Result")

_SHORTEST_SECONDS = 0.001  # 0 would mean a connection without waiting


class PinnedAdapter(IPFilterAdapter):  # type: ignore[misc]  # as above
    """Resolves a host once, checks the address, and connects to exactly that address.

    The library checks the address, and so does this class. The look-up has no timeout of its own (getaddrinfo), so it
    runs in a thread that is left behind at the deadline: it ends when the resolver of the system gives up.
    """

    def __init__(self, attempt: HttpAttempt, context: ssl.SSLContext, *, is_loopback_allowed: bool) -> None:
        self._attempt = attempt
        self._context = context
        self._is_loopback_allowed = is_loopback_allowed
        super().__init__(is_https_proto=True, allow_loopback=is_loopback_allowed)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: FBT001, FBT002 - the signature of requests
        """Create connections that the attempt watches."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._context, **more)
        self.poolmanager.pool_classes_by_scheme = {"https": self._pool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002 - the signature of requests
        """Require a certificate. The context has the authorities already; reading them again takes long."""
        conn.cert_reqs = "CERT_REQUIRED"

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Return the key with the address in place of the host. Raise InvalidIPAddress, ConnectTimeout."""
        look_up = super().build_connection_pool_key_attributes
        host, pool = _in_time(lambda: look_up(request, verify, cert), self._attempt)
        if not is_public(host["host"].strip("[]"), is_loopback_allowed=self._is_loopback_allowed):
            raise InvalidIPAddress
        return host, pool

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Return the response. Its cookies are dropped, because requests parses them, in quadratic time."""
        if original := getattr(resp, "_original_response", None):
            del original.msg["Set-Cookie"], original.msg["Set-Cookie2"]
        response: Response = super().build_response(req, resp)
        return response

    def _pool(self, host: str, port: int, **context: Any) -> HTTPSConnectionPool:
        attempt = self._attempt

        class AttemptConnection(WatchedConnection):
            """Belongs to the attempt of this adapter."""

            watching = attempt

        pool = HTTPSConnectionPool(host, port, **context)
        pool.ConnectionCls = AttemptConnection
        return pool


class ClosingSocket(ssl.SSLSocket):
    """Closes itself: if the peer has gone before the handshake, Python 3.11 leaves the socket of TLS behind, open."""

    def __del__(self) -> None:
        self.close()


class FinalAnswer(http.client.HTTPResponse):
    """Skips every interim answer (RFC 9110, 15.2): Python skips 100 only. Nothing in HTTP follows a 101."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]  # private, but `begin` has no other seam
        is_interim = status // 100 == 1 and status != http.client.SWITCHING_PROTOCOLS
        return version, http.client.CONTINUE if is_interim else status, reason


class WatchedConnection(HTTPSConnection):
    """Reports to the attempt how far it has come, and sends the target of the attempt."""

    watching: HttpAttempt
    response_class = FinalAnswer

    def _new_conn(self) -> Any:
        self.timeout = max(self.watching.remaining(), _SHORTEST_SECONDS)  # the look-up has used some of it
        connection = super()._new_conn()
        self.watching.watch(connection, self.close)
        return connection

    def connect(self) -> None:
        """Connect, and note a certificate that cannot be verified."""
        try:
            super().connect()
        except (ssl.SSLCertVerificationError, CertificateError):
            self.watching.is_certificate_bad = True
            raise

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the signature of urllib3
        """Send the target of the attempt: requests and urllib3 rewrite percent-encodings, and a URL can be signed."""
        super().putrequest(method, self.watching.target, skip_host, skip_accept_encoding)

    def send(self, data: Any) -> None:
        """Write, and note before it that something was written, because a failed write can have sent a part."""
        if self.sock is None:
            self.connect()
        self.watching.is_written = True
        super().send(data)


def _in_time(call: Callable[[], Result], attempt: HttpAttempt) -> Result:
    """Return what the call returns. Raise what it raises, or ConnectTimeout at the deadline."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return future.result(timeout=attempt.remaining())
    except TimeoutError:
        raise ConnectTimeout from None
