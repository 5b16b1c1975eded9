"""The HTTP contract of the producer: which events are which posts, and the form of every answer."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.http_api import (
    MAX_BODY_BYTES,
    PREFLIGHT_HEADERS,
    Post,
    RejectedPost,
    idempotency_key_of,
    metadata_of,
    post_of,
    rejection,
    response,
)
from tests.notifications.gateway_events import PATH, event


def rejected(given_event: Any) -> RejectedPost:
    with pytest.raises(RejectedPost) as caught:
        post_of(given_event)
    return caught.value


def bad_body(body: Any, **options: Any) -> str:
    """Return the sentence about a body that is rejected."""
    with pytest.raises(RejectedPost) as caught:
        metadata_of(post_of(event(body, **options)))
    assert (caught.value.status, caught.value.code) == (400, "body")
    return str(caught.value)


def test_a_post_has_its_channel_topic_headers_and_body() -> None:
    """The name in the table joins channel and topic."""
    post = post_of(event({"metadata": {"a": 1}}, X_Api_Key="secret-key"))
    assert (post.method, post.channel, post.topic, post.is_sns, post.name) == (
        *("POST", "library", "jobs"),
        *(False, "library+jobs"),
    )
    assert metadata_of(post) == {"a": 1}
    assert repr(post) == "Post('POST', 'library+jobs', …)"


@pytest.mark.parametrize(
    ("path", "channel", "topic", "is_sns"),
    [
        ("/v1/notifications/library/jobs/sns", "library", "jobs", True),
        ("/v1/notifications/library/sns", "library", "sns", False),
        ("/v1/notifications/sns/sns/sns", "sns", "sns", True),
        ("/v1/notifications/0/a-", "0", "a-", False),
        (f"/v1/notifications/{'a' * 63}/{'b' * 63}", "a" * 63, "b" * 63, False),
        ("/v1/notifications/%6cibrary/j%6Fbs", "library", "jobs", False),
        ("/v1/notifications/library/jobs/s%6es", "library", "jobs", True),
    ],
)
def test_a_path_names_channel_and_topic(path: str, channel: str, topic: str, is_sns: bool) -> None:
    """Percent signs are decoded once, whether or not the gateway did it before."""
    post = post_of(event(path=path))
    assert (post.channel, post.topic, post.is_sns) == (channel, topic, is_sns)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/v1", "/v1/notifications", "/v1/notifications/", "/v1/notifications/library"),
        *("/v1/notifications/library/", "/v1/notifications//jobs", f"{PATH}/", f"{PATH}/sns/", f"{PATH}/SNS"),
        *(f"{PATH}/sns/x", f"/{PATH}", f"/prod{PATH}", "/v2/notifications/library/jobs", f"{PATH}?x", PATH.upper()),
        *("/v1/notifications/../jobs", "/v1/notifications/a+b/c", "/v1/notifications/-a/b", "/v1/notifications/é/b"),
        *("/v1/notifications/a%2Fb/c", "/v1/notifications/a%2Fb", "/v1/notifications/%256cibrary/jobs"),
        *("/v1/notifications/library/jobs%0a", "/v1/notifications/%ff/b", "/v1/notifications/%/b"),
        *("/v1/notifications/library/jobs\n", f"/v1/notifications/{'a' * 64}/b", "/webhooks/alma"),
    ],
)
def test_any_other_path_does_not_exist(path: str) -> None:
    """Also a name that no topic can have."""
    for method in ("POST", "OPTIONS", "GET"):
        given_rejection = rejected(event(path=path, method=method))
        assert (given_rejection.status, given_rejection.code) == (404, "unknown-path")


@pytest.mark.parametrize(
    "given_event", [None, [], "x", {}, {"rawPath": 7}, {"rawPath": None}, {"Records": []}, {"requestContext": []}]
)
def test_an_event_of_another_kind_is_an_unknown_path(given_event: Any) -> None:
    """A test event of the console gets a 404 and no exception."""
    assert rejected(given_event).status == 404


@pytest.mark.parametrize(
    ("path", "allowed"), [(PATH, "OPTIONS, POST"), (f"{PATH}/sns", "POST")], ids=["topic", "subscription"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH", "post", "", ", "])
def test_only_some_methods_are_possible(path: str, allowed: str, method: str) -> None:
    """The answer lists them."""
    given_rejection = rejected(event(path=path, method=method))
    assert given_rejection.status == 405
    assert rejection(given_rejection, "r")["headers"]["Allow"] == allowed


def test_a_missing_method_is_not_possible() -> None:
    """An event without a method is not a POST."""
    assert rejected({"rawPath": PATH}).status == 405


def test_header_names_have_any_case_and_repeated_ones_are_joined() -> None:
    """So a header that was sent twice is never taken for one."""
    post = post_of({**event(), "headers": {"X-API-Key": "a", "x-api-key": "b", "Idempotency-KEY": "c", "n": 7}})
    assert post.headers == {"x-api-key": "a,b", "idempotency-key": "c", "n": "7"}


def test_a_body_may_be_base64() -> None:
    """The gateway encodes bodies of binary types."""
    assert metadata_of(post_of(event({"metadata": {"ä": "✓"}}, base64_body=True))) == {"ä": "✓"}
    broken = post_of({**event(), "body": "é", "isBase64Encoded": True})
    with pytest.raises(RejectedPost, match="is marked as base64 and is not valid base64"):
        metadata_of(broken)


@pytest.mark.parametrize("value", ["text", 1, 0.5, True, None, [1, [2]], {"a": {"b": []}}, "", "x" * 100_000])
def test_metadata_may_hold_any_json(value: Any) -> None:
    """Values of every kind are passed on; other members of the body are ignored."""
    assert metadata_of(post_of(event({"metadata": {"name": value}, "other": 1}))) == {"name": value}
    assert metadata_of(post_of(event({"metadata": {}}))) == {}


@pytest.mark.parametrize(
    "body", ["{}", "[]", "7", "null", '"metadata"', '{"metadata": []}', '{"metadata": null}', '{"Metadata": {}}']
)
def test_a_body_without_metadata_is_rejected(body: str) -> None:
    """The sentence shows the form."""
    assert bad_body(body) == 'The body must be a JSON object like {"metadata": {"name": "value"}}.'


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "The body is not valid JSON at line 1, column 1."),
        ('{"metadata": {"secret": }}', "The body is not valid JSON at line 1, column 25."),
        (b"\xff", "The body is not valid UTF-8 at byte 0."),
        ('{"metadata": {"a": NaN}}', "The body contains NaN or Infinity, which are not JSON."),
        ('{"metadata": {"secret": 1, "secret": 2}}', "The body contains an object with a duplicate member."),
        ('{"metadata": {"a": "\\ud800"}}', "The body contains half of a surrogate pair, which is not a character."),
        ('{"metadata": ' + "[" * 100_000, "The body is nested deeper than 200 levels."),
        ('{"metadata": {"a": 1e999}}', "The body contains a number that does not fit into a 64-bit float."),
    ],
)
def test_a_body_that_is_not_strict_json_is_rejected(body: Any, sentence: str) -> None:
    """One sentence says where and quotes nothing."""
    assert bad_body(body, base64_body=True) == sentence


def test_a_body_has_a_limit() -> None:
    """One byte more than 1 MiB is too much for any content."""
    start, end = b'{"metadata": {"a": "', b'"}}'
    room = MAX_BODY_BYTES - len(start) - len(end)
    assert metadata_of(post_of(event(start + b"x" * room + end, base64_body=True))) == {"a": "x" * room}
    assert bad_body(start + b"x" * (room + 1) + end) == "The body has more than 1,048,576 bytes; send less."


@pytest.mark.parametrize("key", ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", '"quoted, text"', "a b", "k" * 256])
def test_an_idempotency_key_is_any_short_text(key: str) -> None:
    """Printable ASCII, without white space at its ends."""
    assert idempotency_key_of(post_of(event(Idempotency_Key=key))) == key
    assert idempotency_key_of(post_of(event())) is None


@pytest.mark.parametrize("key", ["", " ", " a", "a ", "é", "a\nb", "a\x00", "k" * 257, "a\n"])
def test_another_idempotency_key_is_rejected(key: str) -> None:
    """A blank one is an error, because the client believes that repeated posts are recognized."""
    with pytest.raises(RejectedPost, match="Idempotency-Key must have 1 to 256 printable ASCII") as caught:
        idempotency_key_of(post_of(event(Idempotency_Key=key)))
    assert (caught.value.status, caught.value.code) == (400, "idempotency-key")


EVERY_HEADER = {
    "Content-Type": "application/json",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Receipt-Id",
    "X-Receipt-Id": "receipt",
}


def test_every_answer_has_the_same_headers() -> None:
    """Nothing is stored or guessed, pages of any origin may read it, and the receipt id is there."""
    assert response(200, {"team": "id"}, "receipt") == {
        "statusCode": 200,
        "headers": EVERY_HEADER,
        "body": '{"team":"id"}',
        "isBase64Encoded": False,
    }
    assert rejection(RejectedPost(404, "topic", "None."), "receipt")["headers"] == EVERY_HEADER


def test_a_browser_may_send_the_headers_of_the_contract() -> None:
    """The answer to OPTIONS lists methods and headers."""
    assert response(200, {}, "receipt", PREFLIGHT_HEADERS)["headers"] == {
        **EVERY_HEADER,
        "Access-Control-Allow-Methods": "OPTIONS, POST",
        "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, X-Api-Key, X-Topic-Hash-X",
    }


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "why"), (403, "why"), (502, "An error occurs while processing the request (Message: why)")],
)
def test_a_rejection_has_one_sentence(status: int, message: str) -> None:
    """A failure of ours has the words of the contract around it, and the detail stays in the log."""
    answer = rejection(RejectedPost(status, "failed", "why", "internal detail"), "receipt")
    assert json.loads(answer["body"]) == {"message": message}
    assert answer["statusCode"] == status


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("rawPath", "headers", "requestContext", "body", "isBase64Encoded", "http", "method")


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(NAMES), json_values) | json_values, st.sampled_from([PATH, None]))
def test_any_event_is_a_post_or_rejected(given_event: Any, path: str | None) -> None:
    """No event causes another exception."""
    if path and isinstance(given_event, dict):
        given_event |= {"rawPath": path, "requestContext": {"http": {"method": "POST"}}}
    try:
        post = post_of(given_event)
        metadata_of(post)
    except RejectedPost as error:
        assert error.status in {400, 404, 405}  # noqa: PT017 - a property describes the exceptions that are allowed
    else:
        assert isinstance(post, Post)
