"""Test how a command finds the executions of a stack and their events."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.cli.exit_codes import ConfigurationError
from scripts.executions import opening
from scripts.executions.find import FoundExecutions
from scripts.executions.opening import ExecutionFilters
from scripts.routes.check import ROUTES
from tests.scripts.executions.site import PROCESSOR, Site


def quiet(_what: str, _count: int) -> None:
    """Report no progress."""


def test_executions_of_the_chosen_state_machines_are_found(site: Site) -> None:
    """An unknown state machine is an error before AWS is called."""
    site.steps.put("pod", "p")
    site.steps.put("timdex", "t")
    found = opening.find_executions(site.scope, ExecutionFilters(ROUTES, ["timdex"], [], None), quiet)
    assert [execution.name for execution in found.executions] == ["t"]
    site.steps.asked.clear()
    with pytest.raises(ConfigurationError, match="--state-machine"):
        opening.find_executions(site.scope, ExecutionFilters(ROUTES, ["pond"], [], None), quiet)
    assert site.steps.asked == []


def test_executions_without_a_line_are_counted(site: Site) -> None:
    """They are listed nevertheless."""
    known, lost = (site.steps.put("pod", name) for name in ("p1", "p2"))
    site.started(known)
    found = FoundExecutions([site.execution(known), site.execution(lost)])
    origins = opening.origins(site.scope, found, quiet)
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

    class Refusing:
        def paginate(self, **call: Any) -> Any:
            if call["filterPattern"] == '"p2"':
                raise ClientError({"Error": {"Code": code, "Message": "No."}}, "FilterLogEvents")
            return paginate("filter_log_events").paginate(**call)

    monkeypatch.setattr(site.aws.logs, "get_paginator", lambda _: Refusing())
    found = FoundExecutions([site.execution(arn) for arn in arns])
    assert list(opening.origins(site.scope, found, quiet)) == [arns[0]]
    [problem] = found.problems
    assert sentence in problem
    assert found.notices == []
