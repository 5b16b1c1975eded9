"""The values of a notification on the command line, and sample values for the variables without one."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from notifications.integrations.integration import Integration
from notifications.message_template import compiled_template, has_template
from notifications.topics import IntegrationEntry, JinjaSource
from processor.routing.yaml_lines import walk
from scripts.cli.exit_codes import ConfigurationError

_SAMPLE: Final = "sample {}"


def given_values(words: Iterable[str]) -> dict[str, Any]:
    """Return the values of `NAME=TEXT` and `NAME:=JSON` by name. Raise ConfigurationError, which quotes no value."""
    values: dict[str, Any] = {}
    for number, word in enumerate(words, 1):
        name, sign, text = word.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if not sign or not name:
            raise ConfigurationError(
                f"Value {number} is not NAME=TEXT, or NAME:=JSON for a number, an object or a list."
            )
        if name in values:
            raise ConfigurationError(f"The value {name} is given twice.")
        values[name] = _json(name, text) if is_json else text
    return values


def sample_values(
    entry: IntegrationEntry, integrations: Mapping[str, Integration[Any]], given: Mapping[str, Any]
) -> dict[str, str]:
    """Return a sample text for each variable in the templates of an integration that has no given value, by name.

    Raise InvalidTemplateError.
    """
    names = {name for source in _sources(entry, integrations) for name in compiled_template(source).names}
    return {name: _SAMPLE.format(name) for name in sorted(names - given.keys())}


def _sources(entry: IntegrationEntry, integrations: Mapping[str, Integration[Any]]) -> Iterator[str | JinjaSource]:
    yield entry.model
    templated = integrations[entry.type].configuration.templated if entry.type in integrations else frozenset()
    for name in templated & entry.configuration.keys():
        for _, text in walk(entry.configuration[name], (name,)):
            if isinstance(text, str) and has_template(text):
                yield JinjaSource(jinja=text)


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigurationError(f"The value {name} is not JSON; write {name}=TEXT if it is text.") from None
