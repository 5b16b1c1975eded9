"""Tests of what the models of topics leave open."""

from typing import Any

import pytest

from notifications.topic_checks import mistakes_in
from tests.notifications.fake_integrations import entry, fake_integrations, topic_with

MAIL = {"type": "mail", "configuration": {"to": ["{{ mail }}"], "subject": "{{ title }}"}}


def mistakes(**members: Any) -> list[tuple[Any, str]]:
    (checked,) = topic_with(entry(**members)).integrations
    return [(path, reason) for path, reason in mistakes_in(checked, fake_integrations())]


@pytest.mark.parametrize("members", [{}, MAIL, {"model": "x" * 2_990 + "$title"}])
def test_a_valid_integration_has_no_mistakes(members: dict[str, Any]) -> None:
    """A member with a template is not checked as what it will be, and values are not counted."""
    assert mistakes(**members) == []


def test_a_plain_text_beside_a_template_is_checked() -> None:
    """A template excuses its own member only."""
    configuration = {"to": ["desk"], "subject": "{{ title }}"}
    assert mistakes(type="mail", configuration=configuration) == [(("configuration", "to"), "an address has an @")]
    nobody = {"to": [], "subject": "{{ title }}"}
    assert mistakes(type="mail", configuration=nobody) == [(("configuration",), "mail needs a recipient")]


def test_all_mistakes_are_found() -> None:
    """Templates are compiled though the configuration is not valid."""
    configuration = {"to": ["{{ a", 7], "subject": "{{ b", "limit": 1}
    assert [path for path, _ in mistakes(model="$", type="mail", configuration=configuration)] == [
        ("model",),
        ("configuration", "subject"),
        ("configuration", "to", 0),
        ("configuration", "to", 1),
        ("configuration", "limit"),
    ]


def test_a_text_that_is_too_long_without_values_is_a_mistake() -> None:
    """The limit is that of the configuration; of Jinja2 the length is not known before it is rendered."""
    configuration = {"url": {"ssm": "chat-team"}, "limit": 10}
    assert mistakes(model="0123456789$title", configuration=configuration) == []
    assert mistakes(model="0123456789a$title", configuration=configuration) == [
        (("model",), "too long for chat, even without values")
    ]
    assert mistakes(model={"jinja": "0123456789a"}, configuration=configuration) == []
