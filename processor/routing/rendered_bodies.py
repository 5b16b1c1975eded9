"""Renders own bodies: what targets get instead of the event. `texts` are rendered, by their place in the entry."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from processor.alma import json_body
from processor.routing.bodies import FIELDS, EntryWithBody, bodies_of, texts_in
from processor.routing.places import step
from processor.routing.templates import Template
from processor.routing.yaml_scalars import JsonText


class InvalidBodyError(ValueError):
    """A rendered body is not what its target accepts. `place` is in the entry; no value of the event is quoted."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place


def own_body(entry: EntryWithBody, texts: Mapping[str, str]) -> str | None:
    """Return what the target of an entry gets instead of the event; None if it gets the event.

    Raise InvalidBodyError.
    """
    fields = vars(entry)
    for field in FIELDS:
        if (body := fields.get(field)) is not None:
            return _OF_KIND[entry.kind](body, texts, field)
    return None


def literal_mistakes(entry: EntryWithBody, templates: Mapping[str, Template]) -> Iterator[tuple[str, str]]:
    """Yield the place and the reason of each text that is the same for every event and that fails each delivery."""
    texts = {place: template.source for place, template in templates.items() if template.is_literal}
    for check in _checks(entry, texts):
        try:
            check()
        except InvalidBodyError as error:
            yield error.place, str(error)


def _checks(entry: EntryWithBody, texts: Mapping[str, str]) -> Iterator[Callable[[], Any]]:
    """Yield a check of each body, or of each JSON text in it, whose text is known."""
    for field, body in bodies_of(entry).items():
        if not isinstance(body, str | JsonText):
            for place, text in texts_in(body, field):
                if isinstance(text, JsonText) and place in texts:
                    yield partial(_parsed, text, texts[place], place)
        elif field in texts:
            yield partial(own_body, entry, texts)


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
    except json_body.NotJson:
        is_made_of_text = "{{" in template.source and "tojson" not in template.source
        advice = "; write text from Alma with | tojson" if is_made_of_text else ""
        raise InvalidBodyError(place, f"{template.source!r} does not produce JSON{advice}") from None
