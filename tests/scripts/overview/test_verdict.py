"""Test the verdict: never healthy with a problem, and never healthy if something is not known."""

from datetime import timedelta
from typing import Any

import pytest

from scripts.cli.advice import NO_FIX
from scripts.doctor.queue_load import QueueLoad
from scripts.overview.flow import Flow
from scripts.overview.latency import Latencies
from scripts.overview.service import (
    DEAD_LETTERS,
    DEAD_NOTIFICATIONS,
    WEBHOOKS,
    ActiveAlarm,
    AlarmStates,
    EventSummary,
    WaitingMessages,
)
from scripts.overview.traffic import Traffic
from scripts.overview.verdict import Health, Readings, verdict_of
from scripts.reconciliation.reconcile import TimeWindow

MINUTE = timedelta(minutes=1)
QUIET = AlarmStates([], [], 3)


def events(missing: int = 0, slow: int = 0) -> EventSummary:
    flow = Flow(TimeWindow(0, 1), 9, {"delivered": 9 - missing, "missing": missing}, 0, [], {}, 0, [])
    return EventSummary(flow, Traffic([], [], [], [Latencies(over_limit=slow), Latencies()]))


def waiting(
    name: str = WEBHOOKS, messages: int = 0, age: timedelta | None = None, problem: str = ""
) -> WaitingMessages:
    return WaitingMessages(name, QueueLoad(messages, age, MINUTE), problem)


def alarms(*names: str) -> AlarmStates:
    return AlarmStates([ActiveAlarm(name, None, "", NO_FIX) for name in names], [], 3)


HEALTHY = Readings(events(), [waiting(), waiting(DEAD_LETTERS)], QUIET)


def test_complete_readings_without_a_problem_are_healthy() -> None:
    """Short waiting is normal; a stage can be deployed without alarms."""
    sentence = "Healthy: no accepted event is missing, nothing waits too long, no dead letters, no alarm is active."
    assert verdict_of(HEALTHY) == (Health.healthy, sentence)
    assert verdict_of(HEALTHY._replace(waiting=[waiting(messages=7, age=4 * MINUTE)])).health is Health.healthy
    without = verdict_of(HEALTHY._replace(alarms=AlarmStates([], [], 0)))
    assert without.sentence.endswith("no dead letters, no alarms are deployed.")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"events": events(missing=1)}, "1 accepted event is missing"),
        ({"events": events(missing=1200)}, "1,200 accepted events are missing"),
        ({"events": events(slow=2)}, "2 requests took longer than 5 s"),
        (
            {"waiting": [waiting(messages=1, age=6 * MINUTE)]},
            "the oldest message on the webhook queue has waited 6 min",
        ),
        ({"waiting": [WaitingMessages(WEBHOOKS, None)]}, "the webhook queue does not exist"),
        ({"waiting": [WaitingMessages(DEAD_LETTERS, None)]}, "the queue of the dead letters does not exist"),
        ({"waiting": [waiting(DEAD_LETTERS, 212)]}, "212 dead letters"),
        ({"waiting": [waiting(DEAD_NOTIFICATIONS, 1)]}, "1 dead letter of notifications"),
        ({"alarms": alarms("dev-age")}, "dev-age is in alarm"),
        ({"alarms": alarms("dev-age", "dev-errors")}, "2 alarms active"),
    ],
)
def test_each_problem_is_named(change: dict[str, Any], why: str) -> None:
    """One is enough."""
    assert verdict_of(HEALTHY._replace(**change)) == (Health.unhealthy, f"Unhealthy: {why}.")


def test_problems_come_before_what_is_not_known() -> None:
    """Both are named."""
    found = verdict_of(Readings(None, [waiting(DEAD_LETTERS, 2), waiting(DEAD_NOTIFICATIONS, 3)], None, ["the logs"]))
    sentence = "Unhealthy: 2 dead letters; 3 dead letters of notifications. Unknown: the logs."
    assert found == (Health.unhealthy, sentence)


@pytest.mark.parametrize("missing", ["events", "waiting", "alarms"])
def test_without_one_reading_nothing_is_healthy(missing: str) -> None:
    """The page is open before everything was read."""
    found = verdict_of(Readings(**(HEALTHY._asdict() | {missing: None})))
    assert found == (Health.unknown, "Unknown: not everything was read yet.")


def test_old_readings_are_not_healthy() -> None:
    """They were, but nobody knows about now."""
    found = verdict_of(HEALTHY._replace(gaps=["the logs (no answer)", "the alarms (no answer)"]))
    assert found == (Health.unknown, "Unknown: the logs (no answer); the alarms (no answer).")


def test_messages_of_an_unknown_age_are_not_healthy() -> None:
    """They may have waited for days; that of dead letters does not matter."""
    unread = [waiting(messages=1), waiting(DEAD_LETTERS)]
    assert verdict_of(HEALTHY._replace(waiting=unread)) == (
        Health.unknown,
        "Unknown: how long messages have waited on the webhook queue.",
    )
    denied = [waiting(messages=1, problem="denied")]
    assert verdict_of(HEALTHY._replace(waiting=denied)).sentence.endswith("on the webhook queue (denied).")
