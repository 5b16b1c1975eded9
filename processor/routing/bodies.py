"""Own bodies of deliveries: the forms of `message` and `input` in the entries of `deliver`.

A body is text, or YAML of mappings and lists. Every text in it is a template, keys are literal, and a text with the
tag `!json` is JSON after rendering. Places are those in the entry: `input.list[1].date`.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Protocol

from pydantic import BeforeValidator, WithJsonSchema

from processor.routing.places import step
from processor.routing.yaml_lines import YamlPath
from processor.routing.yaml_scalars import JsonText

FIELDS: Final = ("message", "input")


class EntryWithBody(Protocol):
    """An entry of `deliver`. Some of its fields are bodies."""

    @property
    def kind(self) -> str:
        """The kind of its target."""


def _tree(value: Any) -> Any:
    if value is not None and not isinstance(value, str | JsonText | dict | list):
        raise ValueError("expected text, names with values, or a list; put text in quotes")
    return value


def _object(value: Any) -> Any:
    if value is not None and not isinstance(value, str | JsonText | dict):
        raise ValueError("expected names with values, or text that is a JSON object")
    return value


_SCHEMA: Final = {
    "description": "Text or YAML. Every text in it is a template; a text with the tag !json is JSON after rendering."
}
Body = Annotated[
    Any, BeforeValidator(_tree), WithJsonSchema({**_SCHEMA, "type": ["string", "object", "array", "null"]})
]
ObjectBody = Annotated[Any, BeforeValidator(_object), WithJsonSchema({**_SCHEMA, "type": ["string", "object", "null"]})]


def is_in_body(path: YamlPath) -> bool:
    """Return whether a path of routes.yaml is in an own body, where the tag `!json` is supported."""
    match path:
        case ("routes", int(), "deliver", int(), "message" | "input", *_):
            return True
    return False


def bodies_of(entry: EntryWithBody) -> dict[str, Any]:
    """Return the own bodies of an entry by their field."""
    fields = vars(entry)
    return {field: body for field in FIELDS if (body := fields.get(field)) is not None}


def templates_of(entry: EntryWithBody) -> dict[str, str]:
    """Return the templates in the own bodies of an entry by their place."""
    return {place: text for field, body in bodies_of(entry).items() for place, text in _templates(body, field)}


def _templates(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, JsonText):
        yield place, value.source
    else:
        for key, member in _members(value):
            yield from _templates(member, place + step(key))


def json_texts(value: Any, place: str) -> Iterator[tuple[str, JsonText]]:
    """Yield each text with the tag `!json` in a body or a part of it at `place`, with its own place."""
    if isinstance(value, JsonText):
        yield place, value
    else:
        for key, member in _members(value):
            yield from json_texts(member, place + step(key))


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
