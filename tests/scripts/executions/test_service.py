"""Test the service of executions: what it finds, and that it redrives under a lock and writes an audit log."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.rate_limiter import Rate
from scripts.executions.filters import ExecutionFilters
from scripts.executions.service import ExecutionService
from scripts.routes.check import ROUTES
from tests.scripts.executions.site import LOCKS, Site

ANY = ExecutionFilters()
FAST = Rate(1000, lambda: 0.0, lambda _: None)


def test_executions_of_the_chosen_state_machines_are_found(site: Site) -> None:
    """An unknown state machine is an error before AWS is called."""
    site.steps.put("pod", "p")
    site.steps.put("timdex", "t")
    service = ExecutionService(site.scope, ROUTES)
    found, _ = service.list(ExecutionFilters(state_machines=("timdex",)))
    assert [execution.name for execution in found.executions] == ["t"]
    site.steps.asked.clear()
    with pytest.raises(ConfigurationError, match="--state-machine"):
        service.list(ExecutionFilters(state_machines=("pond",)))
    assert site.steps.asked == []


def test_each_redrive_is_audited(site: Site) -> None:
    """The line has the execution, its redrive count, the result and the caller; the lock is separate."""
    arn = site.steps.put("pod", "p1", redriveCount=1)
    locks: list[str] = []

    @contextmanager
    def deferred() -> Iterator[None]:
        locks.extend(item["id"]["S"] for item in site.aws.dynamodb.scan(TableName=LOCKS)["Items"])
        yield

    service = ExecutionService(site.scope, ROUTES, deferred=deferred)
    service.redrive(service.plan_redrive(ANY, []), FAST)
    assert (locks, site.aws.dynamodb.scan(TableName=LOCKS)["Count"]) == (["executions"], 0)
    began, line, ended = site.audited()
    assert (began["message"], ended["message"], ended["result"]) == ("began", "ended", "done")
    facts = {name: line[name] for name in ("message", "execution", "redrives", "result", "command", "account", "stage")}
    assert facts == {
        "message": "redriven",
        "execution": arn,
        "redrives": 1,
        "result": "done",
        "command": "redrive",
        "account": "123456789012",
        "stage": "dev",
    }
    assert line["who"].startswith("arn:aws:")


def test_f40_a_second_redrive_changes_nothing_meanwhile(site: Site) -> None:
    """It is rejected, and the error names the holder of the lock."""
    site.steps.put("pod", "p1")
    second = ExecutionService(site.scope, ROUTES)

    @contextmanager
    def meanwhile() -> Iterator[None]:
        with pytest.raises(RejectedError, match=r"has been changing the executions since .* with the command redrive"):
            second.redrive(second.plan_redrive(ANY, []), FAST)
        yield

    first = ExecutionService(site.scope, ROUTES, deferred=meanwhile)
    first.redrive(first.plan_redrive(ANY, []), FAST)
    assert len(site.steps.redriven) == 1
