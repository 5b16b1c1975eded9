"""Test that the event of an execution is found in the log of the processor."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.executions.find import FoundExecutions
from scripts.executions.origins import Origin, origin_of, origins_of
from tests.scripts.executions.site import PROCESSOR, Site
from tests.scripts.executions.steps import NOW


def found(site: Site, arn: str) -> Origin | None:
    return origin_of(site.aws.logs, PROCESSOR, site.execution(arn))


@pytest.mark.parametrize("message", ["outcome", "retry"])
def test_an_execution_has_the_event_whose_line_names_it(site: Site, message: str) -> None:
    """A `retry` line counts too, if another delivery of the event failed."""
    arn, other = site.steps.put("pod", "pod-1"), site.steps.put("pod", "pod-2")
    site.started(other, "r2")
    site.started(arn, "r1", message=message)
    assert found(site, arn) == Origin("r1", "JOB_END", "JOB_END", "pod")
    assert found(site, other) == Origin("r2", "JOB_END", "JOB_END", "pod")


def test_of_several_lines_the_first_counts(site: Site) -> None:
    """A duplicate also names the execution, with a receipt id of its own."""
    arn = site.steps.put("pod", "pod-1")
    delivery = {"route": "pod", "outcome": "duplicate", "execution": arn}
    again = {"message": "outcome", "receipt_id": "r2", "deliveries": [delivery]}
    site.log(site.steps.executions[arn]["startDate"] + timedelta(seconds=40), again)
    site.started(arn, "r1")
    assert found(site, arn) == Origin("r1", "JOB_END", "JOB_END", "pod")


@pytest.mark.parametrize(
    ("late", "is_found"),
    [
        (timedelta(minutes=-2), False),
        (timedelta(seconds=-30), True),
        (timedelta(minutes=89), True),
        (timedelta(minutes=91), False),
    ],
)
def test_the_log_is_searched_around_the_start(site: Site, late: timedelta, is_found: bool) -> None:
    """Clocks differ, and if a worker was killed, the next attempt writes the line."""
    started_at = NOW - timedelta(hours=3)
    arn = site.steps.put("pod", "pod-1", startDate=started_at)
    delivery = {"route": "pod", "outcome": "delivered", "execution": arn}
    site.log(started_at + late, {"message": "outcome", "receipt_id": "r1", "deliveries": [delivery]})
    assert (found(site, arn) is not None) == is_found


@pytest.mark.parametrize(
    "line",
    [
        "no JSON, but pod-1",
        ["pod-1"],
        {"message": "outcome", "receipt_id": "pod-1"},
        {"message": "outcome", "deliveries": ["pod-1"]},
        {"message": "outcome", "receipt_id": "r2", "deliveries": [{"execution": "another stack's pod-1"}]},
        {"message": "something else", "receipt_id": "r2", "deliveries": [{"execution": "ARN"}]},
    ],
)
def test_a_line_that_only_contains_the_name_is_ignored(site: Site, line: Any) -> None:
    """The filter pattern may find such lines."""
    arn = site.steps.put("pod", "pod-1")
    if isinstance(line, dict) and line.get("message") == "something else":
        line = line | {"deliveries": [{"execution": arn}]}
    site.log(site.steps.executions[arn]["startDate"], line)
    assert found(site, arn) is None


def quiet(_what: str, _count: int) -> None:
    """Report no progress."""


def test_executions_without_a_line_are_counted(site: Site) -> None:
    """They are listed nevertheless."""
    known, lost = (site.steps.put("pod", name) for name in ("p1", "p2"))
    site.started(known)
    found = FoundExecutions([site.execution(known), site.execution(lost)])
    origins = origins_of(site.scope, found, quiet)
    assert list(origins) == [known]
    assert found.problems == []
    [notice] = found.notices
    assert notice.startswith("1 of 2 has no line in the processor's log")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AccessDeniedException", f"Access to the log group {PROCESSOR} is denied, so not all events are shown"),
        ("ThrottlingException", f"{PROCESSOR} cannot be read, so not all events are shown: ThrottlingException, No."),
    ],
)
def test_known_events_are_kept_when_the_log_becomes_unreadable(
    site: Site, code: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem names the log, and there is no notice about missing lines."""
    arns = [site.steps.put("pod", name) for name in ("p1", "p2")]
    site.started(arns[0])
    paginate = site.aws.logs.get_paginator

    class DeniedPaginator:
        def paginate(self, **call: Any) -> Any:
            if call["filterPattern"] == '"p2"':
                raise ClientError({"Error": {"Code": code, "Message": "No."}}, "FilterLogEvents")
            return paginate("filter_log_events").paginate(**call)

    monkeypatch.setattr(site.aws.logs, "get_paginator", lambda _: DeniedPaginator())
    found = FoundExecutions([site.execution(arn) for arn in arns])
    assert list(origins_of(site.scope, found, quiet)) == [arns[0]]
    [problem] = found.problems
    assert sentence in problem
    assert found.notices == []
