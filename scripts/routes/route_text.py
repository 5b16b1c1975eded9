"""Add a route to the text of a routes file: comments, order and line ends of the rest stay as they are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import yaml

from processor.routing import yaml_lines
from processor.routing.models import read_yaml
from scripts.cli.exit_codes import ConfigurationError
from scripts.project.yaml_text import flow_list, scalar

_BY_HAND: Final = (
    "The routes file is not written in a way that this command can extend: it needs topics as a list, and routes with "
    "each route on lines of its own. Add the route by hand; docs/routes.md shows how."
)


class NewRoute(NamedTuple):
    """A route from events to one topic. `actions` and `events` are the accepted values; without any, all are."""

    name: str
    topic: str
    actions: Sequence[str] = ()
    events: Sequence[str] = ()

    @property
    def pattern(self) -> dict[str, Any]:
        """The event pattern."""
        actions = {"action": [*self.actions]} if self.actions else {}
        return actions | ({"event": {"value": [*self.events]}} if self.events else {})


def with_route(text: str, route: NewRoute) -> str:
    """Return the text of a valid routes file with the route as its last one, and its topic.

    Raise ConfigurationError for a name that is taken, and for a file that cannot be extended.
    """
    data, _ = read_yaml(text)
    if any(each["name"] == route.name for each in data["routes"]):
        raise ConfigurationError(f"A route {route.name} is there already. Choose another NAME.")
    named = [each if isinstance(each, str) else each["name"] for each in data.get("topics", [])]
    wanted = {"name": route.name, "when": route.pattern, "deliver": [{"topic": route.topic}]}
    data["routes"].append(wanted)
    if route.topic not in named:
        data["topics"] = [*data.get("topics", []), route.topic]
        text = _with_topic(text, route.topic)
    made = _with_block(text, route)
    if not _has(made, data):
        raise ConfigurationError(_BY_HAND)
    return made


def _has(text: str, data: Any) -> bool:
    try:
        return bool(read_yaml(text)[0] == data)
    except yaml_lines.InvalidYamlError:
        return False


def _members(text: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return {key.value: (key, value) for key, value in root.value} if isinstance(root, yaml.MappingNode) else {}


def _with_block(text: str, route: NewRoute) -> str:
    members = _members(text)
    key, routes = members["routes"]
    later = [each.start_mark.index for each, _ in members.values() if each.start_mark.index > key.start_mark.index]
    place = _before_comments(text, min(later)) if later else len(text)
    indent = " " * routes.start_mark.column
    lines = (
        f"- name: {scalar(route.name)}",
        f"  when: {_flow(route.pattern)}",
        "  deliver:",
        f"    - topic: {scalar(route.topic)}",
    )
    return _inserted(text, place, "".join(f"{indent}{line}\n" for line in lines))


def _with_topic(text: str, topic: str) -> str:
    members = _members(text)
    if "topics" not in members:
        place = _before_comments(text, members["routes"][0].start_mark.index)
        return _inserted(text, place, f"topics: {flow_list([topic])}\n\n")
    _, topics = members["topics"]
    if not isinstance(topics, yaml.SequenceNode) or not topics.value:
        end = topics.end_mark.index - 1
        return text[:end] + scalar(topic) + text[end:]
    end = topics.value[-1].end_mark.index
    if topics.flow_style:
        return text[:end] + f", {scalar(topic)}" + text[end:]
    next_line = text.find("\n", end) + 1
    indent = " " * topics.start_mark.column
    return _inserted(text, next_line or len(text), f"{indent}- {scalar(topic)}\n")


def _before_comments(text: str, place: int) -> int:
    """Return the place before the comments and empty lines that stand directly above a key."""
    while place > 0:
        start = text.rfind("\n", 0, place - 1) + 1
        if text[start:place].strip() and not text.startswith("#", start):
            break
        place = start
    return place


def _inserted(text: str, place: int, lines: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    before = text[:place] if text[:place].endswith("\n") or not place else text[:place] + end
    return before + lines.replace("\n", end) + text[place:]


def _flow(pattern: Mapping[str, Any]) -> str:
    members = (f"{name}: {_flow(one) if isinstance(one, dict) else flow_list(one)}" for name, one in pattern.items())
    return f"{{{', '.join(members)}}}"
