"""Test the values of the command line, and the sample values of variables without one."""

from typing import Any

import pytest

from notifications.topics import IntegrationEntry
from scripts.cli.exit_codes import ConfigurationError
from scripts.topics.given_values import given_values, sample_values
from tests.notifications.fake_integrations import fake_integrations


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("title=Backup ended", {"title": "Backup ended"}),
        ("title=", {"title": ""}),
        ("formula=a=b", {"formula": "a=b"}),
        ("count=3", {"count": "3"}),
        ("count:=3", {"count": 3}),
        ('job:={"id": null}', {"job": {"id": None}}),
    ],
)
def test_a_value_is_text_or_json(word: str, values: dict[str, Any]) -> None:
    """The first equals sign ends the name; a colon before it means JSON."""
    assert given_values([word]) == values


@pytest.mark.parametrize("words", [["canary"], ["=canary"], [":=1"], ["a=canary", "a=canary"], ["a:=canary"]])
def test_other_words_are_rejected_without_their_value(words: list[str]) -> None:
    """A value can be personal."""
    with pytest.raises(ConfigurationError) as raised:
        given_values(words)
    assert "canary" not in str(raised.value)


def test_every_variable_without_a_value_gets_a_sample() -> None:
    """Those of the model and of templated members of the configuration, in both languages."""
    configuration = {"to": ["{{ mail }}", "desk@example.org"], "subject": "{{ kind }}: {{ title }}"}
    entry = IntegrationEntry.model_validate(
        {"name": "desk", "type": "mail", "model": "$title of ${owner}", "configuration": configuration}
    )
    samples = sample_values(entry, fake_integrations(), {"title": "x"})
    assert samples == {"kind": "sample kind", "mail": "sample mail", "owner": "sample owner"}
    jinja = entry.model_copy(update={"configuration": {"to": ["desk@example.org"]}})
    jinja = IntegrationEntry.model_validate({**jinja.model_dump(), "model": {"jinja": "{{ job.id }}{{ title }}"}})
    assert sample_values(jinja, fake_integrations(), {}) == {"job": "sample job", "title": "sample title"}
