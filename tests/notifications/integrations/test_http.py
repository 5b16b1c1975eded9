"""HTTP: configuration, escaping, signed requests and answers."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from notifications.errors import Permanent, Throttled, Transient, Unconfirmed
from notifications.integrations.http import MAX_BODY_BYTES, Http, HttpConfiguration
from notifications.integrations.integration import Accepted, HttpResponse, Outgoing
from processor.errors import Failure
from tests.notifications.fake_connections import WALL, ScriptedHttpClient, connections, http_response
from tests.notifications.verify_webhook import is_signed

HTTP = Http()
SECRET, PREVIOUS = ("whsec_" + base64.b64encode(bytes([each]) * 32).decode() for each in b"ab")
SECRETS = {"sign": SECRET, "old": PREVIOUS, "address": "https://example.org/canary?canary"}
PLAIN = HttpConfiguration.model_validate({"url": "https://example.org/hook?a=%2f", "secret": {"ssm": "sign"}})
HIDDEN = HttpConfiguration.model_validate(
    {"url": {"ssm": "address"}, "secret": {"ssm": "sign"}, "previous_secret": {"ssm": "old"}}
)
OUTGOING = Outgoing('{"title": "Über & 😀",  "n": 1}', "0123abcd")


def sent(
    response: HttpResponse, configuration: HttpConfiguration = PLAIN, outgoing: Outgoing = OUTGOING, **secrets: str
) -> tuple[Accepted, Any]:
    """Return what `send` returns, and the request."""
    http = ScriptedHttpClient(response)
    return HTTP.send(outgoing, configuration, connections(http, secrets=SECRETS | secrets)), http.requests[0]


def failure_of(
    response: HttpResponse, configuration: HttpConfiguration = PLAIN, outgoing: Outgoing = OUTGOING, **secrets: str
) -> Failure:
    with pytest.raises(Failure) as raised:
        sent(response, configuration, outgoing, **secrets)
    assert "canary" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"url": "https://example.org"},
        {"url": "http://example.org", "secret": {"ssm": "a"}},
        {"url": "https://user:pw@example.org", "secret": {"ssm": "a"}},  # pragma: allowlist secret -- an invented value
        {"url": "https://example.org", "secret": SECRET},
        {"url": "https://example.org", "secret": {"ssm": "a"}, "previous_secret": "b"},
    ],
)
def test_configurations_that_are_rejected(members: dict[str, Any]) -> None:
    """HTTPS only, without a user name; secrets are references, and one is required."""
    with pytest.raises(ValidationError):
        HttpConfiguration.model_validate(members)


@settings(max_examples=50)
@given(st.text())
def test_f38_a_value_stays_inside_its_json_string(value: str) -> None:
    """Any value in quotes of a template is the value for the receiver."""
    assert json.loads(f'{{"title": "{HTTP.escape(value)}", "n": 1}}') == {"title": value, "n": 1}


@pytest.mark.parametrize(("text", "count"), [("a", 1), ("é", 2), ("😀", 4)])
def test_the_limit_is_in_bytes(text: str, count: int) -> None:
    """The limit is that of the queued message, in UTF-8."""
    most = text * (MAX_BODY_BYTES // count)
    assert (HTTP.fits(most, PLAIN), HTTP.fits(most + "x", PLAIN)) == (True, False)


def test_the_bytes_that_are_signed_are_sent() -> None:
    """A receiver verifies the body as it arrives, with one secret or with either of two."""
    for configuration, secrets in ((PLAIN, [SECRET]), (HIDDEN, [SECRET, PREVIOUS])):
        accepted, request = sent(http_response(204), configuration)
        assert (accepted, request.body) == (Accepted(), OUTGOING.text.encode())
        assert request.headers["webhook-id"] == OUTGOING.id
        assert request.headers["Content-Type"] == "application/json"
        assert all(is_signed(request.headers, request.body, secret, wall=WALL) for secret in secrets)
        assert len(request.headers["webhook-signature"].split(" ")) == len(secrets)


def test_the_address_is_used_byte_for_byte() -> None:
    """It is plain, or the value of a secret."""
    urls = [sent(http_response(200), configuration)[1].url for configuration in (PLAIN, HIDDEN)]
    assert urls == ["https://example.org/hook?a=%2f", SECRETS["address"]]


def test_destinations_are_names() -> None:
    """A secret address is named by its reference."""
    assert [HTTP.destination(each) for each in (PLAIN, HIDDEN)] == [
        "http https://example.org/hook?a=%2f",
        "http address",
    ]


@pytest.mark.parametrize("text", ["", "canary", '{"a": canary}', "{'a': 1}", "[" * 100_000, "NaN", "-Infinity"])
def test_a_text_that_is_not_json_is_not_sent(text: str) -> None:
    """The failure is one of the model, and does not quote the text."""
    failure = failure_of(http_response(200), PLAIN, Outgoing(text, "id"))
    assert (type(failure), failure.cause_class) == (Permanent, "template")
    assert (HTTP.mistake(text), HTTP.mistake(OUTGOING.text)) == ("is not JSON", "")


@pytest.mark.parametrize("secret", ["canary", "whsec_canary", "whsec_deadbeef", f"v1,{SECRET}", f"{SECRET}\n"])
def test_a_secret_of_another_form_is_not_shown(secret: str) -> None:
    """The reason names the parameter, and nothing is sent."""
    failure = failure_of(http_response(200), PLAIN, OUTGOING, sign=secret)
    assert type(failure) is Permanent
    assert failure.reason.startswith("The secret sign is not whsec_")


def test_an_address_of_another_form_is_not_shown() -> None:
    """The reason names the parameter."""
    failure = failure_of(http_response(200), HIDDEN, OUTGOING, address="http://canary")
    assert failure.reason == "The secret address does not start with https://."


def test_410_ends_the_integration() -> None:
    """The endpoint says that it wants no more, which has a reason of its own."""
    failure = failure_of(http_response(410))
    assert type(failure) is Permanent
    assert failure.reason == (
        "example.org answered 410: the endpoint no longer wants notifications; remove this integration from the topic."
    )


@pytest.mark.parametrize(
    ("status", "failure"),
    [(400, Permanent), (307, Permanent), (429, Throttled), (500, Transient), (502, Unconfirmed), (504, Unconfirmed)],
)
def test_other_answers(status: int, failure: type[Failure]) -> None:
    """They are those of HTTP; a redirect is not followed."""
    assert type(failure_of(http_response(status, "canary"))) is failure
