"""Test that executions are redriven one by one, each once, and that every result is recorded."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.cli.rate_limiter import Rate
from scripts.executions.changing import RedriveSession
from scripts.executions.execution import Execution
from scripts.executions.redriving import Redriving
from tests.scripts.executions.site import Site


class Noted(RedriveSession):
    """A session that notes what was recorded, and whose lock can be lost."""

    def __init__(self, lost_after: int = 1000) -> None:
        self.did: list[str] = []
        self._lost_after = lost_after

    def renew(self) -> None:
        if len(self.did) >= self._lost_after:
            raise FailedError("The lock is lost.")

    def record(self, execution: Execution, result: str) -> None:
        self.did.append(f"{execution.name} {result}")


def quiet(_done: int, _count: int) -> None:
    """Report no progress."""


def run(site: Site, redriving: Redriving, session: RedriveSession) -> None:
    redriving.run(site.aws.states, Rate(1000, lambda: 0.0, lambda _: None), quiet, session, nullcontext)


def put(site: Site, *names: str) -> list[Execution]:
    return [site.execution(site.steps.put("pod", name)) for name in names]


def test_each_is_redriven_and_recorded(site: Site) -> None:
    """The order is kept; executions that are not redrivable are not attempted."""
    one, two = put(site, "p1", "p2")
    old = site.execution(site.steps.put("pod", "old", redriveStatus="NOT_REDRIVABLE", redriveStatusReason="Too old"))
    redriving, session = Redriving([one, old, two]), Noted()
    assert (redriving.redrivable, redriving.not_begun) == ([one, two], 2)
    run(site, redriving, session)
    assert site.steps.redriven == [one.arn, two.arn]
    assert session.did == ["p1 done", "p2 done"]
    assert (redriving.redriven, redriving.failed, redriving.not_begun) == ([one, two], {}, 0)
    assert redriving.not_redrivable == {old.arn: "Too old"}


def test_f40_the_same_redrive_repeated_does_nothing_twice(site: Site) -> None:
    """A response was lost or the list was old: AWS recognizes the redrive by its token."""
    [one] = put(site, "p1")
    for _ in range(2):
        redriving = Redriving([one])
        run(site, redriving, Noted())
        assert redriving.redriven == [one]
    assert site.steps.redriven == [one.arn]


def test_f43_one_that_fails_stops_no_other(site: Site) -> None:
    """The reason of AWS is reported, for example that it is running again."""
    one, two, three = put(site, "p1", "p2", "p3")
    site.steps.executions[one.arn]["status"] = "RUNNING"
    site.steps.refuse("RedriveExecution", two.arn, "AccessDeniedException")
    redriving, session = Redriving([one, two, three]), Noted()
    run(site, redriving, session)
    assert redriving.failed == {
        one.arn: "ExecutionNotRedrivable, Execution is RUNNING",
        two.arn: "AccessDeniedException, No",
    }
    assert (redriving.redriven, redriving.not_begun) == ([three], 0)
    assert session.did[0] == "p1 ExecutionNotRedrivable, Execution is RUNNING"


@pytest.mark.parametrize("code", ["InvalidAction", "UnknownOperationException"])
def test_an_emulator_without_the_action_ends_the_redrive(site: Site, code: str) -> None:
    """It ends at the first execution with one sentence."""
    one, two = put(site, "p1", "p2")
    for execution in (one, two):
        site.steps.refuse("RedriveExecution", execution.arn, code)
    redriving = Redriving([one, two])
    with pytest.raises(FailedError, match="does not support RedriveExecution"):
        run(site, redriving, Noted())
    assert (redriving.not_begun, site.steps.asked.count(("RedriveExecution", two.arn))) == (2, 0)


def test_f40_nothing_more_is_redriven_when_the_lock_is_lost(site: Site) -> None:
    """The results so far are reported."""
    executions = put(site, "p1", "p2", "p3")
    redriving = Redriving(executions)
    with pytest.raises(FailedError, match="lock is lost"):
        run(site, redriving, Noted(lost_after=1))
    assert (site.steps.redriven, redriving.not_begun) == ([executions[0].arn], 2)


def test_f47_the_rate_is_kept(site: Site) -> None:
    """The first redrive starts at once."""
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    redriving = Redriving(put(site, "p1", "p2", "p3"))
    redriving.run(site.aws.states, Rate(2, lambda: now[0], sleep), quiet, Noted(), nullcontext)
    assert slept == [0.5, 0.5]


def test_f46_an_interruption_waits_until_the_result_is_recorded(site: Site) -> None:
    """A redrive that AWS accepted is in the audit log and in the summary."""
    session, blocks = Noted(), []

    @contextmanager
    def deferred() -> Iterator[None]:
        before = len(site.steps.redriven), len(session.did)
        yield
        blocks.append((before, (len(site.steps.redriven), len(session.did))))
        if len(blocks) == 2:
            raise KeyboardInterrupt

    redriving = Redriving(put(site, "p1", "p2", "p3"))
    with pytest.raises(KeyboardInterrupt):
        redriving.run(site.aws.states, Rate(1000, lambda: 0.0, lambda _: None), quiet, session, deferred)
    assert blocks == [((0, 0), (1, 1)), ((1, 1), (2, 2))]
    assert (len(redriving.redriven), redriving.not_begun) == (2, 1)


def test_progress_is_reported(site: Site) -> None:
    """It goes from zero to the total."""
    reported: list[tuple[int, int]] = []
    redriving = Redriving(put(site, "p1", "p2"))
    rate = Rate(1000, lambda: 0.0, lambda _: None)
    redriving.run(site.aws.states, rate, lambda *each: reported.append(each), Noted(), nullcontext)
    assert reported == [(0, 2), (1, 2), (2, 2)]
