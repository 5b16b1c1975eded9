"""The stack's own state and this computer's clock."""

from datetime import timedelta

import pytest

from scripts.doctor.finding import Health
from scripts.doctor.stack_checks import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import BAD, OK, UNKNOWN, found


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE_COMPLETE", OK),
        ("UPDATE_COMPLETE", OK),
        ("UPDATE_IN_PROGRESS", UNKNOWN),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", UNKNOWN),
        ("UPDATE_ROLLBACK_COMPLETE", BAD),
        ("UPDATE_ROLLBACK_FAILED", BAD),
    ],
)
def test_a_failed_deployment_is_bad(subject: Subject, status: str, state: Health) -> None:
    """What runs then is the version before."""
    [finding] = found(checks, subject._replace(pipeline=subject.pipeline._replace(status=status)), "stack")
    assert finding.state is state
    assert status in finding.message
    assert (finding.fix == "alma-webhooks deploy --stage dev") == (state is BAD)


@pytest.mark.parametrize(
    ("seconds", "state", "message"),
    [(0, OK, ""), (59, OK, ""), (-59, OK, ""), (61, BAD, "61 s ahead of AWS"), (-3600, BAD, "3600 s behind AWS")],
)
def test_a_clock_that_is_astray_is_bad(subject: Subject, seconds: int, state: Health, message: str) -> None:
    """By more than a minute, either way."""
    [finding] = found(checks, subject._replace(local_time=subject.aws_time + timedelta(seconds=seconds)), "clock")
    assert finding.state is state
    assert message in finding.message
    assert bool(finding.fix) == (state is BAD)
