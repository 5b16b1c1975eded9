"""Test how an execution is read from Step Functions."""

from datetime import timedelta
from typing import Any

import pytest

from tests.scripts.executions.site import Site
from tests.scripts.executions.steps import NOW, SECRET


def test_an_execution_is_read_from_its_description(site: Site) -> None:
    """End, error and number of redrives are included."""
    found = site.execution(site.steps.put("pod", "p1", "TIMED_OUT", redriveCount=2))
    assert (found.name, found.status, found.error, found.redrives) == ("p1", "TIMED_OUT", "States.TaskFailed", 2)
    assert (found.stopped_at, found.started_at) == (NOW - timedelta(hours=1), NOW - timedelta(minutes=61))


@pytest.mark.parametrize(
    ("described", "refusal"),
    [
        ({"redriveStatus": "REDRIVABLE"}, ""),
        ({"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": "Too long ago"}, "Too long ago"),
        ({"redriveStatus": "NOT_REDRIVABLE"}, "AWS reports NOT_REDRIVABLE"),
        ({"redriveStatus": "REDRIVABLE_BY_MAP_RUN"}, "AWS reports REDRIVABLE_BY_MAP_RUN"),
        ({"redriveStatus": None}, ""),
        ({"redriveStatus": None, "age": timedelta(days=14)}, "Execution redrivable period exceeded"),
    ],
)
def test_aws_decides_whether_it_is_redrivable(site: Site, described: dict[str, Any], refusal: str) -> None:
    """Without a status from AWS, the limit is 14 days after the end."""
    arn = site.steps.put("pod", "p1", **described)
    found = site.execution(arn)
    assert found.not_redrivable_because == refusal
    assert found.redrivable_until == (None if refusal else found.stopped_at + timedelta(days=14))


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
