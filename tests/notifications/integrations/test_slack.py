"""Slack: configuration, escaping, limits, requests and answers of both ways to post."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from notifications.errors import Permanent, Throttled, Transient, Unconfirmed
from notifications.integrations.integration import Accepted, HttpResponse, Outgoing
from notifications.integrations.slack import API_CODES, MAX_TEXT_UNITS, WEBHOOK_CODES, Slack, SlackConfiguration
from processor.errors import Failure
from tests.notifications.fake_connections import ScriptedHttpClient, connections, http_response

SLACK = Slack()
URL = "https://hooks.slack.com/services/T000/B000/canary"  # pragma: allowlist secret -- an invented value
SECRETS = {"team": URL, "bot": "xoxb-canary"}
WEBHOOK = SlackConfiguration.model_validate({"url": {"ssm": "team"}})
BOT = SlackConfiguration.model_validate({"token": {"ssm": "bot"}, "channel": "C012AB3CD"})
OUTGOING = Outgoing("Job *done*: <https://example.org|Ergebnis> & 😀", "id-1")


def sent(response: HttpResponse | Exception, configuration: SlackConfiguration = WEBHOOK) -> tuple[Accepted, Any]:
    """Return what `send` returns, and the request."""
    http = ScriptedHttpClient(response)
    return SLACK.send(OUTGOING, configuration, connections(http, secrets=SECRETS)), http.requests[0]


def failure_of(response: HttpResponse | Exception, configuration: SlackConfiguration = WEBHOOK) -> Failure:
    with pytest.raises(Failure) as raised:
        sent(response, configuration)
    assert "canary" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"url": {"ssm": "a"}, "token": {"ssm": "b"}, "channel": "c"},
        {"url": {"ssm": "a"}, "channel": "c"},
        {"token": {"ssm": "b"}},
        {"channel": "c"},
        {"url": "https://hooks.slack.com/services/a"},
        {"token": "xoxb-a", "channel": "c"},
        {"token": {"ssm": "b"}, "channel": "two words"},
        {"token": {"ssm": "b"}, "channel": ""},
        {"url": {"ssm": "a"}, "link_names": True},
    ],
)
def test_a_configuration_is_one_way_to_post(members: dict[str, Any]) -> None:
    """A webhook, or a token with its channel; secrets are references."""
    with pytest.raises(ValidationError):
        SlackConfiguration.model_validate(members)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("<!here|x>", "&lt;!here|x&gt;"),
        ("<@U012AB3CD>", "&lt;@U012AB3CD&gt;"),
        ("<!subteam^SAZ94GDB8>", "&lt;!subteam^SAZ94GDB8&gt;"),
        ("<http://evil.example|good>", "&lt;http://evil.example|good&gt;"),
        ("Q&A &lt;", "Q&amp;A &amp;lt;"),
        ("*a* _b_ ~c~ `d` \"e\" 'f'", "*a* _b_ ~c~ `d` \"e\" 'f'"),
        ("@channel #general", "@channel #general"),
    ],
)
def test_f38_values_cannot_mention_or_link(value: str, shown: str) -> None:
    """Three characters are escaped and no others, because Slack shows every other entity as it is."""
    assert SLACK.escape(value) == shown


@pytest.mark.parametrize(("text", "count"), [("&", 1), ("e\u0301", 2), ("😀", 2)])
def test_the_limit_is_40000_characters(text: str, count: int) -> None:
    """An emoji counts twice."""
    most = text * (MAX_TEXT_UNITS // count)
    assert SLACK.fits(most, WEBHOOK)
    assert not SLACK.fits(most + "x", WEBHOOK)


def test_destinations_are_names() -> None:
    """A webhook is a destination, and so is each channel of a token."""
    assert [SLACK.destination(each) for each in (WEBHOOK, BOT)] == ["slack team", "slack bot C012AB3CD"]


def test_a_webhook_gets_the_text_without_mentions_and_previews() -> None:
    """`link_names` is absent and `parse` is none, so that @name in a value notifies nobody."""
    accepted, request = sent(http_response(200, "ok"))
    assert (accepted, request.url) == (Accepted(), URL)
    assert json.loads(request.body) == {
        "text": OUTGOING.text,
        "mrkdwn": True,
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
    }
    assert request.headers == {"Content-Type": "application/json; charset=utf-8"}


def test_a_bot_posts_to_its_channel() -> None:
    """The token is in a header; the reference is the id of the message."""
    accepted, request = sent(http_response(200, {"ok": True, "ts": "1503435956.000247", "channel": "C012AB3CD"}), BOT)
    assert (accepted, request.url) == (Accepted("1503435956.000247"), "https://slack.com/api/chat.postMessage")
    assert request.headers["Authorization"] == "Bearer xoxb-canary"
    assert (json.loads(request.body)["channel"], "link_names" in request.body.decode()) == ("C012AB3CD", False)


def test_a_person_has_to_be_looked_up_first() -> None:
    """Slack does not get an id of Alma, and only a configuration with a person can fall back."""
    person = SlackConfiguration.model_validate({"token": {"ssm": "bot"}, "channel": {"user": "patron-4711"}})
    _, request = sent(http_response(200, {"ok": True}), person)
    assert b"patron" not in request.body
    assert (SLACK.can_fall_back(person), SLACK.can_fall_back(BOT)) == (True, False)


@pytest.mark.parametrize("code", sorted(WEBHOOK_CODES))
def test_codes_of_webhooks(code: str) -> None:
    """The status decides, and the code is in the reason."""
    assert failure_of(http_response(404, f"{code}\n")).reason == f"hooks.slack.com answered 404: {code}."


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (400, "invalid_payload", Permanent),
        (403, "action_prohibited", Permanent),
        (404, "no_service", Permanent),
        (410, "channel_is_archived", Permanent),
        (418, "new_code", Permanent),
        (302, "", Permanent),
        (500, "rollup_error", Transient),
        (503, "", Transient),
        (504, "", Unconfirmed),
        (429, "", Throttled),
    ],
)
def test_answers_of_webhooks(status: int, body: str, failure: type[Failure]) -> None:
    """Unknown 4XX are permanent, unknown 5XX transient."""
    assert type(failure_of(http_response(status, body))) is failure


@pytest.mark.parametrize("body", ["canary", "<html>canary", b"\xff\xfe", "no_service canary", ""])
def test_an_unknown_body_is_not_shown(body: Any) -> None:
    """Only codes of the closed list are in a reason."""
    assert failure_of(http_response(404, body)).reason == "hooks.slack.com answered 404."


def test_a_throttle_has_its_time() -> None:
    """The header says when to try again, for both ways to post."""
    for configuration in (WEBHOOK, BOT):
        failure = failure_of(http_response(429, {"ok": False, "error": "ratelimited"}, retry_after="30"), configuration)
        assert isinstance(failure, Throttled)
        assert failure.retry_after == 30


@pytest.mark.parametrize("code", sorted(API_CODES))
def test_codes_of_the_api(code: str) -> None:
    """An answer 200 that is not ok has a code, which decides."""
    expected = API_CODES[code].failure("").__class__
    failure = failure_of(http_response(200, {"ok": False, "error": code}, retry_after="7"), BOT)
    assert (type(failure), failure.reason) == (expected, f"slack.com answered {code}.")


def test_a_text_that_is_too_long_has_its_class() -> None:
    """It is a fault of the text, not of the configuration."""
    assert failure_of(http_response(200, {"ok": False, "error": "msg_too_long"}), BOT).cause_class == "too-large"


@pytest.mark.parametrize("error", ["canary", None, 1, {"canary": 1}])
def test_an_unknown_code_is_permanent_and_not_shown(error: Any) -> None:
    """A code that is not in the table is refused without quoting it."""
    failure = failure_of(http_response(200, {"ok": False, "error": error}), BOT)
    assert (type(failure), failure.reason) == (Permanent, "slack.com answered an unknown error.")


@pytest.mark.parametrize("body", ["", "ok", b"\xff", {"ok": "true"}, [1], '{"ok": tr', "[" * 100_000])
def test_an_answer_that_is_not_slacks_is_unconfirmed(body: Any) -> None:
    """Status 200 without `ok` does not say whether the message was posted."""
    assert type(failure_of(http_response(200, body), BOT)) is Unconfirmed


@pytest.mark.parametrize("ts", [None, 1, "canary", ["1.2"]])
def test_an_odd_reference_is_left_out(ts: Any) -> None:
    """The message is accepted with any id."""
    assert sent(http_response(200, {"ok": True, "ts": ts}), BOT)[0] == Accepted()


@pytest.mark.parametrize(("secret", "value"), [("team", "canary"), ("team", "http://canary"), ("bot", "xoxb canary\n")])
def test_a_secret_of_another_form_is_not_shown(secret: str, value: str) -> None:
    """The reason names the parameter, not its value, and nothing is sent."""
    http = ScriptedHttpClient(http_response(200))
    with pytest.raises(Permanent, match=f"The secret {secret} ") as raised:
        SLACK.send(OUTGOING, WEBHOOK if secret == "team" else BOT, connections(http, secrets={secret: value}))
    assert ("canary" in str(raised.value), http.requests) == (False, [])


def test_a_failure_of_the_exchange_is_passed_on() -> None:
    """The exchange decides whether anything was sent."""
    lost = Unconfirmed("hooks.slack.com: lost")
    assert failure_of(lost) is lost
