"""What API Gateway hands over and takes back: events as requests, answers as responses. Decides nothing, does no I/O.

"Create AWS Lambda proxy integrations for HTTP APIs" (payload 2.0), "Lambda function URLs" (the same form) and "Lambda
proxy integrations in API Gateway" (payload 1.0, REST APIs), AWS documentation.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class UnreadableRequestError(Exception):
    """The gateway's event contradicts itself; no client can bring that about."""


class Request(NamedTuple):
    """One request. `headers` by lower-case name; `arrived` is the gateway's own time, seconds since 1970, or None."""

    method: str
    path: str
    challenge: str
    headers: Mapping[str, str]
    body: bytes
    arrived: float | None


def request_of(event: Mapping[str, Any]) -> Request:
    """The request in an event of payload 2.0, a Function URL or payload 1.0. Raises UnreadableRequestError.

    What the event lacks is empty here, so that an event which is no request asks for a path that does not exist.
    """
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    query = event.get("queryStringParameters") or {}
    milliseconds = context.get("timeEpoch") or context.get("requestTimeEpoch")
    return Request(
        method=http.get("method") or event.get("httpMethod") or "",
        path=event.get("rawPath") or event.get("path") or "",
        challenge=query.get("challenge") or "",
        headers=_headers(event),
        body=_body(event),
        arrived=milliseconds / 1000 if isinstance(milliseconds, int) else None,
    )


def response(status: int, members: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    """The gateway's form of an answer with a JSON object as its body. Escaped to ASCII, so nothing in it is markup."""
    text = json.dumps(dict(members), separators=(",", ":"))
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": text,
        "isBase64Encoded": False,
    }


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    # Payload 1.0 keeps only the last of several equal headers in `headers`; 2.0 joins them with commas. Here they are
    # always joined, so that a signature sent twice is refused whatever stands in front of us.
    single = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    several = {
        str(name).lower(): ",".join(map(str, values)) for name, values in (event.get("multiValueHeaders") or {}).items()
    }
    return single | several


def _body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise UnreadableRequestError("The gateway says that the body is base64, and it is not.") from None
