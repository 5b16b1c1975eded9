"""The bounded HTTP exchange: one request to a public address, within one deadline, without a trace of its secrets."""

import logging
import ssl
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

from requests import Response
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from requests_hardened import Config, HTTPSession  # type: ignore[import-untyped]  # the library has no types
from requests_hardened.ip_filter import InvalidIPAddress  # type: ignore[import-untyped]  # as above
from urllib3.exceptions import HTTPError

from notifications.errors import Permanent, Transient, Unconfirmed
from notifications.http_attempt import HttpAttempt
from notifications.https_address import HttpsAddress
from notifications.integrations.integration import HttpRequest, HttpResponse
from notifications.local_adapter import LocalAdapter
from notifications.local_receiver import LocalReceiver
from notifications.pinned_adapter import ClosingSocket, PinnedAdapter
from processor.errors import Failure

MAX_ANSWER_BYTES: Final = 64 * 1024  # of a POST
MAX_READ_BYTES: Final = 1024 * 1024  # of a GET
DEFAULT_SECONDS: Final = 10.0

_HEADERS: Final = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "alma-webhooks"}

# These loggers write the path of a URL, which can be a secret, at DEBUG and with their warnings about broken headers.
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(lambda _: False)


class BoundedHttpClient:
    """Posts and reads within `seconds` from the look-up of the host to the last byte that is read of the answer.

    The address must be public, on port 443 or one of `ports`. Redirects are not followed, and proxies, `.netrc` and
    authorities of the environment are ignored. Each request has its own connection, because one that a frozen function
    kept open fails in the middle of a request. `authorities` is a file of certificates instead of the public ones.
    Loopback addresses are for tests and the emulator. With a `receiver` every request goes there, and to nothing else.

    What can outlast the deadline is the thread of a look-up (see `PinnedAdapter`), which nobody waits for.
    """

    def __init__(
        self,
        *,
        seconds: float = DEFAULT_SECONDS,
        ports: Collection[int] = (),
        authorities: str | None = None,
        is_loopback_allowed: bool = False,
        receiver: LocalReceiver | None = None,
    ) -> None:
        self._seconds = seconds
        self._receiver = receiver
        self._ports = {*ports, receiver.port} if receiver else ports
        self._context = (
            ssl.create_default_context(cadata=receiver.authority)
            if receiver
            else ssl.create_default_context(cafile=authorities or DEFAULT_CA_BUNDLE_PATH)
        )
        self._context.sslsocket_class = ClosingSocket
        self._is_loopback_allowed = is_loopback_allowed

    def post(self, request: HttpRequest) -> HttpResponse:
        """Return the answer with any status. What is missing of its body was too long, too late or lost.

        Raise Permanent if the address is not allowed or its certificate is bad, Transient if nothing of the request
        was written, and Unconfirmed if something was written and no status came back. Reasons name the host only.
        """
        return self._answer("POST", request, MAX_ANSWER_BYTES)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the answer to a GET as `post` does, with a longer body."""
        return self._answer("GET", request, MAX_READ_BYTES)

    def _answer(self, method: str, request: HttpRequest, most_bytes: int) -> HttpResponse:
        address = self._allowed(request.url)
        with HttpAttempt(self._seconds, address.target) as attempt:
            try:
                return self._exchange(method, request, attempt, most_bytes)
            except Exception as error:  # noqa: BLE001 - the text of any exception can quote the URL
                failure = self._failure(error, address.host, attempt)
        raise failure  # outside of the handler, so that it does not refer to the exception either

    def _allowed(self, url: str) -> HttpsAddress:
        try:
            address = HttpsAddress.parse(url)
        except ValueError as error:
            raise Permanent("no-target", f"The address {error}.") from None
        if address.port != 443 and address.port not in self._ports:
            raise Permanent("no-target", f"{address.host}: port {address.port} is not allowed.")
        return address

    def _exchange(self, method: str, request: HttpRequest, attempt: HttpAttempt, most_bytes: int) -> HttpResponse:
        with _Session(self._adapter(attempt), timeout=self._seconds) as session:
            headers = {**_HEADERS, **request.headers}
            with session.request(method, request.url, data=request.body, headers=headers, stream=True) as response:
                if attempt.is_cut:  # the end of a cut connection looks like the end of the headers
                    raise TimeoutError
                names = {name.lower(): value for name, value in response.headers.items()}
                return HttpResponse(response.status_code, names, _start_of_body(response, most_bytes))

    def _adapter(self, attempt: HttpAttempt) -> PinnedAdapter:
        if self._receiver:
            return LocalAdapter(attempt, self._context, port=self._receiver.port)
        return PinnedAdapter(attempt, self._context, is_loopback_allowed=self._is_loopback_allowed)

    def _failure(self, error: Exception, host: str, attempt: HttpAttempt) -> Failure:
        if isinstance(error, InvalidIPAddress):
            return Permanent("no-target", f"{host} does not have a public IP address.")
        if attempt.is_certificate_bad:
            return Permanent("refused", f"{host}: the certificate cannot be verified.")
        what = f"not within {self._seconds:g} seconds" if attempt.is_over else type(error).__name__
        if attempt.is_written:
            return Unconfirmed(f"{host}: the request was sent, but no answer was received ({what}).")
        if isinstance(error, ValueError):  # a header or host name that cannot be sent
            return Permanent("refused", f"{host}: the request cannot be sent ({what}).")
        return Transient("transient", f"{host}: the connection failed ({what}).")


class _Session(HTTPSession):  # type: ignore[misc]  # as above
    """Has only the given adapter. A redirect is an answer like any other."""

    def __init__(self, adapter: PinnedAdapter, *, timeout: float) -> None:
        super().__init__(
            Config(
                ip_filter_enable=True,
                ip_filter_allow_loopback_ips=False,
                never_redirect=True,
                default_timeout=(timeout, timeout),
            )
        )
        self.trust_env = False
        self.headers.clear()
        self.adapters.clear()
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: Response) -> None:
        """Return None: requests reads and decompresses the whole body of a redirect, even if it does not follow it."""


def _start_of_body(response: Response, most_bytes: int) -> bytes:
    """Return at most these bytes, as they were sent. The status is an answer already, so an error ends it."""
    body = bytearray()
    raw: Any = response.raw
    with suppress(HTTPError, OSError):
        while len(body) < most_bytes and (piece := raw.read1(most_bytes - len(body), decode_content=False)):
            body += piece
    return bytes(body)
