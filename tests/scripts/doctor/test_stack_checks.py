"""Test the checks of the stack's last deployment and of the local clock."""

from datetime import timedelta

import pytest

from scripts.doctor.finding import Health
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, UNKNOWN, found


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE_COMPLETE", OK),
        ("UPDATE_COMPLETE", OK),
        ("UPDATE_IN_PROGRESS", UNKNOWN),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", UNKNOWN),
        ("UPDATE_ROLLBACK_COMPLETE", UNHEALTHY),
        ("UPDATE_ROLLBACK_FAILED", UNHEALTHY),
    ],
)
def test_a_failed_deployment_is_unhealthy(subject: Subject, status: str, state: Health) -> None:
    """The previous version is running then."""
    [finding] = found(subject._replace(pipeline=subject.pipeline._replace(status=status)), "stack")
    assert finding.state is state
    assert status in finding.message
    assert (finding.fix == "alma-webhooks deploy --stage dev") == (state is UNHEALTHY)


@pytest.mark.parametrize(
    ("seconds", "state", "message"),
    [
        (0, OK, ""),
        (59, OK, ""),
        (-59, OK, ""),
        (61, UNHEALTHY, "61 s ahead of AWS"),
        (-3600, UNHEALTHY, "3600 s behind AWS"),
    ],
)
def test_a_wrong_clock_is_unhealthy(subject: Subject, seconds: int, state: Health, message: str) -> None:
    """The limit is a minute in either direction."""
    [finding] = found(subject._replace(local_time=subject.aws_time + timedelta(seconds=seconds)), "clock")
    assert finding.state is state
    assert message in finding.message
    assert bool(finding.fix) == (state is UNHEALTHY)
