"""Advice for unknown keys in routes.yaml."""

from difflib import get_close_matches
from typing import Final

from processor.routing.deliver import (
    EventBusEntry,
    FunctionEntry,
    NotificationEntry,
    QueueEntry,
    StateMachineEntry,
    TopicEntry,
)
from processor.routing.yaml_lines import YamlPath

_ENTRIES: Final = {
    f"{entry.kind} entry": (noun, entry)
    for noun, entry in (
        ("a topic", TopicEntry),
        ("a state machine", StateMachineEntry),
        ("a queue", QueueEntry),
        ("an event bus", EventBusEntry),
        ("a function", FunctionEntry),
        ("a notification", NotificationEntry),
    )
}
_BODIES: Final = ("input", "message", "payload", "detail", "body")  # also what AWS calls them


def key_advice(path: YamlPath) -> str:
    """Return the end of a sentence about an unknown key of an entry of `deliver`, empty without any advice.

    `path` is pydantic's: after the number of the entry it has the tag of its model.
    """
    match path:
        case ("routes", int(), "deliver", int(), str(tag), str(key)) if tag in _ENTRIES:
            noun, entry = _ENTRIES[tag]
        case _:
            return ""
    if key in _BODIES:
        taken = " or ".join(field for field in _BODIES if field in entry.model_fields)
        return f"; {noun} takes {taken or 'none: its topic has the text'}"
    near = get_close_matches(key, entry.model_fields, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
