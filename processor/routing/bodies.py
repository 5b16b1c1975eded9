"""Own bodies of deliveries: the forms of `message` and `input` in the entries of `deliver`.

A body is text, or YAML of mappings and lists. Every text in it is a template, keys are literal, and a text with the
tag `!json` is JSON after rendering. Places are those in the entry: `input.list[1].date`.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Protocol

from pydantic import BeforeValidator, WithJsonSchema

from processor.routing.places import place_of
from processor.routing.yaml_lines import YamlPath, walk
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
    texts = (found for field, body in bodies_of(entry).items() for found in texts_in(body, field))
    return {place: text.source if isinstance(text, JsonText) else text for place, text in texts}


def texts_in(body: Any, field: str) -> Iterator[tuple[str, str | JsonText]]:
    """Yield each text of the body in a field, with its place."""
    for path, value in walk(body, (field,)):
        if isinstance(value, str | JsonText):
            yield place_of(path), value
