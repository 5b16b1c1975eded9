"""Compare what two routes files do with events. Names what differs, and never a value of an event's body."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from ingest.envelope import Envelope
from processor.delivery import Delivery
from scripts.route_diff.events import ComparedEvent
from scripts.route_diff.sides import RoutesSide
from scripts.routes.explain import JSON_MEMBERS, Explanation, explain

_PLACE: Final = frozenset({"route", "name", "place"})
# What the same delivery has in common by both files: its key, or else its route and target if its entry has a new name.
_SAME: Final[tuple[Callable[[Delivery], Any], ...]] = (
    lambda delivery: delivery.key,
    lambda delivery: (delivery.route, delivery.target),
)


class PlannedDelivery(NamedTuple):
    """A delivery that only one of the files makes; `fallback` if by a fallback route."""

    route: str
    target: str
    fallback: bool


class ChangedDelivery(NamedTuple):
    """A delivery that both files make, and the names of the members that differ: `input.date`, `execution_name`."""

    route: str
    target: str
    members: tuple[str, ...]


class PlannedFailure(NamedTuple):
    """A failure that only one of the files causes; the event becomes a dead letter. Unknown texts are empty."""

    cause_class: str
    reason: str
    route: str
    target: str


class RoutesDifference(NamedTuple):
    """What differs for an event between the old file and the new one, with the outcome by both."""

    removed: list[PlannedDelivery]
    added: list[PlannedDelivery]
    changed: list[ChangedDelivery]
    failures_removed: list[PlannedFailure]
    failures_added: list[PlannedFailure]
    outcome_before: str
    outcome_after: str

    @property
    def is_empty(self) -> bool:
        """Whether both files do the same."""
        return not any((self.removed, self.added, self.changed, self.failures_removed, self.failures_added))


class EventDifference(NamedTuple):
    """An event that the files deliver differently; `profiles` are the Alma profiles if it depends on them."""

    known: ComparedEvent
    profiles: list[str]
    difference: RoutesDifference


class RoutesComparison(NamedTuple):
    """The differences by event, the number of events that were compared, and the names of those not readable."""

    differences: list[EventDifference]
    compared: int
    unread: list[str]

    @property
    def differ(self) -> int:
        """The number of events that are delivered differently by at least one Alma profile."""
        return len({(each.known.name, each.known.stage) for each in self.differences})


def compare(events: Iterable[ComparedEvent], old: RoutesSide, new: RoutesSide) -> RoutesComparison:
    """Compare all events."""
    differences, unread, compared = list[EventDifference](), list[str](), 0
    for known in events:
        if known.envelopes:
            compared += 1
            differences += _differences(known, old, new)
        else:
            unread.append(known.name)
    return RoutesComparison(differences, compared, unread)


def _differences(known: ComparedEvent, old: RoutesSide, new: RoutesSide) -> list[EventDifference]:
    """Return what differs; Alma profiles with the same difference are one."""
    found = list[EventDifference]()
    named = known._replace(envelopes=())  # without the bodies, which those of many dead letters would keep in memory
    for envelope in known.envelopes:
        difference = _difference(envelope, known.stage, old, new)
        same = next((each for each in found if each.difference == difference), None)
        if same:
            same.profiles.append(envelope.profile)
        else:
            found.append(EventDifference(named, [envelope.profile], difference))
    if len(found) == 1:
        found[0].profiles.clear()
    return [each for each in found if not each.difference.is_empty]


def _difference(envelope: Envelope, stage: str, old: RoutesSide, new: RoutesSide) -> RoutesDifference:
    before, after = (explain(envelope, each.compiled, each.targets, stage=stage) for each in (old, new))
    pairs, removed, added = _paired(before.deliveries, after.deliveries)
    changed = [
        ChangedDelivery(one.route, one.target, names)
        for one, other in pairs
        if (names := _changed(*_in_both(one, other, old, new)))
    ]
    failed, fails = _failures(before), _failures(after)
    return RoutesDifference(
        [PlannedDelivery(each.route, each.target, each.route in old.fallbacks) for each in removed],
        [PlannedDelivery(each.route, each.target, each.route in new.fallbacks) for each in added],
        changed,
        [each for each in failed if each not in fails],
        [each for each in fails if each not in failed],
        before.outcome,
        after.outcome,
    )


def _paired(
    removed: list[Delivery], added: list[Delivery]
) -> tuple[list[tuple[Delivery, Delivery]], list[Delivery], list[Delivery]]:
    """Return the deliveries that both files make in pairs, those that only the old one makes, and those of the new."""
    pairs = []
    for place in _SAME:
        for before in list(removed):
            after = next((each for each in added if place(each) == place(before)), None)
            if after:
                removed.remove(before)
                added.remove(after)
                pairs.append((before, after))
    return pairs, removed, added


def _changed(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the members that differ. A member that differs as a whole stands for those in it."""
    names = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    return tuple(sorted(name for name in names if "." not in name or name.partition(".")[0] not in names))


def _in_both(one: Delivery, other: Delivery, old: RoutesSide, new: RoutesSide) -> tuple[dict[str, str], dict[str, str]]:
    """Return the members of a delivery by both files. What the target gets has the name that the route has for it."""
    has_message = any(each.place.endswith(".message") for each in (one, other))  # a function can have either
    names = {"key": "delivery_key", "detail": "input", "payload": "message" if has_message else "input"}
    return _members(one, old, names), _members(other, new, names)


def _members(delivery: Delivery, side: RoutesSide, names: Mapping[str, str]) -> dict[str, str]:
    """Return each member as text by its name, and the members of an object by theirs if the routes file has them.

    `names` are shown instead of some members' own. Other names of an object can come from the body: those of the
    event's fields, and those that a text with the tag `!json` makes.
    """
    made: dict[str, str] = {}
    for name, value in vars(delivery).items():
        parsed = json.loads(value) if name in JSON_MEMBERS else value
        shown = names.get(name, name)
        if isinstance(parsed, dict) and (parsed is value or parsed.keys() <= side.body_keys(delivery.route)):
            made |= {f"{shown}.{inner}": json.dumps(one) for inner, one in parsed.items()}
        elif name not in _PLACE:
            made[shown] = json.dumps(parsed)
    return made


def _failures(explanation: Explanation) -> list[PlannedFailure]:
    return [PlannedFailure(each.cause_class, each.reason, each.route, each.target) for each in explanation.failures]
