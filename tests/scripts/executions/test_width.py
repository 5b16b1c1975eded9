"""The output of the commands for executions fits a terminal of 80 columns."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from scripts.cli import output
from scripts.main import app
from tests.scripts.dead_letters.test_width import too_wide
from tests.scripts.executions.site import Site


@pytest.mark.parametrize(
    "command", ["list --show-cause", "redrive --all", "redrive no-such --all", "redrive --all --yes"]
)
def test_output_fits_80_columns(command: str, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, reasons and causes are long."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)
    monkeypatch.setattr(output, "width_of", lambda _: 80)
    reason = "Execution redrivable period exceeded, because it ended more than fourteen days ago"
    name = "job-end-" + "x" * 60
    site.started(site.steps.put("pod", name, cause="a cause of many words " * 20))
    site.steps.put("timdex", "t-1", age=timedelta(days=3), redriveStatus="NOT_REDRIVABLE", redriveStatusReason=reason)
    site.steps.fail("RedriveExecution", site.steps.put("pod", "p-2"), "ExecutionLimitExceeded")
    result = CliRunner().invoke(app, ["executions", *command.split()])
    assert too_wide(result.output) == []
