"""What operators' commands print as JSON, and what they write: locks, the audit, replayed messages, exports."""

import contextlib
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ingest.envelope import Envelope
from scripts.cli.exit_codes import CommandError
from scripts.main import app
from tests.formats.account import Account, account
from tests.formats.account_stack import EXECUTIONS, ROUTES
from tests.formats.golden import Golden
from tests.formats.shapes import by_name, merged, merged_list, shape, shown
from tests.loopback import Loopback, answer
from tests.samples import STAGES, body_of

COMMAND = typer.main.get_command(app)  # once: to make it takes longer than to run it
CAUSE = {
    "class": "transient",
    "reason": "AWS answered NotFound",
    "route": "loans",
    "target": "topic:loan-created",
    "field": "input",
    "attempts": 8,
    "at": "2026-11-20T03:00:00.000Z",
}
ACCEPTED = {"message": "accepted", "profile": "alma", "bytes": 2}
OUTCOME = {"message": "outcome", "outcome": "delivered", "profile": "alma", "action": "JOB_END", "event": "JOB_END"}
STARTED = {"route": "pod", "target": "state_machine:pod", "outcome": "delivered"}
TARGETS = f"""{STAGES}routes:
  - name: all
    deliver:
      - topic: loan-created
      - state_machine: pod
      - queue: arn:aws:sqs:us-east-1:123456789012:invented
      - event_bus: arn:aws:events:us-east-1:123456789012:event-bus/invented
      - function: arn:aws:lambda:us-east-1:123456789012:function:invented
"""


class Operator:
    """Runs commands in the account. `printed` has the JSON that each printed, by what was typed."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.printed: dict[str, Any] = {}
        self.replayed: list[dict[str, Any]] = []

    def run(self, *words: str, is_stage: bool = True, called: str = "") -> None:
        """Run a command and keep what it prints as JSON, under its words or what it is `called`."""
        arguments = [*words, *(["--stage=dev"] if is_stage else []), "--output=json"]
        out, err = io.StringIO(), io.StringIO()
        error: BaseException | None = None
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                COMMAND.main(arguments, standalone_mode=False)
        except (CommandError, SystemExit) as failed:
            error = failed  # a command that finds something wrong fails after its output
        if not out.getvalue():
            import traceback; print(traceback.format_exception(error), traceback.format_exception(error.__context__))
        assert out.getvalue(), f"{words}: {error!r} {err.getvalue()}"
        self.printed[called or " ".join(words)] = json.loads(out.getvalue())


def dead_letter(operator: Operator, receipt_id: str, body: bytes = body_of("loan-created"), **more: Any) -> None:
    members = {"content_type": "application/json", "signature": "eA==", "failure": CAUSE} | more
    message = Envelope(body, receipt_id, "2026-11-20T00:00:00.000Z", "alma", **members).encode()
    operator.account.send("DeadLetterQueueUrl", message.body, message.attributes)


def dead_letters(operator: Operator) -> None:
    for receipt_id in ("r1", "r2", "r4"):
        dead_letter(operator, receipt_id)
    replay = {"id": "invented", "count": 1, "by": "invented", "at": "2026-11-20T00:00:00.000Z"}
    dead_letter(operator, "r3", b"invented", replay=replay)
    dead_letter(operator, "r5", body_of("loan-lost"))
    run = operator.run
    run("dead-letters", "list")
    run("dead-letters", "list", "--group-by=cause")
    run("dead-letters", "show", "r1", "r3")
    run("dead-letters", "show", "r1", "--show-body")
    run("dead-letters", "explain", "r1", "r5")
    run("dead-letters", "replay", "--all")
    run("dead-letters", "replay", "r1", "missing", "--yes")
    run("dead-letters", "replay", "r2", "--redeliver", "--yes")
    Path("corrected.json").write_bytes(body_of("loan-created"))
    run("dead-letters", "edit", "r3", "--with=corrected.json")
    run("dead-letters", "edit", "r3", "--with=corrected.json", "--export=edited.jsonl", "--yes")
    run("dead-letters", "export", "exported.jsonl", "r4", "missing")
    run("dead-letters", "discard", "r4", "--count=1", "--export=discarded.jsonl")
    run("dead-letters", "import", "exported.jsonl")
    run("dead-letters", "import", "exported.jsonl", "--yes")


def logs(operator: Operator) -> None:
    now = time.time()
    operator.account.log("IngestLogGroupName", *(ACCEPTED | {"receipt_id": each} for each in ("a", "b")), at=now - 900)
    rejected = {"message": "rejected", "reason": "wrong-signature", "profile": "alma"}
    operator.account.log("IngestLogGroupName", rejected, at=now - 899)
    for execution in EXECUTIONS[:1]:
        deliveries = [STARTED | {"execution": execution["executionArn"]}]
        line = OUTCOME | {"receipt_id": "a", "deliveries": deliveries}
        operator.account.log("ProcessorLogGroupName", line, at=execution["startDate"].timestamp())
    operator.account.log("ProcessorLogGroupName", OUTCOME | {"receipt_id": "other", "deliveries": []}, at=now - 800)
    operator.run("trace", "a")
    operator.run("reconcile", "--since=1h")


def executions(operator: Operator) -> None:
    operator.run("executions", "list", "--show-cause")
    operator.run("executions", "redrive", "--all")
    operator.run("executions", "redrive", "--all", "--yes")


def secrets(operator: Operator) -> None:
    for name in ("create", "rotate", "status"):
        operator.run("secret", name, "alma")
    operator.run("secret", "status", "alma", "--show-secret")
    operator.run("secret", "retire", "alma", "--force")
    ssm = operator.account.client("ssm")
    ssm.put_parameter(Name="/alma-webhooks/dev/gone/secret", Value="invented-secret", Type="SecureString")
    operator.run("secret", "delete", "gone", "--confirm-name=gone")


def stack(operator: Operator) -> None:
    operator.run("doctor")
    operator.replayed = operator.account.received("QueueUrl")
    operator.account.received("DeadLetterQueueUrl")
    operator.run("doctor", "--fix", "--yes")
    operator.run("destroy", "--yes")


def events(operator: Operator) -> None:
    Path("routes.yaml").write_text(ROUTES, "utf-8")
    Path("wrong.yaml").write_text(ROUTES + "  - {name: wrong}\n", "utf-8")
    Path("job.json").write_bytes(body_of("job-end-pod"))
    Path("targets.yaml").write_text(TARGETS, "utf-8")
    operator.run("routes", "check", "--routes=routes.yaml", is_stage=False)
    operator.run("routes", "check", "--routes=wrong.yaml", is_stage=False)
    operator.run("routes", "samples", is_stage=False)
    operator.run("routes", "explain", "job.json", "--routes=routes.yaml")
    operator.run("routes", "explain", "job.json", "--routes=targets.yaml")
    with Loopback(answer({"receipt_id": "invented"}), answer({}, 404)) as server:
        url = f"{server.url}/webhooks/alma"
        operator.run("send", "loan-created", url, called="send")
        operator.run("simulate", url, "--events=1", "--rate=max", called="simulate")


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator who has run all commands."""
    with account(tmp_path_factory.mktemp("operator")) as here:
        operator = Operator(here)
        for part in (dead_letters, logs, executions, secrets, stack, events):
            part(operator)
        yield operator


def test_json_output_stays(golden: Golden, operator: Operator) -> None:
    """The members that each command prints with --output json, with the types of their values."""
    golden.check("json-output", {name: by_name(shape(data)) for name, data in operator.printed.items()})


def test_records_of_locks_stay(golden: Golden, operator: Operator) -> None:
    """The members of the items and their types."""
    golden.check("lock-record", by_name(merged_list([shape(item) for item in operator.account.locks])))


def test_audit_lines_stay(golden: Golden, operator: Operator) -> None:
    """Their members in order, with the types of their values, for each command and message."""
    lines: dict[str, Any] = {}
    for line in operator.account.logged("AuditLogGroupName"):
        name = f"{line['command']}: {line['message']}"
        lines[name] = merged(lines.get(name, shown(line)), shown(line))
    golden.check("audit-lines", {name: lines[name] for name in sorted(lines)})


def test_replayed_messages_stay(golden: Golden, operator: Operator) -> None:
    """The names and types of the SQS attributes, and the members of `replay`."""
    found = {}
    for message in operator.replayed:
        attributes = message["MessageAttributes"]
        replay = json.loads(attributes["replay"]["StringValue"])
        types = {name: attribute["DataType"] for name, attribute in sorted(attributes.items())}
        found[attributes["receipt_id"]["StringValue"]] = {"attributes": types, "replay": shape(replay)}
    names = {"r1": "replayed", "r2": "redelivered", "r3": "edited", "r4": "imported"}
    golden.check("replayed-messages", {names[name]: found[name] for name in sorted(found)})


def test_export_lines_stay(golden: Golden, operator: Operator) -> None:
    """Their members in order, with the types of their values; of an event, and of what cannot be read as one."""
    files = (Path(name) for name in ("exported.jsonl", "edited.jsonl", "discarded.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    golden.check("export-lines", [shape(line) | {name: line[name] for name in ("format", "version")} for line in lines])
