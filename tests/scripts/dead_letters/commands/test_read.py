"""The commands `dead-letters list`, `show` and `explain`: their output and exit codes; AWS is in process."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.cli.exit_codes import CommandError, ConfigurationError, StoppedError
from scripts.cli.output import NOTICES
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from scripts.routes.judged_routes import DeployedRoutesUnknownError
from tests.scripts.aws.targets import ARTEFACTS, ROUTES, with_routes, with_targets
from tests.scripts.dead_letters.queues import CAUSE, Queues, audited, loan
from tests.scripts.scope_line import SCOPE_LINE

Command = Callable[..., Result]


@pytest.fixture
def command(dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks dead-letters …`."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: dead_letters.scope)
    return lambda *arguments: CliRunner().invoke(app, ["dead-letters", *arguments])


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def test_f42_an_empty_list_is_reported_and_not_a_failure(command: Command, queues: Queues) -> None:
    """The exit code is 0 for an empty queue, and for filters without a match."""
    result = command("list")
    assert (result.exit_code, result.stdout) == (0, "No dead letters.\n")
    queues.put()
    result = command("list", "--action=BIB")
    assert (result.exit_code, result.stdout) == (0, "None of 1 dead letter matches.\n")
    assert data_of(command("list", "--action=BIB", "--output=json"))["dead_letters"] == []


def test_list_takes_filters_and_leaves_the_queue_as_it_was(command: Command, queues: Queues) -> None:
    """The listed dead letters are visible to the next reader; progress goes to standard error."""
    queues.put(receipt_id="r1")
    queues.put(loan(event="LOAN_RETURNED"), receipt_id="r2", failure=CAUSE | {"class": "no-target"})
    result = command("list", "--event=loan_returned", "--cause=no-target", "--since=1970-01-01T00:00:00Z")
    heading, row, *_ = result.stdout.splitlines()
    assert heading.startswith("receipt id  event          institution  route  target ")
    assert row.startswith("r2          LOAN_RETURNED  -            loans  topic:loan-created  no-target  8 ")
    assert result.stderr == f"{SCOPE_LINE}reading about 2 dead letters\n"
    assert queues.dead_letters.depth() == Depth(2, 0)


def test_list_groups_by_cause(command: Command, queues: Queues) -> None:
    """The groups are printed as text and as JSON."""
    for number in range(3):
        queues.put(receipt_id=f"r{number}")
    assert command("list", "--group-by=cause").stdout.splitlines()[1].startswith("3      transient  loans  topic:loan")
    [group] = data_of(command("list", "--group-by=cause", "--output=json"))["groups"]
    assert (group["class"], group["count"]) == ("transient", 3)


def test_a_flag_that_is_wrong_is_named(command: Command) -> None:
    """The exit code is 2, before anything is read."""
    assert ended(command("list", "--cause=transiant"), ConfigurationError).startswith("--cause takes one of envelope,")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_f46_ctrl_c_leaves_every_dead_letter_visible(command: Command, queues: Queues, number: signal.Signals) -> None:
    """The interrupted call may have received dead letters whose handles are lost, and the message says so."""
    queues.put()
    calls: list[str] = []

    def interrupt(**_: Any) -> None:
        calls.append("receive")
        if len(calls) == 2:
            signal.raise_signal(number)

    queues.aws.sqs.meta.events.register("before-call.sqs.ReceiveMessage", interrupt)
    sentence = ended(command("list"), StoppedError)
    assert sentence == "Interrupted. All dead letters are visible again, up to ten of them only after some minutes."
    assert queues.dead_letters.depth().hidden == 0


def test_show_takes_several_ids_and_reports_unknown_ones(command: Command, queues: Queues) -> None:
    """Each unknown ID has a notice, the others are shown, and the exit code is 1."""
    message_id = queues.put(receipt_id="r1")
    result = command("show", "r1", message_id, "r2", "\x1b[2J")
    assert result.exit_code == 1
    assert result.stdout.startswith("dead letter r1\n")
    assert '"loan_id": "<text of 1 character>"' in result.stdout
    assert result.stderr.splitlines()[2:] == [
        "Dead letter r2 not found. To see what happened to it: alma-webhooks trace r2 --stage dev",
        "Dead letter \\x1b[2J not found. To see what happened to it: alma-webhooks trace '\\x1b[2J' --stage dev",
    ]
    assert command("show", "r1").exit_code == 0


def test_f49_shown_bodies_are_escaped_in_both_forms(command: Command, queues: Queues) -> None:
    """Control characters are also escaped with --show-body."""
    queues.put('{"action":"X","a":"\x9b1m\u202e\\u001b[2J"}'.encode())
    for arguments in ([], ["--show-body"], ["--output=json"], ["--show-body", "--output=json"]):
        result = command("show", "r1", *arguments)
        assert result.exit_code == 0
        assert all(line.isprintable() for line in result.stdout.split("\n"))
    [dead_letter] = data_of(command("show", "r1", "--show-body", "--output=json"))["dead_letters"]
    assert dead_letter["body"]["members"]["a"] == "\x9b1m\u202e\x1b[2J"


def test_only_a_shown_body_is_audited(command: Command, queues: Queues, tmp_path: Path) -> None:
    """In the log group, and in a file too; a file without --show-body is a mistake, exit 2."""
    queues.put()
    command("show", "r1")
    assert audited(queues.aws) == []
    file = tmp_path / "audit.jsonl"
    assert command("show", "r1", "--show-body", f"--audit-file={file}").exit_code == 0
    [line] = audited(queues.aws)
    assert (line["message"], line["command"], line["receipt_id"]) == ("revealed", "show", "r1")
    assert json.loads(file.read_text()) == line
    assert "--audit-file needs --show-body" in ended(command("show", "r1", f"--audit-file={file}"), ConfigurationError)


@pytest.fixture
def explain(command: Command, dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks dead-letters explain …` on a stack with targets and routes."""
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created", "loan-lost"]))
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    return lambda *arguments: command("explain", *arguments)


def test_explain_prints_the_result_of_each(explain: Command, queues: Queues) -> None:
    """The exit code is 0 if all would succeed, and 1 if one would fail again or is not found. Nothing is sent."""
    queues.put(receipt_id="r1")
    queues.put(loan(event="LOAN_DUE_DATE"), receipt_id="r2")
    result = explain("r1")
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "using the deployed routes file",
            "r1  would publish to loan-created by route a",
            "next: alma-webhooks dead-letters replay r1 --stage dev --yes --wait",
        ],
    )
    result = explain("r1", "r2", "--output=json")
    assert result.exit_code == 1
    assert data_of(result)["routes"] == {"file": None, "is_deployed": True}
    failures = {dead_letter["id"]: dead_letter["failure"] for dead_letter in data_of(result)["dead_letters"]}
    assert failures["r1"] is None
    assert failures["r2"]["class"] == "no-target"
    assert explain("r3").exit_code == 1
    assert queues.dead_letters.depth() == Depth(2, 0)


def test_f74_explain_fails_without_the_deployed_routes(
    explain: Command, queues: Queues, dead_letters: DeadLetterStore
) -> None:
    """The output has the reason, and how to use a file instead."""
    queues.put()
    s3 = dead_letters.scope.aws.s3
    [stored] = s3.list_objects_v2(Bucket=ARTEFACTS)["Contents"]
    s3.delete_object(Bucket=ARTEFACTS, Key=stored["Key"])
    error_text = ended(explain("r1"), DeployedRoutesUnknownError)
    assert error_text.startswith("The deployed routes cannot be read: AWS answers NoSuchKey for s3://artefacts/routes/")
    assert error_text.endswith("Or pass --routes FILE to use a file.")


def test_f74_explain_says_whether_a_file_is_what_is_deployed(explain: Command, queues: Queues, tmp_path: Path) -> None:
    """Changed routes have to be deployed first; invalid ones are rejected before anything is read."""
    queues.put()
    routes = tmp_path / "routes.yaml"
    routes.write_text(ROUTES)
    assert explain("r1", f"--routes={routes}").stdout.splitlines()[::2] == [
        f"{routes} is deployed",
        "next: alma-webhooks dead-letters replay r1 --stage dev --yes --wait",
    ]
    routes.write_text(ROUTES + "# new\n")
    assert explain("r1", f"--routes={routes}").stdout.splitlines() == [
        f"{routes} is not deployed",
        "r1  would publish to loan-created by route a",
        "next: alma-webhooks deploy --stage dev; then alma-webhooks dead-letters replay r1 --stage dev --yes --wait",
    ]
    routes.write_text("routes: []")
    assert str(routes) in ended(explain("r1", f"--routes={routes}"), ConfigurationError)


PATRON = "Ada Example"
NO_CODES = {"action": PATRON, "event": {"value": PATRON}, "institution": {"value": PATRON}}


@pytest.mark.parametrize("output", [[], ["--output=json"]])
def test_f65_a_value_that_is_not_a_code_is_not_listed_or_shown(
    command: Command, queues: Queues, output: list[str]
) -> None:
    """A body may have any text in place of a code."""
    queues.put(json.dumps(NO_CODES).encode(), receipt_id="r1")
    for arguments in (["list"], ["show", "r1"], ["replay", "--all"]):
        result = command(*arguments, *output)
        assert result.exit_code == 0
        assert "(not a code)" in result.stdout
        assert PATRON.upper() not in result.stdout.upper()


def test_results_come_after_the_bar_on_a_terminal(
    command: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The progress bar is erased before the first line of the result."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(NOTICES, "_force_terminal", True)
    monkeypatch.setattr(NOTICES, "is_interactive", True)
    for number in range(2):
        queues.put(loan(number), receipt_id=f"r{number}")
    for arguments in (["show", "r0", "r1"], ["list"], ["export", str(tmp_path / "x"), "--all"], ["replay", "--all"]):
        result = command(*arguments)
        first = result.stdout.splitlines()[0]
        bar, _, _ = result.output.partition(first)
        assert "reading dead letters" in bar
        assert bar.endswith("\x1b[2K")
