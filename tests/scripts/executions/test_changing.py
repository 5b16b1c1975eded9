"""What redriving stands on: it is alone, and every result is in the audit."""

import time

import pytest

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.executions.changing import Change, changing
from tests.scripts.executions.site import LOCKS, Site


def locks(site: Site) -> list[str]:
    return [item["id"]["S"] for item in site.aws.dynamodb.scan(TableName=LOCKS)["Items"]]


def test_each_redrive_is_audited(site: Site) -> None:
    """Which execution, which redrive of it, and the result, by whom and where; the lock is the executions' own."""
    execution = site.execution(site.steps.put("pod", "p1", redriveCount=1))
    with changing(site.scope, "redrive") as change:
        assert locks(site) == ["executions"]
        change.record(execution, "done")
    assert locks(site) == []
    began, line, ended = site.audited()
    assert (began["message"], ended["message"], ended["result"]) == ("began", "ended", "done")
    told = {name: line[name] for name in ("message", "execution", "redrives", "result", "command", "account", "stage")}
    assert told == {
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
    """It is refused, with who is at it."""
    with (
        changing(site.scope, "redrive"),
        pytest.raises(RejectedError, match=r"has been changing the executions since .* with the command redrive"),
        changing(site.scope, "redrive"),
    ):
        pytest.fail("it may redrive")


def test_f40_a_lost_lock_ends_it(site: Site) -> None:
    """Its computer slept, another took over."""
    now = [time.time()]

    def slept(change: Change) -> None:
        now[0] += 11
        with changing(site.scope, "redrive", clock=lambda: now[0]):
            change.renew()

    with (
        pytest.raises(FailedError, match="this command changes nothing more"),
        changing(site.scope, "redrive", seconds=10, clock=lambda: now[0]) as change,
    ):
        slept(change)
