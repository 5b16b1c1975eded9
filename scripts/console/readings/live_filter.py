"""Select the events of the live page by codes: an outcome, an event and a route. Knows no HTML."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode

from processor.codes import is_code
from scripts.aws.logged_event import LoggedEvent
from scripts.console.event_links import event_path

# What a filter may have: codes of Alma, names of routes, and CHANNEL/TOPIC. Nothing else belongs in an address.
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}(/[A-Za-z0-9_.-]{1,100})?")

_OUTCOMES: Final = ("delivered", "queued", "duplicate", "ignored", "retry", "dead")
_SENDER_OUTCOMES: Final = ("accepted", "duplicate", "summarized", "fallback", "retry", "dead")


class LiveFilter(NamedTuple):
    """The wanted outcome, event and route; an empty one matches all."""

    outcome: str = ""
    event: str = ""
    route: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "LiveFilter":
        """Return the filter of an address. What is not a code is left out."""
        values = (query.get(name, "") for name in cls._fields)
        return cls(*(value if _NAME.fullmatch(value) else "" for value in values))

    def matches(self, event: LoggedEvent) -> bool:
        """Return whether an event is wanted."""
        return (
            self.outcome in ("", event.shown_outcome)
            and self.event in ("", event.event)
            and (not self.route or self.route in event.routes)
        )

    def choices(self, events: Sequence[LoggedEvent], *, is_notifications: bool) -> dict[str, list[str]]:
        """Return what can be chosen: each outcome, and the events and routes that were seen or are chosen."""
        names = {self.event, *(event.event for event in events)}
        routes = {self.route, *(route for event in events for route in event.routes)}
        return {
            "outcome": [*(_SENDER_OUTCOMES if is_notifications else _OUTCOMES)],
            "event": sorted(filter(_NAME.fullmatch, names)),
            "route": sorted(filter(_NAME.fullmatch, routes)),
        }

    def query(self, **more: object) -> str:
        """Return the query of an address with this filter, without empty values."""
        return urlencode({name: value for name, value in (self._asdict() | more).items() if value not in ("", None)})


def link_to(event: LoggedEvent) -> str:
    """Return the path of the page of an event, or an empty text if it has no receipt ID."""
    return event_path(event.receipt_id) if is_code(event.receipt_id) else ""


def shown_targets(event: LoggedEvent) -> str:
    """Return the targets of an event for people."""
    return ", ".join(target.removeprefix("topic:") for target in event.targets)
