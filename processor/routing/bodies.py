"""Own bodies of deliveries: `message` and `input` of the entries of `deliver`, and the text that targets get for them.

A body is text, or YAML of mappings and lists. Every text in it is a template, keys are literal, and a text with the
tag `!json` is JSON after rendering. `texts` are rendered texts by their place in the entry: `input.list[1].date`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Final, Protocol

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from processor.alma import json_body
from processor.routing.places import step
from processor.routing.templates import Template
from processor.routing.yaml_lines import YamlPath
from processor.routing.yaml_scalars import JsonText

_FIELDS = ("message", "input")


class InvalidBodyError(ValueError):
    """A rendered body is not what its target accepts. `place` is in the entry; no value of the event is quoted."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place


class EntryWithBody(Protocol):
    """An entry of `deliver`. Some of its fields are bodies."""

    @property
    def kind(self) -> str:
        """The kind of its target."""


def _tree(value: Any) -> Any:
    if value is not None and not isinstance(value, str | JsonText | dict | list):
        raise PydanticCustomError("body_form", "expected text, names with values, or a list; put text in quotes")
    return value


def _json_object(value: Any) -> Any:
    if value is not None and not isinstance(value, str | JsonText | dict):
        raise PydanticCustomError("body_form", "expected names with values, or text that is a JSON object")
    return value


def _schema(*types: str) -> WithJsonSchema:
    description = "Text or YAML. Every text in it is a template; a text with the tag !json is JSON after rendering."
    return WithJsonSchema({"description": description, "type": [*types, "null"]})


Body = Annotated[Any, BeforeValidator(_tree), _schema("string", "object", "array")]
ObjectBody = Annotated[Any, BeforeValidator(_json_object), _schema("string", "object")]


def is_in_body(path: YamlPath) -> bool:
    """Return whether a path of routes.yaml is in an own body, where the tag `!json` is supported."""
    match path:
        case ("routes", int(), "deliver", int(), "message" | "input", *_):
            return True
    return False


def bodies_of(entry: EntryWithBody) -> dict[str, Any]:
    """Return the own bodies of an entry by their field."""
    fields = vars(entry)
    return {field: body for field in _FIELDS if (body := fields.get(field)) is not None}


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


def literal_mistakes(entry: EntryWithBody, templates: Mapping[str, Template]) -> Iterator[tuple[str, str]]:
    """Yield the place and the reason of each text that is the same for every event and that fails each delivery."""
    texts = {place: template.source for place, template in templates.items() if template.is_literal}
    for field, body in bodies_of(entry).items():
        checks: dict[str, Callable[[], Any]] = {}
        if isinstance(body, str | JsonText):
            checks[field] = partial(own_body, entry, texts)
        for place, text in _json_texts(body, field):
            checks.setdefault(place, partial(_parsed, text, texts.get(place, ""), place))
        for place in checks.keys() & texts.keys():
            try:
                checks[place]()
            except InvalidBodyError as error:
                yield place, str(error)


def _json_texts(value: Any, place: str) -> Iterator[tuple[str, JsonText]]:
    if isinstance(value, JsonText):
        yield place, value
    else:
        for key, member in _members(value):
            yield from _json_texts(member, place + step(key))


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def own_body(entry: EntryWithBody, texts: Mapping[str, str]) -> str | None:
    """Return what the target of an entry gets instead of the event; None if it gets the event.

    Raise InvalidBodyError.
    """
    fields = vars(entry)
    for field in _FIELDS:
        if (body := fields.get(field)) is not None:
            return _checked(_OF_KIND[entry.kind](body, texts, field), field)
    return None


def _message(body: Any, texts: Mapping[str, str], field: str) -> str:
    text = texts[field] if isinstance(body, str) else _json(body, texts, field)
    if not text:  # "Publish", Amazon SNS API Reference; "SendMessage", Amazon SQS API Reference
        raise InvalidBodyError(field, "the message is empty, which SNS and SQS reject")
    return text


def _payload(body: Any, texts: Mapping[str, str], field: str) -> str:
    return _input(body, texts, field) if field == "input" else _json(body, texts, field)


def _input(body: Any, texts: Mapping[str, str], field: str) -> str:
    return _json(JsonText(body) if isinstance(body, str) else body, texts, field)


def _detail(body: Any, texts: Mapping[str, str], field: str) -> str:
    detail = _input(body, texts, field)
    if not detail.startswith("{"):  # "PutEventsRequestEntry", Amazon EventBridge API Reference
        raise InvalidBodyError(field, "the input is not a JSON object, and EventBridge accepts nothing else")
    return detail


_OF_KIND: Final[dict[str, Callable[[Any, Mapping[str, str], str], str]]] = {
    "topic": _message,
    "queue": _message,
    "state_machine": _input,
    "event_bus": _detail,
    "function": _payload,
}


def _json(body: Any, texts: Mapping[str, str], place: str) -> str:
    return json.dumps(_filled(body, texts, place), ensure_ascii=False)


def _filled(value: Any, texts: Mapping[str, str], place: str) -> Any:
    if isinstance(value, str):
        return texts[place]
    if isinstance(value, dict):
        return {name: _filled(member, texts, place + step(name)) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(member, texts, place + step(number)) for number, member in enumerate(value)]
    return _parsed(value, texts[place], place) if isinstance(value, JsonText) else value


def _parsed(template: JsonText, text: str, place: str) -> Any:
    try:
        return json_body.read(text.encode())
    except ValueError:  # NotJson, and UnicodeEncodeError for half of a surrogate pair
        raise InvalidBodyError(place, f"{template.source!r} does not produce JSON") from None


def _checked(text: str, place: str) -> str:
    """Return the text. Raise InvalidBodyError for half of a surrogate pair, which has no form in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidBodyError(place, "the text has half of a surrogate pair, which is not a character") from None
    return text
