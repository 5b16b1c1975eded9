"""Telegram: configuration, escaping, both limits, requests and answers."""

import html
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from notifications.errors import Permanent, Throttled, Transient, Unconfirmed
from notifications.integrations.integration import Accepted, HttpResponse, Outgoing
from notifications.integrations.telegram import (
    DESCRIPTIONS,
    MAX_TEXT_UNITS,
    MAX_UNITS_WITH_TAGS,
    Telegram,
    TelegramConfiguration,
)
from processor.errors import Failure
from tests.notifications.fake_connections import ScriptedHttpClient, connections, http_response

TELEGRAM = Telegram()
TOKEN = "110201543:canary-canary-canary-canary-canary1"  # pragma: allowlist secret -- an invented value
CHAT = TelegramConfiguration.model_validate({"token": {"ssm": "bot"}, "chat": -1001234567890})
OUTGOING = Outgoing("Job <b>done</b> &amp; 😀", "id-1")


def sent(response: HttpResponse, token: str = TOKEN) -> tuple[Accepted, Any]:
    """Return what `send` returns, and the request."""
    http = ScriptedHttpClient(response)
    return TELEGRAM.send(OUTGOING, CHAT, connections(http, secrets={"bot": token})), http.requests[0]


def failure_of(response: HttpResponse) -> Failure:
    with pytest.raises(Failure) as raised:
        sent(response)
    assert "canary" not in str(raised.value)
    return raised.value


def not_ok(code: int, description: str = "canary", **parameters: Any) -> HttpResponse:
    members = {"ok": False, "error_code": code, "description": description}
    return http_response(code, members | ({"parameters": parameters} if parameters else {}))


@pytest.mark.parametrize("chat", [12345, -1001234567890, "12345", "-100123", "@library_news"])
def test_chats(chat: int | str) -> None:
    """The number of a chat, also as text, or the name of a public one."""
    assert TelegramConfiguration.model_validate({"token": {"ssm": "bot"}, "chat": chat}).chat == chat


@pytest.mark.parametrize("chat", ["", "library", "@a b", "@", True, 1.5, None, "12 3", "-"])
def test_other_chats_are_rejected(chat: Any) -> None:
    """A name without @ is not a chat."""
    with pytest.raises(ValidationError):
        TelegramConfiguration.model_validate({"token": {"ssm": "bot"}, "chat": chat})


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        (
            "<b>a</b> & <a href='https://evil.example'>",
            "&lt;b&gt;a&lt;/b&gt; &amp; &lt;a href='https://evil.example'&gt;",
        ),
        ("a-b.c (d) [e] _f_ *g* !", "a-b.c (d) [e] _f_ *g* !"),
        ("&lt;", "&amp;lt;"),
        ("@everyone @lib", "@\u2060everyone @\u2060lib"),
        ("a@b.example", "a@b.example"),
        ("(@name)", "(@\u2060name)"),
        ("@", "@"),
    ],
)
def test_f38_values_have_no_markup_and_no_mention(value: str, escaped: str) -> None:
    """Three characters are escaped, and a name after @ is not one for Telegram; e-mail addresses stay."""
    assert TELEGRAM.escape(value) == escaped


@settings(max_examples=50)
@given(st.text())
def test_f38_any_value_is_shown_as_it_is(value: str) -> None:
    """An escaped value has no tag, and shows the value."""
    escaped = TELEGRAM.escape(value)
    assert not re.search("[<>]", escaped)
    assert html.unescape(escaped).replace("\u2060", "") == value.replace("\u2060", "")


@pytest.mark.parametrize(
    ("text", "count"), [("a", 1), ("&amp;", 1), ("<b>a</b>", 1), ("e\u0301", 2), ("😀", 2), ("<", 1)]
)
def test_the_limit_is_of_the_visible_text(text: str, count: int) -> None:
    """4,096 UTF-16 units after parsing: an entity is one, a tag none, an emoji two."""
    times = min(MAX_TEXT_UNITS // count, MAX_UNITS_WITH_TAGS // len(html.unescape(text)))
    assert TELEGRAM.fits(text * times, CHAT)
    assert not TELEGRAM.fits(text * times + "x" * (MAX_TEXT_UNITS - times * count + 1), CHAT)


def test_a_text_of_markup_is_limited_too() -> None:
    """Tags count for a limit of their own."""
    tags = "<b></b>" * (MAX_UNITS_WITH_TAGS // 7)
    assert TELEGRAM.fits(tags, CHAT)
    assert not TELEGRAM.fits(tags + "<b></b>", CHAT)
    assert TELEGRAM.fits("&amp;" * MAX_TEXT_UNITS, CHAT)


@pytest.mark.parametrize(("digits", "fits"), [(4_300, True), (5_000, False)])
def test_a_number_of_thousands_of_digits_is_no_error(digits: int, fits: bool) -> None:
    """Python parses no such number, so the text with it does not fit."""
    assert TELEGRAM.fits(f"&#{'1' * digits};", CHAT) is fits


def test_a_message_is_sent_as_html() -> None:
    """The token is in the path; links have no preview; the reference is the number of the message."""
    accepted, request = sent(http_response(200, {"ok": True, "result": {"message_id": 42}}))
    assert accepted == Accepted("42")
    assert request.url == f"https://api.telegram.org/bot{TOKEN}/sendMessage"
    assert json.loads(request.body) == {
        "chat_id": -1001234567890,
        "text": OUTGOING.text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }


@pytest.mark.parametrize(("start", "meaning"), DESCRIPTIONS.items())
def test_descriptions(start: str, meaning: str) -> None:
    """A known description has a text of ours; the rest of it is not shown."""
    code = {"Unauthorized": 401, "Not Found": 404}.get(start, 403 if start.startswith("Forbidden") else 400)
    failure = failure_of(not_ok(code, f"{start} canary"))
    assert (type(failure), failure.reason) == (Permanent, f"api.telegram.org answered {code}: {meaning}.")


def test_an_unknown_description_is_not_shown() -> None:
    """The description can quote the text."""
    assert failure_of(not_ok(400)).reason == "api.telegram.org answered 400."


def test_a_chat_that_has_moved() -> None:
    """The new number is shown, because it is not a secret, and it is not used."""
    failure = failure_of(not_ok(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009876543210))
    assert type(failure) is Permanent
    assert "chat-moved" in failure.reason
    assert "set chat to -1009876543210" in failure.reason


@pytest.mark.parametrize("moved", ["canary", True, 1.5, None])
def test_an_odd_number_of_a_moved_chat_is_not_shown(moved: Any) -> None:
    """Only a number is shown."""
    assert "chat-moved" not in failure_of(not_ok(400, migrate_to_chat_id=moved)).reason


@pytest.mark.parametrize(
    ("parameter", "header", "seconds"),
    [(35, "5", 35), (35, None, 35), (None, "5", 5), (None, None, None), ("35", "5", 5), (True, "5", 5), (0, "5", 1)],
)
def test_the_body_says_when_before_the_header(parameter: Any, header: str | None, seconds: float | None) -> None:
    """`parameters.retry_after` comes first; anything but a number there is ignored."""
    response = not_ok(429, "Too Many Requests", **({"retry_after": parameter} if parameter is not None else {}))
    failure = failure_of(response._replace(headers={"retry-after": header} if header else {}))
    assert isinstance(failure, Throttled)
    assert failure.retry_after == seconds


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, Permanent), (403, Permanent), (404, Permanent), (500, Transient), (502, Unconfirmed), (302, Permanent)],
)
@pytest.mark.parametrize("body", ["", "<html>canary", [1], {"parameters": "canary", "description": 1}])
def test_answers_by_their_status(status: int, body: Any, failure: type[Failure]) -> None:
    """An answer without a readable body is decided by its status."""
    assert type(failure_of(http_response(status, body))) is failure


@pytest.mark.parametrize("body", ["", "canary", {"ok": False}, {"result": {}}, b"\xff"])
def test_an_answer_that_is_not_telegrams_is_unconfirmed(body: Any) -> None:
    """Status 200 without `ok` does not say whether the message was sent."""
    assert type(failure_of(http_response(200, body))) is Unconfirmed


@pytest.mark.parametrize("result", [None, [], {"message_id": "canary"}, {"message_id": True}])
def test_an_odd_reference_is_left_out(result: Any) -> None:
    """The message is accepted without a reference."""
    assert sent(http_response(200, {"ok": True, "result": result}))[0] == Accepted()


@pytest.mark.parametrize("token", ["", "canary", "1:canary", f"{TOKEN}\n", f"{TOKEN}/../x", f"bot{TOKEN}"])
def test_a_token_of_another_form_is_not_shown(token: str) -> None:
    """The token becomes a part of the path, so nothing else may be in it."""
    with pytest.raises(Permanent, match="The secret bot does not have the form of a token") as raised:
        sent(http_response(200), token)
    assert "canary" not in str(raised.value)
