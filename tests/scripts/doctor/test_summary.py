"""The summary at the beginning of `doctor`."""

import pytest

from scripts.doctor.check import Finding, Health
from scripts.doctor.checks import Examination
from scripts.doctor.summary import result_of, summary_lines

OK, WARNING, UNHEALTHY, UNKNOWN = Health.ok, Health.warning, Health.unhealthy, Health.unknown
WELL = [
    Finding("stack", OK, "alma-webhooks-dev is CREATE_COMPLETE"),
    Finding("queue", OK, "no event is waiting on the webhook queue"),
    Finding("dead letters", OK, "no dead letters"),
    Finding("requests", OK, "none answered 4XX or 5XX in the last hour, by the gateway's log"),
    Finding("last event", OK, "heartbeat at 2026-11-24T12:05Z"),
    Finding("last event", OK, "alma at 2026-11-24T12:00Z"),
]


def summary(*findings: Finding) -> list[str]:
    return list(summary_lines(Examination("alma-webhooks-dev", "us-east-1", findings)))


def test_a_healthy_stack_is_six_lines() -> None:
    """Whether all is well, then the traffic: what an operator looks at first."""
    assert summary(*WELL) == [
        "alma-webhooks-dev, us-east-1: healthy",
        "last event      alma at 2026-11-24T12:00Z",
        "last heartbeat  at 2026-11-24T12:05Z",
        "queue           no event is waiting on the webhook queue",
        "dead letters    no dead letters",
        "requests        none answered 4XX or 5XX in the last hour, by the gateway's log",
    ]


def test_problems_are_counted_and_named_by_severity() -> None:
    """Each check once; there are never more than ten lines."""
    problems = [
        *(
            Finding("mapping", UNHEALTHY, "disabled"),
            Finding("alarms", UNHEALTHY, "a"),
            Finding("alarms", WARNING, "b"),
        ),
        *(Finding("alarms", UNHEALTHY, "c"), Finding("targets", UNKNOWN, "access denied")),
    ]
    lines = summary(*problems, *WELL)
    assert lines[:4] == [
        "alma-webhooks-dev, us-east-1: 3 unhealthy, 1 unknown, 1 warning",
        "unhealthy       mapping, alarms",
        "unknown         targets",
        "warning         alarms",
    ]
    assert len(lines) <= 10


def test_the_newest_event_of_several_profiles_is_shown() -> None:
    """The others are counted; a profile without events comes last."""
    lines = summary(
        Finding("last event", OK, "heartbeat: none in the last 24 h"),
        Finding("last event", OK, "alma: none in the last 24 h"),
        Finding("last event", OK, "consortium at 2026-11-24T12:00Z"),
        Finding("last event", OK, "other at 2026-11-24T13:00Z"),
    )
    assert lines[1:] == [
        "last event      other at 2026-11-24T13:00Z; 2 more below",
        "last heartbeat  none in the last 24 h",
    ]


@pytest.mark.parametrize(
    ("states", "text"),
    [((), "healthy"), ((OK, WARNING), "healthy, 1 warning"), ((UNKNOWN, UNHEALTHY), "1 unhealthy, 1 unknown")],
)
def test_warnings_are_healthy(states: tuple[Health, ...], text: str) -> None:
    """No event is lost because of one."""
    assert result_of([Finding("x", state, "") for state in states]) == text


def test_f49_the_summary_is_escaped() -> None:
    """Messages can quote any text."""
    assert all(line.isprintable() for line in summary(Finding("queue", UNHEALTHY, "\x1b[2J")))
