"""Test the service of executions: what it finds, and that it redrives under a lock and writes an audit log."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.cli.rate_limiter import Rate
from scripts.executions.filters import ExecutionFilters
from scripts.executions.find import Execution
from scripts.executions.service import ExecutionService, Redrive
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


def test_what_has_changed_since_the_plan_is_left_out(site: Site) -> None:
    """Somebody has redriven one, and another is gone; the rest is as it was."""
    names = ("same", "again", "gone", "running")
    arns = {name: site.steps.put("pod", name) for name in names}
    service = ExecutionService(site.scope, None)
    found, _ = service.list(ANY)
    site.steps.executions[arns["again"]]["redriveCount"] = 1
    site.steps.executions[arns["running"]]["status"] = "RUNNING"
    del site.steps.executions[arns["gone"]]
    again = service.plan_again(found.executions)
    assert [each.name for each in again.redrivable] == ["same"]
    assert sorted(problem.split()[1] for problem in again.problems) == ["again", "gone", "running"]


class Noted:
    """A change session that notes what was recorded, and whose lock can be lost."""

    def __init__(self, lost_after: int = 1000) -> None:
        self.did: list[str] = []
        self._lost_after = lost_after

    def renew(self) -> None:
        if len(self.did) >= self._lost_after:
            raise FailedError("The lock is lost.")

    def record(self, _message: str, *, execution: str, result: str, **_: object) -> None:
        self.did.append(f"{execution.rpartition(':')[2]} {result}")


def noted(lost_after: int = 1000) -> Any:
    return Noted(lost_after)


def quiet(_done: int, _count: int) -> None:
    """Report no progress."""


def run(site: Site, redrive: Redrive, session: Any) -> None:
    redrive.run(site.aws.states, Rate(1000, lambda: 0.0, lambda _: None), quiet, session, nullcontext)


def put(site: Site, *names: str) -> list[Execution]:
    return [site.execution(site.steps.put("pod", name)) for name in names]


def test_each_is_redriven_and_recorded(site: Site) -> None:
    """The order is kept; executions that are not redrivable are not attempted."""
    one, two = put(site, "p1", "p2")
    old = site.execution(site.steps.put("pod", "old", redriveStatus="NOT_REDRIVABLE", redriveStatusReason="Too old"))
    redrive, session = Redrive([one, old, two]), noted()
    assert (redrive.redrivable, redrive.not_begun) == ([one, two], 2)
    run(site, redrive, session)
    assert site.steps.redriven == [one.arn, two.arn]
    assert session.did == ["p1 done", "p2 done"]
    assert (redrive.redriven, redrive.failed, redrive.not_begun) == ([one, two], {}, 0)
    assert redrive.not_redrivable == {old.arn: "Too old"}


def test_f40_the_same_redrive_repeated_does_nothing_twice(site: Site) -> None:
    """A response was lost or the list was old: AWS recognizes the redrive by its token."""
    [one] = put(site, "p1")
    for _ in range(2):
        redrive = Redrive([one])
        run(site, redrive, noted())
        assert redrive.redriven == [one]
    assert site.steps.redriven == [one.arn]


def test_f43_one_that_fails_stops_no_other(site: Site) -> None:
    """The reason of AWS is reported, for example that it is running again."""
    one, two, three = put(site, "p1", "p2", "p3")
    site.steps.executions[one.arn]["status"] = "RUNNING"
    site.steps.fail("RedriveExecution", two.arn, "AccessDeniedException")
    redrive, session = Redrive([one, two, three]), noted()
    run(site, redrive, session)
    assert redrive.failed == {
        one.arn: "ExecutionNotRedrivable, Execution is RUNNING",
        two.arn: "AccessDeniedException, No",
    }
    assert (redrive.redriven, redrive.not_begun) == ([three], 0)
    assert session.did[0] == "p1 ExecutionNotRedrivable, Execution is RUNNING"


@pytest.mark.parametrize("code", ["InvalidAction", "UnknownOperationException"])
def test_an_emulator_without_the_action_ends_the_redrive(site: Site, code: str) -> None:
    """It ends at the first execution with one sentence."""
    one, two = put(site, "p1", "p2")
    for execution in (one, two):
        site.steps.fail("RedriveExecution", execution.arn, code)
    redrive = Redrive([one, two])
    with pytest.raises(FailedError, match="does not support RedriveExecution"):
        run(site, redrive, noted())
    assert (redrive.not_begun, site.steps.asked.count(("RedriveExecution", two.arn))) == (2, 0)


def test_f40_nothing_more_is_redriven_when_the_lock_is_lost(site: Site) -> None:
    """The results so far are reported."""
    executions = put(site, "p1", "p2", "p3")
    redrive = Redrive(executions)
    with pytest.raises(FailedError, match="lock is lost"):
        run(site, redrive, noted(lost_after=1))
    assert (site.steps.redriven, redrive.not_begun) == ([executions[0].arn], 2)


def test_f47_the_rate_is_kept(site: Site) -> None:
    """The first redrive starts at once."""
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    redrive = Redrive(put(site, "p1", "p2", "p3"))
    redrive.run(site.aws.states, Rate(2, lambda: now[0], sleep), quiet, noted(), nullcontext)
    assert slept == [0.5, 0.5]


def test_f46_an_interruption_waits_until_the_result_is_recorded(site: Site) -> None:
    """A redrive that AWS accepted is in the audit log and in the summary."""
    session, blocks = noted(), list[Any]()

    @contextmanager
    def deferred() -> Iterator[None]:
        before = len(site.steps.redriven), len(session.did)
        yield
        blocks.append((before, (len(site.steps.redriven), len(session.did))))
        if len(blocks) == 2:
            raise KeyboardInterrupt

    redrive = Redrive(put(site, "p1", "p2", "p3"))
    with pytest.raises(KeyboardInterrupt):
        redrive.run(site.aws.states, Rate(1000, lambda: 0.0, lambda _: None), quiet, session, deferred)
    assert blocks == [((0, 0), (1, 1)), ((1, 1), (2, 2))]
    assert (len(redrive.redriven), redrive.not_begun) == (2, 1)


def test_progress_is_reported(site: Site) -> None:
    """It goes from zero to the total."""
    reported: list[tuple[int, int]] = []
    redrive = Redrive(put(site, "p1", "p2"))
    rate = Rate(1000, lambda: 0.0, lambda _: None)
    redrive.run(site.aws.states, rate, lambda *each: reported.append(each), noted(), nullcontext)
    assert reported == [(0, 2), (1, 2), (2, 2)]
