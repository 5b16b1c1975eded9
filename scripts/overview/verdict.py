"""Judge in one sentence whether a stack is healthy. Calls no AWS."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from scripts.cli.plural import plural
from scripts.doctor.queue_load import age_text
from scripts.overview.service import DEAD_NOTIFICATIONS, AlarmStates, EventSummary, WaitingMessages


class Health(StrEnum):
    """Whether a stack is healthy; unknown if something could not be read."""

    healthy = "healthy"
    unhealthy = "unhealthy"
    unknown = "unknown"


class Verdict(NamedTuple):
    """Whether the stack is healthy, and why, as one sentence or two."""

    health: Health
    sentence: str


class Readings(NamedTuple):
    """What was read, None where there is nothing yet, and `gaps`: clauses that say what was not read or is old."""

    events: EventSummary | None
    waiting: list[WaitingMessages] | None
    alarms: AlarmStates | None
    gaps: Sequence[str] = ()


def verdict_of(readings: Readings) -> Verdict:
    """Judge the readings: problems first, then gaps. Only complete readings without a problem are healthy."""
    problems = list(_problems(readings))
    gaps = [*readings.gaps, *_unknown_ages(readings.waiting or [])]
    not_known = f"Unknown: {'; '.join(gaps)}." if gaps else ""
    if problems:
        return Verdict(Health.unhealthy, f"Unhealthy: {'; '.join(problems)}. {not_known}".rstrip())
    if not readings.events or readings.waiting is None or not readings.alarms or gaps:
        return Verdict(Health.unknown, not_known or "Unknown: not everything was read yet.")
    alarms = "no alarm is active" if readings.alarms.total else "no alarms are deployed"
    return Verdict(
        Health.healthy, f"Healthy: no accepted event is missing, nothing waits too long, no dead letters, {alarms}."
    )


def _problems(readings: Readings) -> Iterator[str]:
    """Yield a clause for each problem."""
    if readings.events:
        yield from _problems_of_events(readings.events)
    for waiting in readings.waiting or []:
        yield from _problems_of_queue(waiting)
    active = readings.alarms.active if readings.alarms else []
    if len(active) == 1:
        yield f"{active[0].name} is in alarm"
    elif active:
        yield f"{plural(len(active), 'alarm')} active"


def _problems_of_events(events: EventSummary) -> Iterator[str]:
    if missing := events.flow.missing:
        yield f"{plural(missing, 'accepted event is', 'accepted events are')} missing"
    if slow := sum(latencies.over_limit for latencies in events.traffic.latencies):
        yield f"{plural(slow, 'request')} took longer than 5 s"


def _problems_of_queue(waiting: WaitingMessages) -> Iterator[str]:
    load = waiting.load
    if load is None:
        yield f"{'the queue of ' if waiting.holds_dead_letters else ''}the {waiting.name} does not exist"
    elif waiting.holds_dead_letters and load.messages:
        of = " of notifications" if waiting.name == DEAD_NOTIFICATIONS else ""
        yield plural(load.messages, f"dead letter{of}", f"dead letters{of}")
    elif load.age is not None and load.age > load.age_limit:
        yield f"the oldest message on the {waiting.name} has waited {age_text(load.age)}"


def _unknown_ages(found: Sequence[WaitingMessages]) -> Iterator[str]:
    """Yield a clause for each queue of which nobody knows how long its messages have waited."""
    for waiting in found:
        if waiting.messages and not waiting.holds_dead_letters and waiting.load and waiting.load.age is None:
            why = f" ({waiting.age_problem})" if waiting.age_problem else ""
            yield f"how long messages have waited on the {waiting.name}{why}"
