"""Converts events of API Gateway to requests, and responses to the form of API Gateway.

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
    """A request. `headers` are by lower-case name; `arrived` is the gateway's time, in seconds since 1970, or None.

    `is_text` means that the gateway passed the body on as text and replaced bytes that are not UTF-8.

    `body` is None if the gateway said that it is base64 and it is not. No client can cause this.
    """

    method: str
    path: str
    challenge: str
    headers: Mapping[str, str]
    body: bytes | None
    arrived: float | None
    is_text: bool = False

    def __repr__(self) -> str:
        """Return method and path only, because logs must not show a body or a signature."""
        return f"Request({self.method!r}, {self.path!r}, …)"


def request_of(event: object) -> Request:
    """Return the request in an event of payload 2.0, of a Function URL or of payload 1.0.

    Missing parts are empty, so an event that is not a request asks for a path that does not exist.
    """
    members = _object(event)
    context = _object(members.get("requestContext"))
    http = _object(context.get("http"))
    milliseconds = context.get("timeEpoch") or context.get("requestTimeEpoch")
    method = _text(http.get("method") or members.get("httpMethod"))
    path = _text(members.get("rawPath") or members.get("path"))
    challenge = _text(_object(members.get("queryStringParameters")).get("challenge"))
    arrived = milliseconds / 1000 if isinstance(milliseconds, int) else None
    return Request(method, path, challenge, _headers(members), _body(members), arrived, not _is_base64(members))


_quoted = json.JSONEncoder().encode

# For every response: browsers must not guess a type, and intermediaries must not store a copy.
_HEADERS = {
    "Content-Type": "application/json",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def response(status: int, members: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    """Return a response in the gateway's form, with a JSON object in ASCII as its body."""
    # json.dumps would prepare an encoder for each response, which takes longer than encoding it.
    texts = ",".join([f"{_quoted(name)}:{_quoted(text)}" for name, text in members.items()])
    return {
        "statusCode": status,
        "headers": {**_HEADERS, **headers},
        "body": f"{{{texts}}}",
        "isBase64Encoded": False,
    }


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    # Payload 1.0 keeps only the last of several equal headers in `headers`; 2.0 joins them with commas. Here they are
    # always joined, so that a duplicate signature is rejected behind either.
    single = _object(event.get("headers"))
    headers = _object(event.get("multiValueHeaders")) or single
    if headers is single and {*map(type, single.values())} == {str} and [*map(str.lower, single)] == [*single]:
        return single  # nearly always: payload 2.0 has lower-case names, and joins equal headers itself
    joined: dict[str, str] = {}
    for given, values in headers.items():
        name = given.lower()
        for text in values if isinstance(values, list) else (values,):
            if isinstance(text, str):
                joined[name] = f"{joined[name]},{text}" if name in joined else text
    return joined


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
