"""Test that executions are found in every state machine, and that unreadable ones are reported."""

import re
from datetime import timedelta
from typing import Any

import pytest

from scripts.executions.find import FoundExecutions, StateMachine, Status, find
from tests.scripts.executions.site import Site
from tests.scripts.executions.steps import NOW, SECRET, machine

POD, TIMDEX = StateMachine("pod", machine("pod")), StateMachine("timdex", machine("timdex"))


def quiet(_what: str, _count: int) -> None:
    """Report no progress."""


def names(found: FoundExecutions) -> list[str]:
    return [execution.name for execution in found.executions]


def test_all_that_did_not_succeed_are_found_newest_first(site: Site) -> None:
    """All state machines and pages are read; running and successful executions are skipped."""
    for number in range(5):
        site.steps.put("pod", f"p{number}", age=timedelta(hours=10 + number))
    site.steps.put("timdex", "late", "TIMED_OUT", age=timedelta(hours=1))
    site.steps.put("timdex", "stopped", "ABORTED", age=timedelta(hours=2))
    site.steps.put("timdex", "fine", "SUCCEEDED")
    site.steps.put("timdex", "busy", "RUNNING")
    reported: list[tuple[str, int]] = []
    found = find(site.aws.states, [POD, TIMDEX], lambda label, count: reported.append((label, count)))
    assert names(found) == ["late", "stopped", "p0", "p1", "p2", "p3", "p4"]
    assert (found.problems, found.executions[0].state_machine) == ([], "timdex")
    assert reported[0] == ("the executions of pod", 0)
    assert reported[-1] == ("the executions of timdex", 2)


def test_status_and_end_filter(site: Site) -> None:
    """The end counts, by the clock of AWS; other executions are not described."""
    site.steps.put("pod", "young", age=timedelta(minutes=59), startDate=NOW - timedelta(days=3))
    old = site.steps.put("pod", "old", age=timedelta(minutes=61))
    site.steps.put("pod", "aborted", "ABORTED", age=timedelta(minutes=1))
    assert names(find(site.aws.states, [POD], quiet, statuses=[Status.FAILED], since=timedelta(hours=1))) == ["young"]
    assert ("DescribeExecution", old) not in site.steps.asked
    assert names(find(site.aws.states, [POD], quiet, since=NOW - timedelta(minutes=1))) == ["aborted"]


def test_an_execution_of_an_alias_is_found_once(site: Site) -> None:
    """Although its state machine lists it too. The right that is missing is that on the state machine."""
    arn = site.steps.put("pod", "p", stateMachineAliasArn=machine("pod:PROD"))
    site.steps.put("pod", "by-hand", age=timedelta(hours=2))
    alias = StateMachine("pod:PROD", machine("pod:PROD"))
    assert names(find(site.aws.states, [alias], quiet)) == ["p"]
    found = find(site.aws.states, [POD, alias], quiet)
    assert names(found) == ["p", "by-hand"]
    assert (found.executions[0].arn, found.executions[0].state_machine) == (arn, "pod")
    site.steps.fail("ListExecutions", alias.arn, "AccessDeniedException")
    [problem] = find(site.aws.states, [alias], quiet).problems
    assert problem.endswith(f"you need states:ListExecutions on {POD.arn}.")


@pytest.mark.parametrize(
    ("operation", "code", "sentence"),
    [
        (
            "ListExecutions",
            "AccessDeniedException",
            "pod is denied: you need states:ListExecutions on arn",
        ),
        (
            "DescribeExecution",
            "AccessDeniedException",
            "state machine pod is denied: you need states:DescribeExecution",
        ),
        ("ListExecutions", "StateMachineTypeNotSupported", "pod is EXPRESS"),
        (
            "ListExecutions",
            "StateMachineDoesNotExist",
            "state machine pod cannot be read: ListExecutions, StateMachineDoes",
        ),
    ],
)
def test_a_state_machine_that_cannot_be_read_hides_no_other(
    site: Site, operation: str, code: str, sentence: str
) -> None:
    """One sentence names it."""
    arn = site.steps.put("pod", "p")
    site.steps.put("timdex", "t")
    site.steps.fail(operation, POD.arn if operation == "ListExecutions" else arn, code)
    found = find(site.aws.states, [POD, TIMDEX], quiet)
    assert names(found) == ["t"]
    [problem] = found.problems
    assert re.search(sentence, problem)


def test_f41_an_execution_that_has_gone_or_runs_again_since_it_was_listed_is_left_out(site: Site) -> None:
    """AWS deletes executions after 90 days, and another operator may have redriven one."""
    gone, other = site.steps.put("pod", "gone"), site.steps.put("pod", "other")
    site.steps.fail("DescribeExecution", gone, "ExecutionDoesNotExist")
    assert names(find(site.aws.states, [POD], quiet)) == ["other"]
    listed = dict(site.steps.executions[other])
    site.steps.executions[other]["status"] = "RUNNING"
    site.steps.executions["listed"] = listed
    found = find(site.aws.states, [POD], quiet)
    assert (names(found), found.problems) == ([], [])


def test_an_execution_is_read_from_its_description(site: Site) -> None:
    """End, error and number of redrives are included."""
    found = site.execution(site.steps.put("pod", "p1", "TIMED_OUT", redriveCount=2))
    assert (found.name, found.status, found.error, found.redrives) == ("p1", "TIMED_OUT", "States.TaskFailed", 2)
    assert (found.stopped_at, found.started_at) == (NOW - timedelta(hours=1), NOW - timedelta(minutes=61))


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        ({"redriveStatus": "REDRIVABLE"}, ""),
        ({"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Too long ago"}, "Too long ago"),
        ({"redriveStatus": "NOT_REDRIVABLE"}, "AWS reports NOT_REDRIVABLE"),
        ({"redriveStatus": "REDRIVABLE_BY_MAP_RUN"}, "AWS reports REDRIVABLE_BY_MAP_RUN"),
        ({"redriveStatus": None}, ""),
        ({"redriveStatus": None, "age": timedelta(days=14)}, "Execution redrivable period exceeded"),
    ],
)
def test_aws_decides_whether_it_is_redrivable(site: Site, described: dict[str, Any], reason: str) -> None:
    """Without a status from AWS, the limit is 14 days after the end."""
    arn = site.steps.put("pod", "p1", **described)
    found = site.execution(arn)
    assert found.not_redrivable_because == reason
    assert found.redrivable_until == (None if reason else found.stopped_at + timedelta(days=14))


def test_one_redrive_has_one_token(site: Site) -> None:
    """The next redrive and other executions have other tokens."""
    first = site.execution(site.steps.put("pod", "p1"))
    others = [first._replace(redrives=1), first._replace(arn=first.arn + "2")]
    assert first.client_token == first._replace(status="ABORTED").client_token
    assert len({each.client_token for each in [first, *others]}) == 3
    assert len(first.client_token) == 64


def test_f22_an_execution_shows_nothing_of_its_cause(site: Site) -> None:
    """A traceback does not show it either."""
    found = site.execution(site.steps.put("pod", "p1"))
    assert found.cause == SECRET
    assert SECRET not in repr(found)
