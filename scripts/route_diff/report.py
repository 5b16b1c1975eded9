"""Output of `routes diff`: as JSON data, or as lines of text. Both name members, and quote no body."""

from collections.abc import Iterator
from typing import Any, Final

from scripts.cli.plural import plural
from scripts.route_diff.service import EventDifference, PlannedDelivery, PlannedFailure, RoutesComparison
from scripts.route_diff.sides import RoutesSide
from scripts.routes.expected import summary

_INDENT: Final = " " * 9


def as_data(old: RoutesSide, new: RoutesSide, stage: str, found: RoutesComparison) -> dict[str, Any]:
    """Return the comparison as JSON data."""
    return {
        "old": old.name,
        "new": new.name,
        "stage": stage,
        "events": [_event_data(each) for each in found.differences],
        "compared": found.compared,
        "differ": found.differ,
        "not_compared": found.unread,
    }


def _event_data(found: EventDifference) -> dict[str, Any]:
    known, difference = found.known, found.difference
    return {
        "name": known.name,
        "event": known.event or None,
        "stage": known.stage,
        "profiles": found.profiles,
        "removed": [each._asdict() for each in difference.removed],
        "added": [each._asdict() for each in difference.added],
        "changed": [each._asdict() for each in difference.changed],
        "failures_removed": [_failure_data(each) for each in difference.failures_removed],
        "failures_added": [_failure_data(each) for each in difference.failures_added],
        "outcome": {"old": difference.outcome_before, "new": difference.outcome_after},
    }


def _failure_data(failure: PlannedFailure) -> dict[str, str]:
    """Return the members as in other JSON output, without the unknown ones."""
    members = failure._asdict()
    return {name: value for name, value in ({"class": members.pop("cause_class")} | members).items() if value}


def lines(found: RoutesComparison, stage: str) -> Iterator[str]:
    """Yield each event that differs with its differences, and the summary. `stage` is that of most events."""
    for each in found.differences:
        known = each.known
        details = [f"stage {known.stage}"] if known.stage != stage else []
        details += [f"profile {', '.join(each.profiles)}"] if each.profiles else []
        event = f"  {known.event}" if known.event else ""
        yield f"differs  {known.name}{event}" + (f"  ({'; '.join(details)})" if details else "")
        yield from (f"{_INDENT}{line}" for line in _difference_lines(each))
    if found.differences:
        yield summary(found.compared, found.differ, "equal")
    else:
        yield f"No event is delivered differently ({plural(found.compared, 'event')} compared)"


def _difference_lines(found: EventDifference) -> Iterator[str]:
    difference = found.difference
    yield from (f"- {_delivery(each)}" for each in difference.removed)
    yield from (f"+ {_delivery(each)}" for each in difference.added)
    for each in difference.changed:
        yield f"~ {each.target} by route {each.route}: {', '.join(each.members)}"
    yield from (f"- failure {_failure(each)}" for each in difference.failures_removed)
    yield from (f"+ failure {_failure(each)}" for each in difference.failures_added)
    if difference.outcome_before != difference.outcome_after:
        yield f"outcome {difference.outcome_after}, was {difference.outcome_before}"


def _delivery(delivery: PlannedDelivery) -> str:
    return f"{delivery.target} by route {delivery.route}" + (" (fallback)" if delivery.fallback else "")


def _failure(failure: PlannedFailure) -> str:
    where = [f"route {failure.route}"] if failure.route else []
    where += [failure.target] if failure.target else []
    return f"{failure.cause_class}: {failure.reason}" + (f" ({', '.join(where)})" if where else "")
