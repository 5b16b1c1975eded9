"""Reads the topics of a project from its notifications.yaml, and finds everything that would fail for every post.

channels:
  library:
    jobs:
      integrations:
        - {name: team, type: slack, model: "*$title* is due", configuration: {url: {ssm: slack-team}}}
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from notifications.integrations.integration import Integration
from notifications.secret_shapes import secrets_in
from notifications.topic_checks import is_fallback_unused, mistakes_in, reason_of
from notifications.topics import NotificationName, Topic, TopicContent
from processor.routing import yaml_lines
from processor.routing.models import placed_reason
from processor.routing.places import place_of
from processor.routing.yaml_lines import YamlPath

_SECRET: Final = "looks like {kind}; store it in SSM, write {{ssm: NAME}} here, and replace it where it is valid"  # noqa: S105
_EMPTY: Final = "the file is empty: it needs `channels:`"
_UNUSED: Final = "is never used, because no integration of this topic is sent to a person or by SMS; remove it"
_LONG_NUMBER: Final = re.compile(r"[+0-9][0-9]{6,}")
_PHONE_NUMBER: Final = (
    "put text of many digits, such as a phone number, in quotes; YAML readers can take it for a number"
)
_TAG: Final = re.compile("the tag .+ is not supported|!json is supported only")
_A_TAG: Final = "a tag (!name) is not supported; put text that begins with ! in quotes"


class TopicProblem(NamedTuple):
    """A problem in notifications.yaml: `line` (from 1; 0 if unknown), topic (`library/jobs`), integration and field."""

    line: int
    topic: str
    integration: str
    field: str
    reason: str

    def __str__(self) -> str:
        integration = self.integration and f"integration {self.integration}"
        return placed_reason(self.line, (self.topic, integration, self.field), self.reason)


class InvalidTopicsError(Exception):
    """notifications.yaml is not valid; `problems` has at least one entry, in order of lines, and quotes no secret."""

    def __init__(self, problems: list[TopicProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class DeclaredTopic(NamedTuple):
    """A topic as the file has it. Its id is made when it is applied for the first time."""

    channel: str
    topic: str
    content: TopicContent

    def with_id(self, topic_id: UUID) -> Topic:
        """Return the topic with its id."""
        return Topic(id=topic_id, channel=self.channel, topic=self.topic, **dict(self.content))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: dict[NotificationName, dict[NotificationName, TopicContent]]


def read_topics(text: str, integrations: Mapping[str, Integration[Any]]) -> list[DeclaredTopic]:
    """Return the topics of the text in their order. `integrations` is by type. Raise InvalidTopicsError.

    Of a file with something that looks like a secret only that is reported, because other reasons could quote it.
    """
    _raise_any(TopicProblem(line, "", "", "", _SECRET.format(kind=kind)) for kind, line in secrets_in(text))
    data, lines = _data(text)
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_input=False)
        mistakes = [(detail["loc"], _EMPTY if data is None else reason_of(detail)) for detail in details]
    else:
        mistakes = list(_mistakes(file, integrations))
    _raise_any(_at(data, *lines.nearest(path), reason) for path, reason in mistakes)
    return [DeclaredTopic(*names, content) for names, content in _topics(file)]


def _data(text: str) -> tuple[Any, yaml_lines.Lines]:
    try:
        return yaml_lines.read(text)
    except yaml_lines.InvalidYamlError as error:
        problems = [_at(error.data, path, line, _unclear(reason)) for path, line, reason in error.mistakes]
    raise InvalidTopicsError(problems)


def _unclear(reason: str) -> str:
    """Return why a value is unclear, without the phone number or the secret that it may be."""
    if _LONG_NUMBER.match(reason):
        return _PHONE_NUMBER
    return _A_TAG if _TAG.match(reason) else reason


def _topics(file: _File) -> Iterator[tuple[tuple[str, str], TopicContent]]:
    for channel, topics in file.channels.items():
        for topic, content in topics.items():
            yield (channel, topic), content


def _mistakes(file: _File, integrations: Mapping[str, Integration[Any]]) -> Iterator[tuple[YamlPath, str]]:
    for names, content in _topics(file):
        for number, entry in enumerate(content.integrations):
            for path, reason in mistakes_in(entry, integrations):
                yield ("channels", *names, "integrations", number, *path), reason
        if content.fallback:
            for path, reason in mistakes_in(content.fallback, integrations):
                yield ("channels", *names, "fallback", *path), reason
        if is_fallback_unused(content, integrations):
            yield ("channels", *names, "fallback"), _UNUSED


def _raise_any(problems: Iterable[TopicProblem]) -> None:
    unique = list(dict.fromkeys(problems))
    if unique:
        raise InvalidTopicsError(sorted(unique, key=lambda problem: problem.line))


def _at(data: Any, path: YamlPath, line: int, reason: str) -> TopicProblem:
    match path:
        case ("channels", str(channel), str(topic), "integrations", int(number), *rest):
            entry = data["channels"][channel][topic]["integrations"][number]
            name = entry.get("name") if isinstance(entry, dict) else None
            place = (f"{channel}/{topic}", name if isinstance(name, str) else f"number {number + 1}")
        case ("channels", str(channel), str(topic), "fallback", *rest):
            place = (f"{channel}/{topic}", "fallback")
        case ("channels", str(channel), str(topic), *rest):
            place = (f"{channel}/{topic}", "")
        case _:
            place, rest = ("", ""), list(path)
    return TopicProblem(line, *place, place_of(tuple(rest)), reason)
