"""Signs and posts a body as Alma does, to the byte. Follows no redirect, uses no proxy, tries once."""

import http.client
import json
import time
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from ingest.signature import sign
from scripts.aws.endpoints import nothing_listens
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.terminal import escape

# Alma gives up after 5 s; a little more shows how much too slow an answer was.
_TIMEOUT_SECONDS: Final = 15.0
_LONGEST_REPLY: Final = 65536


class Reply(NamedTuple):
    """What came back. `error` is the sentence of a refusal; `seconds` count from before the connection."""

    status: int
    receipt_id: str | None
    error: str | None
    seconds: float


def signature(body: bytes, *, secret: str) -> str:
    """The value of X-Exl-Signature for a body."""
    return sign(body, secret).decode("ascii")


def post(
    url: str, body: bytes, *, signed: str, content_type: str = "application/json", timeout: float = _TIMEOUT_SECONDS
) -> Reply:
    """Posts the bytes with this signature. Raises ConfigurationError (bad URL), FailedError (nothing answers).

    `timeout` seconds are waited for the connection, and again for each part of the answer.
    """
    parts = checked(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(str(parts.hostname), parts.port, timeout=timeout)
    started = time.monotonic()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": content_type, "X-Exl-Signature": signed})
        response = connection.getresponse()
        text = response.read(_LONGEST_REPLY)
        return _reply(response.status, text, time.monotonic() - started)
    except ConnectionRefusedError:
        raise nothing_listens(url) from None
    except (OSError, http.client.HTTPException) as error:
        raise FailedError(f"{url} gives no answer: {error or type(error).__name__}.") from None
    finally:
        connection.close()


def checked(url: str) -> SplitResult:
    """The URL's parts. Raises ConfigurationError unless it is one that can be posted to."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = None
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError(f"{url!r} is no URL to post to; it must look like https://HOST/webhooks/PROFILE.")
    return parts


def _reply(status: int, text: bytes, seconds: float) -> Reply:
    try:
        members = json.loads(text)
    except ValueError:
        members = None
    members = members if isinstance(members, dict) else {}
    receipt_id, error = members.get("receipt_id"), members.get("error")
    if status != HTTPStatus.OK:
        error = error or http.client.responses.get(status, status)
    return Reply(status, receipt_id and escape(str(receipt_id)), error and escape(str(error)), seconds)
