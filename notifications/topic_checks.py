"""Checks what the models of topics leave open: the type of each integration, its configuration, and all templates."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from notifications.compose import known_members
from notifications.dollar_template import DollarTemplate
from notifications.integrations.integration import Integration
from notifications.message_template import compiled_template, has_template
from notifications.person import USER
from notifications.topics import (
    NAME_PATTERN,
    SNS_TOPIC_PATTERN,
    IntegrationEntry,
    JinjaSource,
    TopicContent,
)
from processor.routing.models import Mistake, plain_reason
from processor.routing.templates import InvalidTemplateError
from processor.routing.yaml_lines import YamlPath, walk


def mistakes_in(entry: IntegrationEntry, integrations: Mapping[str, Integration[Any]]) -> Iterator[Mistake]:
    """Find everything that would fail for every post to this integration. Paths are in the entry.

    A member with a template can only be checked when it has been rendered.
    """
    integration = integrations.get(entry.type)
    if integration is None:
        near = get_close_matches(entry.type.lower(), integrations, 1)
        advice = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(integrations))}"
        yield ("type",), f"unknown type; {advice}"
        return
    invalid = [*_template_mistakes(entry, integration)]
    yield from invalid
    try:
        configuration = integration.configuration.model_validate(entry.configuration)
    except ValidationError as error:
        unrendered = [path for path, _ in _templates(entry, integration) if not _is_in_person(path)]
        for detail in error.errors(include_input=False):
            path = ("configuration", *detail["loc"])
            if len(path) < 2 or not any(each[: len(path)] == path for each in unrendered):
                yield path, reason_of(detail, known_members(integration.configuration))
    else:
        if not invalid and not _fits_alone(entry, integration, configuration):
            yield ("model",), f"too long for {entry.type}, even without values"


def is_fallback_unused(content: TopicContent, integrations: Mapping[str, Integration[Any]]) -> bool:
    """Return whether the topic has a fallback that nothing can fall back to. An entry with mistakes may."""

    def can_fall_back(entry: IntegrationEntry) -> bool:
        try:
            integration = integrations[entry.type]
            return integration.can_fall_back(integration.configuration.model_validate(entry.configuration))
        except (KeyError, ValidationError):
            return True

    return content.fallback is not None and not any(map(can_fall_back, content.integrations))


def reason_of(detail: ErrorDetails, known: Collection[str] = ()) -> str:
    """Return in plain words what pydantic found; `known` are the keys that an unknown one can have been meant as."""
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    near = get_close_matches(last, known, 1)
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key {last!r}{f'; did you mean {near[0]!r}?' if near else ''}"
        case "string_pattern_mismatch" if detail["ctx"]["pattern"] == NAME_PATTERN:
            return "a name has lower-case letters, digits and hyphens, no hyphen first, and at most 63 characters"
        case "string_pattern_mismatch" if detail["ctx"]["pattern"] == SNS_TOPIC_PATTERN:
            return "expected the ARN of a standard SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME"
        case "string_type":
            return "expected text; put it in quotes if it is one value"
    return plain_reason(detail)


def _template_mistakes(entry: IntegrationEntry, integration: Integration[Any]) -> Iterator[Mistake]:
    for path, source in (("model",), entry.model), *_templates(entry, integration):
        try:
            compiled_template(source)
        except InvalidTemplateError as error:
            yield path, f"not a valid template: {error}"


def _templates(entry: IntegrationEntry, integration: Integration[Any]) -> Iterator[tuple[YamlPath, JinjaSource]]:
    form = integration.configuration
    for name in sorted((form.templated | {form.addressee}) & entry.configuration.keys()):
        for path, text in walk(entry.configuration[name], ("configuration", name)):
            is_template = path[-1] == USER if _is_in_person(path) else name in form.templated
            if is_template and isinstance(text, str) and has_template(text):
                yield path, JinjaSource(jinja=text)


def _is_in_person(path: YamlPath) -> bool:
    """Return whether a path leads into a person, whose form is checked though the id is a template."""
    return any(isinstance(part, str) for part in path[2:])


def _fits_alone(entry: IntegrationEntry, integration: Integration[Any], configuration: Any) -> bool:
    """Return whether the service accepts the length of the text without values, as far as that is known."""
    template = compiled_template(entry.model)
    if not isinstance(template, DollarTemplate):
        return True  # a condition can leave out a part
    pieces = template.render(dict.fromkeys(template.names, "")).pieces
    return integration.fits("".join(piece.text for piece in pieces), configuration)
