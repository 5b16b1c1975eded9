"""Test the output and exit codes of `executions list` and `redrive`, over Step Functions in memory.

tests/end_to_end/test_executions.py runs them as an operator does.
"""

import json
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, RejectedError, StoppedError
from scripts.executions.service import Redrive
from scripts.main import app
from tests.scripts.executions.site import Site, made
from tests.scripts.executions.steps import SECRET, machine
from tests.scripts.scope_line import SCOPE_LINE

Command = Callable[..., Result]

READING = "".join(f"reading the executions of {name}\n" for name in ("pod", "timdex", "bursar"))


@pytest.fixture
def site(aws: Aws, scope: StackContext) -> Site:
    """State machines without executions."""
    return made(aws, scope)


@pytest.fixture
def executions(site: Site, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks executions …`."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)
    return lambda *arguments: CliRunner().invoke(app, ["executions", *arguments])


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def test_executions_are_listed_with_their_events(executions: Command, site: Site) -> None:
    """The newest end is first, counts follow, and a notice says how many have no line in the log."""
    site.started(site.steps.put("pod", "pod-1"), "receipt-1")
    old = "Execution redrivable period exceeded"
    not_redrivable = {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": old, "error": "", "redriveCount": 1}
    site.steps.put("timdex", "timdex-1", "TIMED_OUT", age=timedelta(days=13), **not_redrivable)
    result = executions("list")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "pod-1",
        "  state machine  pod, FAILED States.TaskFailed",
        "  event          JOB_END, receipt receipt-1",
        "  ran            2026-11-24T10:59:00.000Z until 2026-11-24T11:00:00.000Z",
        "  redrive        redrivable until 2026-12-08T11:00:00.000Z; redriven never",
        "",
        "timdex-1",
        "  state machine  timdex, TIMED_OUT",
        "  event          -",
        "  ran            2026-11-11T11:59:00.000Z until 2026-11-11T12:00:00.000Z",
        f"  redrive        not redrivable: {old}; redriven once",
        "",
        "pod FAILED 1, timdex TIMED_OUT 1",
    ]
    assert result.stderr.startswith(
        SCOPE_LINE + READING + "reading the processor's log for their events\n1 of 2 has no line"
    )


def test_json_has_everything_but_the_cause(executions: Command, site: Site) -> None:
    """Unknown values are null."""
    arn = site.steps.put("pod", "pod-1")
    site.started(arn, "receipt-1")
    [execution] = data_of(executions("list", "--output=json"))["executions"]
    assert execution == {
        "state_machine": "pod",
        "name": "pod-1",
        "arn": arn,
        "status": "FAILED",
        "error": "States.TaskFailed",
        "started_at": "2026-11-24T10:59:00.000Z",
        "stopped_at": "2026-11-24T11:00:00.000Z",
        "redrives": 0,
        "redrivable_until": "2026-12-08T11:00:00.000Z",
        "not_redrivable_because": None,
        "event": {"receipt_id": "receipt-1", "action": "JOB_END", "event": "JOB_END", "route": "pod"},
    }


def test_f22_a_cause_is_shown_only_when_asked_for(executions: Command, site: Site) -> None:
    """It may quote the event. It is shortened, and control characters are escaped (fault 49)."""
    site.steps.put("pod", "pod-1", cause=f"\x1b[2J{SECRET}\n" + "x" * 1000)
    for output in ("text", "json"):
        assert "Ana" not in executions("list", f"--output={output}").output
    shown = executions("list", "--show-cause").stdout
    assert f"  cause          \\x1b[2J{SECRET}\\n" in shown
    assert "x" * 400 in shown
    assert "x" * 500 not in shown
    assert data_of(executions("list", "--show-cause", "--output=json"))["executions"][0]["cause"].endswith("xxx")


def test_f49_an_execution_moves_no_cursor(executions: Command, site: Site) -> None:
    """Control characters in names and errors are escaped."""
    site.steps.put("pod", "pod\x1b[2J", error="Fail\x07", redriveStatus="NOT_REDRIVABLE", redriveStatusReason="\x1b]0;")
    site.steps.put("pod", "pod-2", error="\x9b2J\u202e\ud800")
    for result in executions("list"), executions("redrive", "--all"), executions("redrive", "x\x1b[2J"):
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(result.output)
    for name, *arguments in ("executions", "list"), ("to_redrive", "redrive", "--all"):
        result = executions(*arguments, "--output=json")
        assert not {"\x9b", "\u202e"} & set(result.output)
        assert "\x9b2J\u202e\ud800" in {each["error"] for each in data_of(result)[name]}


def test_f42_an_empty_list_is_not_a_failure(executions: Command) -> None:
    """The output says so, and the exit code is 0."""
    for arguments in ("list",), ("redrive", "--all"), ("redrive", "--all", "--yes"), ("redrive", "--since=1d", "--yes"):
        result = executions(*arguments)
        assert result.exit_code == 0, result.output
        assert result.stdout in {
            "No execution failed, timed out or was aborted.\n",
            "0 to redrive\n",
        }


def test_filters_select(executions: Command, site: Site) -> None:
    """They filter by state machine, status and end; a list goes back 14 days by default."""
    site.steps.put("pod", "p1", age=timedelta(days=2))
    site.steps.put("pod", "p2", age=timedelta(days=15))
    site.steps.put("timdex", "t1", "ABORTED")

    def names(*filters: str) -> set[str]:
        return {each["name"] for each in data_of(executions("list", "--output=json", *filters))["executions"]}

    assert names() == {"p1", "t1"}
    assert names("--state-machine=pod", "--since=20d") == {"p1", "p2"}
    assert names("--status=aborted", "--status=TIMED_OUT") == {"t1"}
    assert names("--since=1d") == {"t1"}
    assert "use one of pod, timdex" in ended(executions("list", "--state-machine=pond"), ConfigurationError)
    assert "--since takes" in ended(executions("list", "--since=yesterday"), ConfigurationError)


def test_a_state_machine_that_cannot_be_read_is_reported(executions: Command, site: Site) -> None:
    """The others are listed and redriven, and the exit code is 1."""
    site.steps.put("pod", "p1")
    site.steps.fail("ListExecutions", machine("timdex"), "StateMachineTypeNotSupported")
    for arguments in ("list",), ("redrive", "--all", "--yes"):
        result = executions(*arguments)
        assert (result.exit_code, type(result.exception)) == (1, SystemExit)
        assert "The state machine timdex is EXPRESS" in result.stderr
        assert "p1" in result.stdout or "1 redriven" in result.stdout


def test_a_redrive_is_a_dry_run_without_yes(executions: Command, site: Site) -> None:
    """It shows the place and the plan, and the exit code is 0."""
    site.steps.put("pod", "p1")
    site.steps.put("pod", "p2", redriveStatus="NOT_REDRIVABLE", redriveStatusReason="Execution history event limit")
    result = executions("redrive", "--state-machine=pod")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "redrive: pod p1, FAILED States.TaskFailed",
        "not redrivable: pod p2: Execution history event limit",
        "1 to redrive, 1 not redrivable",
    ]
    assert result.stderr.startswith(SCOPE_LINE)
    assert result.stderr.endswith("Dry run: nothing was changed. Pass --yes to redrive.\n")
    assert (site.steps.redriven, site.audited()) == ([], [])
    data = data_of(executions("redrive", "--state-machine=pod", "--output=json"))
    assert [each["name"] for each in data["to_redrive"]] == ["p1"]
    assert (data["not_redrivable"][0]["reason"], data["problems"]) == ("Execution history event limit", [])


def test_selected_executions_are_redriven(executions: Command, site: Site, tmp_path: Path) -> None:
    """Nothing else is; each has a line in the audit log, and the exit code is 0."""
    one, two = (site.steps.put("pod", name) for name in ("p1", "p2"))
    site.steps.put("pod", "p3")
    audit = tmp_path / "audit.jsonl"
    result = executions("redrive", "p1", two, "--yes", f"--audit-file={audit}")
    assert result.exit_code == 0, result.output
    assert set(site.steps.redriven) == {one, two}
    assert result.stdout == "2 redriven\n"
    assert result.stderr.startswith(SCOPE_LINE)
    assert [(line["message"], line.get("result")) for line in site.audited()] == [
        ("began", None),
        ("redriven", "done"),
        ("redriven", "done"),
        ("ended", "done"),
    ]
    assert audit.read_text("utf-8").count('"redriven"') == 2
    assert site.audited()[0]["filters"] == {"names": 2}


def test_the_audit_has_the_filters(executions: Command, site: Site) -> None:
    """The default of 14 days is included."""
    site.steps.put("pod", "p1")
    assert executions("redrive", "--state-machine=pod", "--status=failed", "--yes").exit_code == 0
    filters = {"state_machines": ["pod"], "statuses": ["FAILED"], "since": "14 days, 0:00:00"}
    assert site.audited()[0]["filters"] == filters


def test_f43_a_partial_redrive_lists_the_failures(executions: Command, site: Site) -> None:
    """Failed and not redrivable executions are listed with their reasons, and the exit code is 1."""
    one = site.steps.put("pod", "p1")
    site.steps.put("pod", "p2")
    site.steps.put("pod", "p3", redriveStatus="NOT_REDRIVABLE", redriveStatusReason="Too old")
    site.steps.fail("RedriveExecution", one, "ExecutionLimitExceeded")
    result = executions("redrive", "--all", "--yes")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert result.stdout.splitlines() == [
        "failed: pod p1: ExecutionLimitExceeded, No",
        "not redrivable: pod p3: Too old",
        "1 redriven, 1 failed, 1 not redrivable",
    ]
    data = data_of(executions("redrive", "p1", "--yes", "--output=json"))
    assert (data["redriven"], data["failed"][0]["reason"]) == ([], "ExecutionLimitExceeded, No")


def test_an_execution_that_is_not_redrivable_is_rejected(executions: Command, site: Site) -> None:
    """Executions given by name are found at any age; the exit code is 3, with AWS' reason."""
    reason = "Execution redrivable period exceeded"
    site.steps.put("pod", "p1", age=timedelta(days=20), redriveStatus="NOT_REDRIVABLE", redriveStatusReason=reason)
    for arguments in ("p1",), ("p1", "--yes"):
        result = executions("redrive", *arguments)
        assert "None of the selected" in ended(result, RejectedError)
        assert f"not redrivable: pod p1: {reason}" in result.stdout
    assert executions("redrive", "p1", "--since=14d").exit_code == 1


def test_some_not_redrivable_executions_exit_1(executions: Command, site: Site) -> None:
    """The dry run alone exits 0."""
    site.steps.put("pod", "p1")
    site.steps.put("pod", "p2", redriveStatus="NOT_REDRIVABLE", redriveStatusReason="Too old")
    assert [executions("redrive", "--all", *yes).exit_code for yes in ([], ["--yes"])] == [0, 1]


def test_f41_an_unknown_name_is_reported(executions: Command, site: Site) -> None:
    """The others are redriven, and the exit code is 1."""
    one = site.steps.put("pod", "p1")
    result = executions("redrive", "p1", "p9", "--yes")
    assert result.exit_code == 1
    assert "No execution p9 failed" in result.stderr
    assert site.steps.redriven == [one]
    assert executions("redrive", "p9").exit_code == 1


def test_f42_redrive_needs_a_selection(executions: Command, site: Site) -> None:
    """It exits 2 and changes nothing, even with --yes."""
    site.steps.put("pod", "p1")
    assert "No executions selected" in ended(executions("redrive", "--yes"), ConfigurationError)
    assert "--all cannot be combined" in ended(executions("redrive", "--all", "p1", "--yes"), ConfigurationError)
    assert executions("redrive", "--all", "--rate=0").exit_code == 2
    assert site.steps.redriven == []


def test_an_emulator_without_redrive_is_one_sentence(executions: Command, site: Site) -> None:
    """The summary says that nothing was begun, and the exit code is 1."""
    site.steps.fail("RedriveExecution", site.steps.put("pod", "p1"), "InvalidAction")
    result = executions("redrive", "--all", "--yes")
    assert "does not support RedriveExecution" in ended(result, FailedError)
    assert result.stdout == "0 redriven, 1 not begun\n"
    assert site.audited()[-1]["result"] == "FailedError"


def test_f46_an_interrupted_redrive_reports_its_progress(
    executions: Command, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C waits for the current redrive; the summary and the audit log are complete. The exit code is 130."""
    for name in ("p1", "p2", "p3"):
        site.steps.put("pod", name)
    one_redriven = Redrive._redrive

    def interrupted(redrive: Redrive, *arguments: Any) -> str:
        signal.raise_signal(signal.SIGINT)
        return one_redriven(redrive, *arguments)

    monkeypatch.setattr(Redrive, "_redrive", interrupted)
    result = executions("redrive", "--all", "--yes")
    assert ended(result, StoppedError) == "Interrupted: the other executions were not changed."
    assert result.stdout == "1 redriven, 2 not begun\n"
    assert len(site.steps.redriven) == 1
    assert [line.get("result") for line in site.audited()] == [None, "done", "KeyboardInterrupt"]


def test_f46_an_interrupted_search_changes_nothing(
    executions: Command, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both commands print one sentence."""

    def interrupted(*_: Any, **__: Any) -> None:
        signal.raise_signal(signal.SIGINT)

    site.steps.put("pod", "p1")
    monkeypatch.setattr("scripts.executions.service.find", interrupted)
    for arguments in ("list",), ("redrive", "--all", "--yes"):
        assert ended(executions(*arguments), StoppedError).startswith("Interrupted")
    assert site.steps.redriven == []
