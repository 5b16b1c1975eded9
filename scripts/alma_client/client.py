"""Send a listener what Alma sends: signed bodies and challenges. Follows no redirects, uses no proxy, tries once.

"Webhooks", Ex Libris Developer Network: Alma calls the listener URL with ?challenge= and expects it back.
"""

import http.client
import secrets
import time
from contextlib import closing
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

from ingest.signature import sign
from notifications.json_body import json_members
from scripts.aws.endpoints import nothing_listens
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.terminal import escape

# Longer than Alma's 5 s, to measure how slow a slow response is.
_TIMEOUT_SECONDS: Final = 15.0
_LONGEST_REPLY: Final = 65536


class Reply(NamedTuple):
    """The response. `error` is the reason of a rejection; `seconds` include the connection."""

    status: int
    receipt_id: str | None
    error: str | None
    seconds: float


def signature(body: bytes, *, secret: str) -> str:
    """Return the value of X-Exl-Signature for a body."""
    return sign(body, secret).decode("ascii")


def post(
    url: str, body: bytes, *, signed: str, content_type: str = "application/json", timeout: float = _TIMEOUT_SECONDS
) -> Reply:
    """Post the bytes with this signature. Raise ConfigurationError (invalid URL) or FailedError (no response).

    `timeout` is in seconds, for the connection and for each part of the response.
    """
    started = time.monotonic()
    headers = {"Content-Type": content_type, "X-Exl-Signature": signed}
    try:
        answered = exchange("POST", url, body, headers, timeout)
        return _reply(answered.status, answered.body, time.monotonic() - started)
    except ConnectionRefusedError:
        raise nothing_listens(url) from None
    except (OSError, http.client.HTTPException) as error:
        raise FailedError(f"No response from {url}: {error or type(error).__name__}.") from None


class Exchanged(NamedTuple):
    """A response: its status, the beginning of its body, and its headers by lower-case name."""

    status: int
    body: bytes
    headers: dict[str, str]


def exchange(method: str, url: str, body: bytes | None, headers: dict[str, str], timeout: float) -> Exchanged:
    """Send one request and return the response.

    Raise ConfigurationError (invalid URL), OSError or HTTPException (no response).
    """
    parts = checked(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    with closing(connect(str(parts.hostname), parts.port, timeout=timeout)) as connection:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Exchanged(response.status, response.read(_LONGEST_REPLY), names)


def checked(url: str) -> SplitResult:
    """Return the parts of the URL. Raise ConfigurationError unless it is a valid HTTP URL."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = None
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError(f"{url!r} is not a webhook URL; it must look like https://HOST/webhooks/PROFILE.")
    return parts


def _reply(status: int, text: bytes, seconds: float) -> Reply:
    members = json_members(text)
    receipt_id, error = members.get("receipt_id"), members.get("error")
    if status != HTTPStatus.OK:
        error = error or http.client.responses.get(status, status)
    return Reply(status, receipt_id and escape(str(receipt_id)), error and escape(str(error)), seconds)


_CHALLENGE_SECONDS: Final = 10.0


class ChallengeResult(NamedTuple):
    """The status, and whether the response was 200 with the challenge, as Alma requires."""

    status: int
    is_right: bool


def ask(url: str) -> ChallengeResult:
    """Send one challenge. Raise ConfigurationError (invalid URL), OSError or HTTPException (no response)."""
    challenge = secrets.token_urlsafe(16)
    address = checked(url)._replace(query=urlencode({"challenge": challenge})).geturl()
    answered = exchange("GET", address, None, {}, _CHALLENGE_SECONDS)
    is_right = answered.status == HTTPStatus.OK and json_members(answered.body) == {"challenge": challenge}
    return ChallengeResult(answered.status, is_right)
