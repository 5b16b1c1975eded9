"""Tests of messages with every integration: from notifications.yaml to what is queued."""

# ruff: noqa: RUF001 -- the texts are meant as they are

import html
import json
from typing import Any

import pytest

from notifications.compose import compose
from notifications.integrations.table import INTEGRATIONS
from notifications.notification import Notification
from notifications.topic_file import InvalidTopicsError, read_topics
from tests.notifications.fake_integrations import HASH

FILE = """\
channels:
  library:
    jobs:
      integrations:
        - {name: slack, type: slack, model: "*Title:* $title *End*", configuration: {url: {ssm: slack-team}}}
        - {name: teams, type: teams, model: "**Title:** $title **End**", configuration: {url: {ssm: teams-team}}}
        - name: telegram
          type: telegram
          model: {jinja: "<b>Title:</b> {{ title }} <b>End</b>"}
          configuration: {token: {ssm: telegram-bot}, chat: -1001234567890}
        - name: email
          type: email
          model: "Title: $title End"
          configuration: {from: desk@example.org, to: ["{{ name }} <{{ mail }}>"], subject: "Title: {{ title }}"}
        - {name: sms, type: sms, model: "Title: $title End", configuration: {to: "{{ phone }}"}}
        - name: http
          type: http
          model: '{"title": "$title", "end": 1}'
          configuration: {url: "https://desk.example.org/hook", secret: {ssm: hook}}
"""
VALUES = {"name": "Ada", "mail": "ada@example.org", "phone": "+4930123456"}
MARKUP = "<!channel> <@U1> <b> & </b> **x** [a](https://example.org) {{DATE(1)}} \" \\ ' \u202egnp.exe\u2069\r\n# 1."
HOSTILE = {
    "markup": MARKUP,
    "10 kB": MARKUP * 100,
    "1 MB": "x" * 1_000_000,
    "entities": "&" * 10_000,
    "emoji": "👩🏽‍🏫" * 2_000,
    "right to left": "\u202e\u2067שלום " * 1_000,
    "typography": "„–’…" * 100,
}


def composed(title: str) -> dict[str, Notification]:
    (declared,) = read_topics(FILE, INTEGRATIONS)
    post = compose(declared.with_id(HASH), {**VALUES, "title": title}, "key:1", INTEGRATIONS)
    return {notification.name: notification for notification in post.notifications}


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_f38_every_integration_gets_a_text_that_fits_with_its_template_intact(title: str) -> None:
    """The text begins and ends as its template does, its service accepts the length, and no override is left."""
    notifications = composed(title)
    assert list(notifications) == list(INTEGRATIONS)
    for name, (start, end) in {
        "slack": ("*Title:* ", " *End*"),
        "teams": ("**Title:** ", " **End**"),
        "telegram": ("<b>Title:</b> ", " <b>End</b>"),
        "email": ("Title: ", " End"),
        "sms": ("Title: ", " End"),
        "http": ('{"title": "', '", "end": 1}'),
    }.items():
        notification = notifications[name]
        text = notification.message
        assert text.startswith(start)
        assert text.endswith(end)
        assert not {"\u202e", "\u2067", "\u2069", "\r"} & set(text + json.dumps(notification.credentials))
        integration = INTEGRATIONS[name]
        members = {key: value for key, value in notification.credentials.items() if key != "type"}
        assert integration.fits(text, integration.configuration.model_validate(members))


def test_f38_markup_in_a_value_is_shown_as_it_is() -> None:
    """No service finds a tag, a mention or a string's end that is not in the template."""
    notifications = composed(MARKUP)
    assert notifications["telegram"].message.count("<") == 4
    assert "<" not in notifications["slack"].message
    assert "&lt;!channel&gt;" in notifications["slack"].message
    title = json.loads(notifications["http"].message)["title"]
    assert title == MARKUP.replace("\u202e", "").replace("\u2069", "").replace("\r\n", "\n")
    assert html.unescape(notifications["telegram"].message.replace("\u2060", "")).count(title) == 1


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            '"{{ phone }}"',
            "+4930123456",
            "line 15, library/jobs, integration sms, configuration.to: put text of many",
        ),
        ('"{{ phone }}"', "4930123456", "line 15, library/jobs, integration sms, configuration.to: expected text; put"),
        (
            '"{{ phone }}"',
            '"030 123456"',
            "line 15, library/jobs, integration sms, configuration.to: is not a phone num",
        ),
        ("from: desk@example.org, ", "", "line 14, library/jobs, integration email, configuration: from is missing"),
        ("from: desk", "form: desk", "line 14, library/jobs, integration email, configuration: from is missing"),
        ("desk@example.org", "desk", "line 14, library/jobs, integration email, configuration.from: is not one e-mail"),
        ("{ssm: hook}", "{ssm: Hook}", "line 19, library/jobs, integration http, configuration.secret.ssm: a name has"),
        ("https://desk", "http://desk", "line 19, library/jobs, integration http, configuration.url: "),
        ("type: sms", "type: SMS", "line 15, library/jobs, integration sms, type: unknown type; did you mean 'sms'?"),
    ],
)
def test_mistakes_in_a_configuration_are_found_in_the_file(old: str, new: str, problem: str) -> None:
    """Each integration checks its own configuration, and the reader adds line and place."""
    with pytest.raises(InvalidTopicsError) as raised:
        read_topics(FILE.replace(old, new, 1), INTEGRATIONS)
    found: list[Any] = raised.value.problems
    assert any(str(each).startswith(problem) for each in found), found
