"""What is known of an execution that did not succeed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.scripts.executions.site import Site
from tests.scripts.executions.steps import NOW, SECRET


def test_an_execution_is_what_step_functions_says_of_it(site: Site) -> None:
    """Its end, its error, and how often it was redriven."""
    found = site.execution(site.steps.put("pod", "p1", "TIMED_OUT", redriveCount=2))
    assert (found.name, found.status, found.error, found.redrives) == ("p1", "TIMED_OUT", "States.TaskFailed", 2)
    assert (found.stopped_at, found.started_at) == (NOW - timedelta(hours=1), NOW - timedelta(minutes=61))


@pytest.mark.parametrize(
    ("described", "refusal"),
    [
        ({"redriveStatus": "REDRIVABLE"}, ""),
        ({"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Too long ago"}, "Too long ago"),
        ({"redriveStatus": "NOT_REDRIVABLE"}, "AWS says NOT_REDRIVABLE"),
        ({"redriveStatus": "REDRIVABLE_BY_MAP_RUN"}, "AWS says REDRIVABLE_BY_MAP_RUN"),
        ({"redriveStatus": None}, ""),
        ({"redriveStatus": None, "age": timedelta(days=14)}, "Execution redrivable period exceeded"),
    ],
)
def test_whether_it_can_be_redriven_aws_says(site: Site, described: dict[str, Any], refusal: str) -> None:
    """Or where it says nothing, the 14 days since its end."""
    arn = site.steps.put("pod", "p1", **described)
    found = site.execution(arn)
    assert found.not_redrivable_because == refusal
    assert found.redrivable_until == (None if refusal else found.stopped_at + timedelta(days=14))


def test_one_redrive_has_one_token(site: Site) -> None:
    """The next one of the same execution has another, and so has every other execution."""
    first = site.execution(site.steps.put("pod", "p1"))
    others = [first._replace(redrives=1), first._replace(arn=first.arn + "2")]
    assert first.client_token == first._replace(status="ABORTED").client_token
    assert len({each.client_token for each in [first, *others]}) == 3
    assert len(first.client_token) == 64


def test_f22_an_execution_shows_nothing_of_its_cause(site: Site) -> None:
    """Not even where a traceback prints it."""
    found = site.execution(site.steps.put("pod", "p1"))
    assert found.cause == SECRET
    assert SECRET not in repr(found)
