"""Test that redriving holds a lock and writes every result to the audit log."""

import time

import pytest

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.executions.changing import RedriveSession, redrive_session
from tests.scripts.executions.site import LOCKS, Site


def locks(site: Site) -> list[str]:
    return [item["id"]["S"] for item in site.aws.dynamodb.scan(TableName=LOCKS)["Items"]]


def test_each_redrive_is_audited(site: Site) -> None:
    """The line has the execution, its redrive count, the result and the caller; the lock is separate."""
    execution = site.execution(site.steps.put("pod", "p1", redriveCount=1))
    with redrive_session(site.scope, "redrive") as session:
        assert locks(site) == ["executions"]
        session.record(execution, "done")
    assert locks(site) == []
    began, line, ended = site.audited()
    assert (began["message"], ended["message"], ended["result"]) == ("began", "ended", "done")
    facts = {name: line[name] for name in ("message", "execution", "redrives", "result", "command", "account", "stage")}
    assert facts == {
        "message": "redriven",
        "execution": execution.arn,
        "redrives": 1,
        "result": "done",
        "command": "redrive",
        "account": "123456789012",
        "stage": "dev",
    }
    assert line["who"].startswith("arn:aws:")


def test_f40_a_second_redrive_changes_nothing_meanwhile(site: Site) -> None:
    """It is rejected, and the error names the holder of the lock."""
    with (
        redrive_session(site.scope, "redrive"),
        pytest.raises(RejectedError, match=r"has been changing the executions since .* with the command redrive"),
        redrive_session(site.scope, "redrive"),
    ):
        pytest.fail("it may redrive")


def test_f40_a_lost_lock_ends_it(site: Site) -> None:
    """The computer slept, and another command acquired the lock."""
    now = [time.time()]

    def slept(session: RedriveSession) -> None:
        now[0] += 11
        with redrive_session(site.scope, "redrive", clock=lambda: now[0]):
            session.renew()

    with (
        pytest.raises(FailedError, match="this command changes nothing more"),
        redrive_session(site.scope, "redrive", seconds=10, clock=lambda: now[0]) as session,
    ):
        slept(session)
