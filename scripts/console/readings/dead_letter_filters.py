"""The filters of dead letters in an address or a form, and the conditions that never stand in an address.

The names of the fields are those of the flags, but `alma-action`, because `action` is what a form does. Several values
are repeated fields, or one with commas. A condition can name a value of an event, so an address has only its ID.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import FormData, ImmutableMultiDict

from scripts.cli.exit_codes import ConfigurationError
from scripts.console.console import Console
from scripts.console.kept import Kept
from scripts.console.per_console import PerConsole
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.queue_checks import check_for_notifications
from scripts.dead_letters.queue_name import OF_PRODUCT, QueueName

Fields = FormData | ImmutableMultiDict[str, str]

CODES: Final = {
    "cause": ("causes", "Cause"),
    "route": ("routes", "Route"),
    "target": ("targets", "Target"),
    "alma-action": ("actions", "Action of Alma"),
    "event": ("events", "Event"),
    "alma-profile": ("profiles", "Alma profile"),
}
"""The fields with codes, with the filter of each and its name for people."""

TIMES: Final = ("since", "until")
"""The fields with a time."""

OF_NOTIFICATIONS: Final = frozenset({"cause", "target"})
"""The fields with codes that notifications have."""

_MOST_CONDITIONS: Final = 100


_CONDITIONS: Final = PerConsole(lambda _: Kept[str]("condition", _MOST_CONDITIONS))


def keep_condition(console: Console, text: str) -> str:
    """Keep a condition on the server and return the ID that stands for it in addresses; the same for the same text."""
    conditions = _CONDITIONS.of(console)
    known = [id_ for id_, each in conditions.newest() if each == text]
    return known[0] if known else conditions.add(text)[0]


def _condition(console: Console, id_: str) -> str:
    text = _CONDITIONS.of(console).get(id_)
    if text is None:
        raise ConfigurationError("This console does not have the condition of this URL any more. Type it again.")
    return text


def queue_in(fields: Fields) -> QueueName:
    """Return the queue that the fields name. Raise ConfigurationError for another text."""
    text = fields.get("queue") or QueueName.webhooks
    if text not in OF_PRODUCT:
        raise ConfigurationError(f"The queue is one of {', '.join(OF_PRODUCT)}.")
    return QueueName(str(text))


def filters_in(console: Console, fields: Fields, now: datetime) -> Filters:
    """Return the filters that the fields name, with the text of a condition.

    Raise ConfigurationError for an invalid filter, or one that the queue does not have.
    """
    condition = str(fields.get("condition") or "")
    texts = {name: str(fields.get(name) or "").strip() for name in TIMES}
    texts["where"] = _condition(console, condition) if condition else ""
    codes = {name: tuple(_codes(fields, field)) for field, (name, _) in CODES.items()}
    filters = replace(Filters(), **codes, **texts)  # type: ignore[arg-type] # each has the type of its filter
    Selection(filters, now)  # raises for what is not a filter
    if queue_in(fields) == QueueName.notifications:
        check_for_notifications(filters)
    return filters


def _codes(fields: Fields, name: str) -> Iterator[str]:
    for value in fields.getlist(name):
        yield from filter(None, map(str.strip, str(value).split(",")))


def carried(fields: Fields) -> list[tuple[str, str]]:
    """Return the fields of the filters and the queue that are set, for an address or hidden fields of a form."""
    names = ("queue", *CODES, *TIMES, "condition")
    found = [(name, str(value).strip()) for name in names for value in fields.getlist(name)]
    return [(name, value) for name, value in found if value]


def address(fields: list[tuple[str, str]], **more: str | int) -> str:
    """Return the address of the page of dead letters with these fields."""
    query = urlencode([*fields, *((name, str(value)) for name, value in more.items())])
    return f"/dead-letters?{query}" if query else "/dead-letters"
