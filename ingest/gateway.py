"""What API Gateway hands over and takes back: events as requests, answers as responses. Decides nothing, does no I/O.

"Create AWS Lambda proxy integrations for HTTP APIs" (payload 2.0), "Lambda function URLs" (the same form) and "Lambda
proxy integrations in API Gateway" (payload 1.0, REST APIs), AWS documentation.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from ingest.lite_namedtuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Request(NamedTuple):
    """One request. `headers` by lower-case name; `arrived` is the gateway's own time, seconds since 1970, or None.

    `is_text`: the gateway handed the body on as text, in which it has replaced what is no UTF-8.

    `body` is None when the gateway contradicts itself (no client can bring that about): it said base64, and it was not.
    """

    method: str
    path: str
    challenge: str
    headers: Mapping[str, str]
    body: bytes | None
    arrived: float | None
    is_text: bool = False

    def __repr__(self) -> str:
        """Method and path only: nothing that logs a value may log a body or a signature."""
        return f"Request({self.method!r}, {self.path!r}, …)"


def request_of(event: object) -> Request:
    """The request in an event of payload 2.0, a Function URL or payload 1.0.

    What the event lacks is empty here, so that an event which is no request asks for a path that does not exist.
    """
    members = _object(event)
    context = _object(members.get("requestContext"))
    http = _object(context.get("http"))
    milliseconds = context.get("timeEpoch") or context.get("requestTimeEpoch")
    return Request(
        method=_text(http.get("method") or members.get("httpMethod")),
        path=_text(members.get("rawPath") or members.get("path")),
        challenge=_text(_object(members.get("queryStringParameters")).get("challenge")),
        headers=_headers(members),
        body=_body(members),
        arrived=milliseconds / 1000 if isinstance(milliseconds, int) else None,
        is_text=not _is_base64(members),
    )


# Of every answer: no browser guesses a type, and nothing in between keeps a copy.
_HEADERS = {
    "Content-Type": "application/json",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def response(status: int, members: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    """The gateway's form of an answer with a JSON object as its body, in ASCII."""
    text = json.dumps(dict(members), separators=(",", ":"))
    return {
        "statusCode": status,
        "headers": {**_HEADERS, **headers},
        "body": text,
        "isBase64Encoded": False,
    }


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    # Payload 1.0 keeps only the last of several equal headers in `headers`; 2.0 joins them with commas. Here they are
    # always joined, so that a signature sent twice is rejected whatever stands in front of us.
    headers = _object(event.get("multiValueHeaders")) or {
        name: [value] for name, value in _object(event.get("headers")).items()
    }
    joined: dict[str, list[str]] = {}
    for name, values in headers.items():
        texts = [value for value in (values if isinstance(values, list) else [values]) if isinstance(value, str)]
        joined.setdefault(name.lower(), []).extend(texts)
    return {name: ",".join(values) for name, values in joined.items()}


def _body(event: Mapping[str, Any]) -> bytes | None:
    text = _text(event.get("body"))
    if not _is_base64(event):
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _is_base64(event: Mapping[str, Any]) -> bool:
    return event.get("isBase64Encoded") is True


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
