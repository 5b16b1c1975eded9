"""Gateway events: three formats of the same request, and invalid events."""

import base64
import json
from typing import Any

import pytest

from ingest.gateway import request_of, response

HTTP_API = {
    "version": "2.0",
    "rawPath": "/webhooks/alma",
    "rawQueryString": "institution=X&challenge=abc",
    "headers": {"x-exl-signature": "s", "content-type": "application/json"},
    "queryStringParameters": {"institution": "X", "challenge": "abc"},
    "requestContext": {"http": {"method": "POST", "path": "/webhooks/alma"}, "timeEpoch": 1_780_000_000_123},
    "body": '{"a":"ü"}',
    "isBase64Encoded": False,
}
REST_API = {
    "resource": "/{proxy+}",
    "path": "/webhooks/alma",
    "httpMethod": "POST",
    "headers": {"X-EXL-SIGNATURE": "s", "Content-Type": "application/json"},
    "multiValueHeaders": {"X-EXL-SIGNATURE": ["s"], "Content-Type": ["application/json"]},
    "queryStringParameters": {"institution": "X", "challenge": "abc"},
    "multiValueQueryStringParameters": {"institution": ["X"], "challenge": ["abc"]},
    "requestContext": {"requestTimeEpoch": 1_780_000_000_123, "path": "/prod/webhooks/alma", "stage": "prod"},
    "body": '{"a":"ü"}',
    "isBase64Encoded": False,
}
FUNCTION_URL = HTTP_API | {"requestContext": {**HTTP_API["requestContext"], "domainName": "x.lambda-url.aws"}}  # type: ignore[dict-item]  # a literal of mixed types


@pytest.mark.parametrize("event", [HTTP_API, REST_API, FUNCTION_URL], ids=["2.0", "1.0", "function URL"])
def test_every_format_is_the_same_request(event: dict[str, Any]) -> None:
    """Payload 2.0, payload 1.0 and a Function URL give the same request."""
    request = request_of(event)
    body = '{"a":"ü"}'.encode()
    assert tuple(request) == ("POST", "/webhooks/alma", "abc", request.headers, body, 1_780_000_000.123, True)
    assert request.headers == {"x-exl-signature": "s", "content-type": "application/json"}


@pytest.mark.parametrize("name", ["X-Exl-Signature", "x-exl-signature", "X-EXL-SIGNATURE"])
def test_f14_header_names_ignore_case(name: str) -> None:
    """Gateways differ in the case of header names."""
    assert request_of({"headers": {name: "s"}}).headers["x-exl-signature"] == "s"


def test_f14_a_repeated_header_is_joined_in_every_format() -> None:
    """Payload 1.0 would keep only the last value; joined, two signatures are invalid in every format."""
    event = {"headers": {"X-Exl-Signature": "b"}, "multiValueHeaders": {"X-Exl-Signature": ["a", "b"]}}
    assert request_of(event).headers["x-exl-signature"] == "a,b"


@pytest.mark.parametrize("body", [b'{"a":1}', b"\xff\x00", b"", b'{"progress":209.0}\r\n'])
def test_f12_a_base64_body_is_decoded_first(body: bytes) -> None:
    """The flag isBase64Encoded decides, not the content."""
    text = base64.b64encode(body).decode()
    assert request_of({"body": text, "isBase64Encoded": True}).body == body
    assert request_of({"body": text, "isBase64Encoded": False}).body == text.encode()
    assert request_of({"body": text}).body == text.encode()


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1}\r\n',
        b'\r\n {"b":1,"a":2}\t ',
        b'{"a" :  1.50, "a":1.5e0}',
        '{"a":"e\u0301\u200b\u2028"}'.encode(),
    ],
    ids=["byte order mark", "CRLF", "outer white space", "inner white space and order", "combining and invisible"],
)
@pytest.mark.parametrize("form", [HTTP_API, REST_API, FUNCTION_URL], ids=["2.0", "1.0", "function URL"])
def test_f15_a_text_body_stays_byte_for_byte(form: dict[str, Any], body: bytes) -> None:
    """A byte order mark, whitespace and line endings are kept, because Alma signed them."""
    assert request_of(form | {"body": body.decode()}).body == body


def test_invalid_unicode_is_converted_to_bytes() -> None:
    """Half a surrogate pair in the gateway's JSON does not raise an exception."""
    assert request_of({"body": "\ud800"}).body == b"\xed\xa0\x80"


@pytest.mark.parametrize("text", ["not base64!", "YQ", "é", "YQ==!", "Y Q=="])
def test_invalid_base64_gives_no_body(text: str) -> None:
    """Invalid base64 cannot come from a client, so the body is missing and the rest of the request is kept."""
    request = request_of({"rawPath": "/x", "body": text, "isBase64Encoded": True})
    assert (request.path, request.body) == ("/x", None)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": None, "headers": None, "queryStringParameters": None, "body": None},
        {"requestContext": {"http": None, "timeEpoch": "soon"}, "multiValueHeaders": None},
        {"requestContext": "text", "headers": ["x"], "queryStringParameters": 3, "body": {}, "rawPath": 1},
        {"multiValueHeaders": 3, "isBase64Encoded": "no", "httpMethod": ["POST"]},
        {"Records": []},
        None,
        [],
        "text",
    ],
)
def test_an_event_that_is_not_a_request_is_an_empty_request(event: object) -> None:
    """A test event of the console becomes a request for an unknown path."""
    assert request_of(event) == ("", "", "", {}, b"", None, True)


@pytest.mark.parametrize(("flag", "is_text"), [(True, False), (False, True), (None, True), ("true", True)])
def test_f16_a_body_that_came_as_text_is_marked(flag: object, is_text: bool) -> None:
    """The gateway can replace bytes only in text."""
    assert request_of({"body": "e30=", "isBase64Encoded": flag}).is_text is is_text


def test_f18_an_answer_is_json_in_ascii() -> None:
    """Quotes, markup and newlines of a challenge are escaped as JSON."""
    challenge = '<script>"é\n\u2028'
    made = response(200, {"challenge": challenge}, {"Allow": "GET"})
    assert json.loads(made["body"]) == {"challenge": challenge}
    assert made["body"].isascii()
    assert made["headers"] == {
        "Content-Type": "application/json",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Allow": "GET",
    }
    assert made["statusCode"] == 200
    assert made["isBase64Encoded"] is False


def test_an_answer_has_no_extra_whitespace() -> None:
    """The JSON of an answer has no whitespace between its members."""
    assert response(200, {"a": "1", "b": "2"}, {})["body"] == '{"a":"1","b":"2"}'


@pytest.mark.parametrize(
    ("headers", "signature"),
    [
        ({"headers": {"X-Exl-Signature": None}}, ""),
        ({"multiValueHeaders": {"X-Exl-Signature": None, "A": ["b"]}}, ""),
        ({"headers": {"X-Exl-Signature": "a", "x-exl-signature": "b"}}, "a,b"),
        ({"multiValueHeaders": {"X-Exl-Signature": ["a", 3]}}, "a"),
    ],
)
def test_invalid_headers_are_not_a_signature(headers: dict[str, Any], signature: str) -> None:
    """Null is not the text None, and two spellings of one header are a repeated header."""
    assert request_of(headers).headers.get("x-exl-signature", "") == signature


def test_f22_a_request_does_not_show_its_content() -> None:
    """The representation of a request contains neither body nor headers."""
    assert repr(request_of(HTTP_API)) == "Request('POST', '/webhooks/alma', …)"
