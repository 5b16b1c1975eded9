"""Run every command that prints JSON, in the test account."""

import contextlib
import io
import json
import shutil
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer

from ingest.envelope import Envelope
from notifications.notification import Notification
from notifications.publisher import PROFILE
from scripts.cli.exit_codes import CommandError
from scripts.main import app
from tests.formats.account import Account
from tests.formats.account_answers import State
from tests.formats.account_stack import EXECUTIONS, ROUTES
from tests.formats.golden import FOLDER
from tests.loopback import Loopback, answer
from tests.samples import STAGES
from tests.scripts.passing_time import outcome_wait

EXPORT = FOLDER / "export-v1.jsonl"  # written by the first version
COMMAND = typer.main.get_command(app)  # built once, because building takes longer than running
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
TARGETS = f"""topics: [loan-created]
state_machines: {{pod: {{arn: "arn:aws:states:us-east-1:123456789012:stateMachine:pod"}}}}
{STAGES}routes:
  - name: all
    deliver:
      - topic: loan-created
      - state_machine: pod
      - queue: arn:aws:sqs:us-east-1:123456789012:invented
      - event_bus: arn:aws:events:us-east-1:123456789012:event-bus/invented
      - function: arn:aws:lambda:us-east-1:123456789012:function:invented
      - notification: invented/topic
"""
CONDITION = f"""topics: [loan-created]
{STAGES}routes: [{{name: a, if: 'id is not defined', deliver: [{{topic: loan-created}}]}}]
"""
DIFFERENT = f"""topics: [loan-created]
state_machines: {{pod: {{arn: "arn:aws:states:us-east-1:123456789012:stateMachine:pod"}}}}
{STAGES}routes:
  - {{name: one, profiles: [PROFILE], deliver: [{{topic: loan-created}}]}}
  - {{name: two, deliver: [{{state_machine: pod, input: {{a: PROFILE}}}}, {{topic: "{{{{ PROFILE }}}}"}}]}}
"""
FOLDER_TO_TEST = Path(__file__).with_name("folder")  # one event as expected, one that differs
LOAN = b'{"action": "LOAN", "event": {"value": "LOAN_CREATED"}, "institution": {"value": "INVENTED"}}'
JOB = b'{"id": "1", "action": "JOB_END", "institution": {"value": "INVENTED"}, "time": "2026-05-13T02:41:10.902Z"}'


class Operator:
    """Runs commands in the account.

    `printed` has the JSON output of each, by its words; `replayed` has the messages on the webhook queue afterwards.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.printed: dict[str, Any] = {}
        self.replayed: list[dict[str, Any]] = []

    def run(self, *words: str, is_stage: bool = True, called: str = "") -> None:
        """Run a command and keep its JSON output under its words, or under the name `called`."""
        arguments = [*words, *(["--stage=dev"] if is_stage else []), "--output=json"]
        out, err = io.StringIO(), io.StringIO()
        error: BaseException | None = None
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                COMMAND.main(arguments, standalone_mode=False)
        except (CommandError, SystemExit) as failed:
            error = failed  # a command that finds a problem prints its output and fails
        assert out.getvalue(), f"{words}: {error!r} {err.getvalue()}"
        self.printed[called or " ".join(words)] = json.loads(out.getvalue())

    def watch(self, *words: str) -> None:
        """Run `watch` until its first pause, and keep a line of its JSON output that has a duration."""
        out = io.StringIO()
        pause = patch("scripts.watch.commands.time.sleep", side_effect=KeyboardInterrupt)
        with pause, contextlib.redirect_stdout(out), contextlib.suppress(CommandError):
            COMMAND.main(["watch", *words, "--since=30d", "--stage=dev", "--output=json"], standalone_mode=False)
        events = [json.loads(line) for line in out.getvalue().splitlines()]
        self.printed[" ".join(("watch", *words))] = next(event for event in events if event["ms"])


def dead_letter(operator: Operator, receipt_id: str, body: bytes = LOAN, **more: Any) -> None:
    """Put a dead letter on the queue."""
    members = {"content_type": "application/json", "signature": "eA==", "failure": CAUSE} | more
    message = Envelope(body, receipt_id, "2026-11-20T00:00:00.000Z", "alma", **members).encode()
    operator.account.send("DeadLetterQueueUrl", message.body, message.attributes)


def dead_letters(operator: Operator) -> None:
    """Run the commands for dead letters."""
    for receipt_id in ("r1", "r2", "r4"):
        dead_letter(operator, receipt_id)
    replay = {"id": "invented", "count": 1, "by": "invented", "at": "2026-11-20T00:00:00.000Z"}
    dead_letter(operator, "r3", b"invented", replay=replay)
    dead_letter(operator, "r5", LOAN.replace(b"CREATED", b"LOST"))
    run = operator.run
    run("dead-letters", "list")
    run("dead-letters", "list", "--group-by=cause")
    run("find", "r1", "--since=30d")
    run("dead-letters", "show", "r1", "r3")
    run("dead-letters", "show", "r1", "--show-body")
    run("dead-letters", "explain", "r1", "r5")
    run("dead-letters", "replay", "--all")
    run("dead-letters", "replay", "r1", "missing", "--yes")
    run("dead-letters", "replay", "r2", "--redeliver", "--yes")
    Path("corrected.json").write_bytes(LOAN)
    run("dead-letters", "edit", "r3", "--with=corrected.json")
    run("dead-letters", "edit", "r3", "--with=corrected.json", "--export=edited.jsonl", "--yes")
    run("dead-letters", "export", "exported.jsonl", "r4", "missing")
    run("dead-letters", "discard", "r4", "--count=1", "--export=discarded.jsonl")
    run("dead-letters", "import", "exported.jsonl")
    run("dead-letters", "import", "exported.jsonl", "--yes")
    Path("broken.jsonl").write_text("invented\n", "utf-8")
    run("dead-letters", "import", "broken.jsonl")
    run("dead-letters", "import", str(EXPORT), "--yes", called=EXPORT.name)


def dead_notification(operator: Operator, receipt_id: str, **credentials: Any) -> Notification:
    """Put the dead letter of a notification on its queue."""
    given = {"type": "email", "from": "a@library.example", "to": ["b@library.example"], "subject": "x", **credentials}
    sent = Notification("team", given, "invented", receipt_id.rjust(64, "0"), "library+jobs")
    cause = {name: CAUSE[name] for name in ("class", "reason", "attempts", "at")} | {
        "target": "email:team@library+jobs"
    }
    now = "2026-11-20T00:00:00.000Z"
    message = Envelope(sent.encode().encode(), receipt_id, now, PROFILE, "application/json", failure=cause).encode()
    operator.account.send_notification("DeadLetterQueueUrl", message.body, message.attributes)
    return sent


def dead_notifications(operator: Operator) -> None:
    """Run the commands for dead letters of notifications."""
    State.has_notifications = True
    sent = [dead_notification(operator, receipt_id) for receipt_id in ("n1", "n2", "n3")]
    dead_notification(operator, "n4", to=["invalid"])

    def run(*words: str) -> None:
        operator.run("dead-letters", *words, "--queue=notifications")

    run("list")
    run("show", "n1")
    run("explain", "n1", "n4")
    run("replay", "--all")
    run("replay", "n1", "--yes")
    Path("notification.json").write_text(sent[1]._replace(message="corrected").encode(), "utf-8")
    run("edit", "n2", "--with=notification.json")
    run("edit", "n2", "--with=notification.json", "--export=edited-notification.jsonl", "--yes")
    run("export", "exported-notification.jsonl", "n3")
    run("discard", "n3", "--count=1", "--export=discarded-notification.jsonl")
    run("import", "exported-notification.jsonl", "--yes")
    State.has_notifications = False


def logs(operator: Operator) -> None:
    """Write log lines, and run the commands that read them."""
    now = time.time()
    operator.account.log("IngestLogGroupName", *(ACCEPTED | {"receipt_id": each} for each in ("a", "b")), at=now - 900)
    rejected = {"message": "rejected", "reason": "wrong-signature", "profile": "alma"}
    operator.account.log("IngestLogGroupName", rejected, at=now - 899)
    for execution in EXECUTIONS[:1]:
        deliveries = [STARTED | {"execution": execution["executionArn"]}]
        line = OUTCOME | {"receipt_id": "a", "deliveries": deliveries}
        operator.account.log("ProcessorLogGroupName", line, at=execution["startDate"].timestamp())
    last = OUTCOME | {"receipt_id": "other", "duration_ms": 31.4, "deliveries": [STARTED]}
    operator.account.log("ProcessorLogGroupName", last, at=now - 800)
    operator.run("trace", "a")
    operator.watch()
    operator.run("reconcile", "--since=1h")


def notifications(operator: Operator) -> None:
    """Add a stack of notifications, write log lines of its functions, run the commands that read them, remove it."""
    logs, now = operator.account.client("logs"), round(time.time() * 1000)
    names = {"receipt_id": "n", "topic": "library+jobs", "type": "slack", "receives": 1, "duration_ms": 31.4}
    sent = {"message": "outcome", "outcome": "accepted", "integration": "team", **names}
    post = {"message": "accepted", "channel": "library", "queued": 2, **names, "topic": "jobs"}
    for group, line in (("producer", post), ("sender", sent)):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        event = {"timestamp": now - 900_000, "message": json.dumps(line)}
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
    State.has_notifications = True
    operator.run("trace", "n")
    operator.watch("--queue=notifications")
    operator.run("reconcile", "--since=1h", "--queue=notifications")
    State.has_notifications = False


def executions(operator: Operator) -> None:
    """Run the commands for executions."""
    operator.run("executions", "list", "--show-cause")
    operator.run("executions", "redrive", "--all")
    operator.run("executions", "redrive", "--all", "--yes")


def issues(operator: Operator) -> None:
    """Run the commands for issues, of a dead letter and of executions."""
    cause = {**CAUSE, "route": "invented"}
    dead_letter(operator, "i1", failure=cause)
    operator.run("issues", "list", "--state=all")
    found = operator.printed["issues list --state=all"]["issues"]
    key = next(each["key"] for each in found if each["cause"]["route"] == "invented")
    for name in ("acknowledge", "resolve", "reopen", "show"):
        operator.run("issues", name, key, *(["--note=invented"] if name == "resolve" else []), called=f"issues {name}")


def secrets(operator: Operator) -> None:
    """Run the commands for secrets."""
    for name in ("create", "rotate", "status"):
        operator.run("secret", name, "alma")
    operator.run("secret", "status", "alma", "--show-secret")
    operator.run("secret", "retire", "alma", "--force")
    ssm = operator.account.client("ssm")
    ssm.put_parameter(Name="/alma-webhooks/dev/gone/secret", Value="invented-secret", Type="SecureString")
    operator.run("secret", "delete", "gone", "--confirm-name=gone")


TOPICS = """channels:
  library:
    jobs:
      integrations:
        - {name: team, type: slack, model: "$title", configuration: {url: {ssm: slack-team}}}
        - {name: desk, type: email, model: "$title",
           configuration: {from: alma@library.example, to: [desk@library.example], subject: "{{ title }}"}}
    loans:
      integrations: [{name: team, type: slack, model: "$title", configuration: {url: {ssm: slack-team}}}]
"""


def topics(operator: Operator) -> None:
    """Run the commands for topics of notifications; the notifications stack is there only for them."""
    State.has_notifications, run = True, operator.run
    Path("notified").mkdir()
    Path("notified/alma-webhooks.yaml").write_text("schema: 1\nname: alma-webhooks\nstages: {dev: {}}\n", "utf-8")
    Path("notified/notifications.yaml").write_text(TOPICS, "utf-8")
    apply = ("topics", "apply", "--project=notified")
    run(*apply, "--dry-run", called="topics apply, dry run")
    run(*apply, "--yes", called="topics apply")
    run("topics", "list")
    with patch("sys.stdin", io.TextIOWrapper(io.BytesIO(b"invented-value"))):
        run("topics", "secret", "slack-team")
    run("topics", "show", "library/jobs")
    operator.account.client("sesv2").create_email_identity(EmailIdentity="library.example")
    run("topics", "test", "library/jobs", "--integration=desk", "--yes", called="topics test")
    with patch("scripts.topics.api_key.COOL_DOWN_SECONDS", -10):  # with a margin, so that a rotation does not wait
        for words in (("create",), ("rotate",), ("status",), ("status", "--show-key"), ("retire", "--yes")):
            run("topics", "api-key", *words)
    server = Loopback(answer({"team": "1"}, header="X-Receipt-Id: invented\r\n"))
    with server, patch("scripts.topics.posting.url_base", lambda *_: f"{server.url}/"):
        run("notify", "library/jobs", "title=invented", called="notify")
    Path("notified/notifications.yaml").write_text(
        TOPICS[: TOPICS.index("    loans")].replace('"$title"', "a"), "utf-8"
    )
    run(*apply, "--yes", "--prune", called="topics apply, changed")
    run("topics", "delete", "library/jobs", "--yes")
    State.has_notifications = False


def stack(operator: Operator) -> None:
    """Run the commands for the stack; empty its queues before it is deleted."""
    operator.run("doctor")
    operator.replayed = operator.account.received("QueueUrl")
    operator.account.received("DeadLetterQueueUrl")
    operator.run("doctor", "--fix", "--yes")
    dead_letter(operator, "r6")
    dead_letter(operator, "r7", failure=CAUSE | {"class": "refused", "reason": "AWS returned AuthorizationError"})
    operator.run("dead-letters", "fix")
    with patch("scripts.dead_letters.replay_wait.OutcomeWait", outcome_wait()):
        operator.run("dead-letters", "fix", "--yes", "--timeout=1s")
    operator.account.received("QueueUrl")
    operator.account.received("DeadLetterQueueUrl")
    Path("alma-webhooks.yaml").write_text("schema: 1\nname: alma-webhooks\nstages: {dev: {}}\n", "utf-8")
    operator.run("destroy", "--yes")


def events(operator: Operator) -> None:
    """Run the commands for routes and events."""
    Path("routes.yaml").write_text(ROUTES, "utf-8")
    wrong = "  - {name: wrong, when: {action: [LOANS]}, deliver: [{topic: unknown}]}\n"
    Path("wrong.yaml").write_text(ROUTES + wrong, "utf-8")
    Path("job.json").write_bytes(JOB)
    Path("targets.yaml").write_text(TARGETS, "utf-8")
    operator.run("routes", "check", "--routes=routes.yaml", is_stage=False)
    operator.run("routes", "check", "--routes=wrong.yaml", is_stage=False)
    operator.run("routes", "samples", is_stage=False)
    operator.run("events", "LOAN", is_stage=False)
    operator.run("routes", "explain", "job.json", "--routes=routes.yaml")
    operator.run("routes", "explain", "job.json", "--routes=targets.yaml")
    for name in ("old", "new"):
        Path(f"{name}.yaml").write_text(DIFFERENT.replace("PROFILE", name), "utf-8")
    operator.run("routes", "diff", "old.yaml", "new.yaml", called="routes diff")
    Path("condition.yaml").write_text(CONDITION, "utf-8")
    operator.run("routes", "explain", "job.json", "--routes=condition.yaml")
    operator.run("routes", "explain", "job.json", "job.json", "--routes=routes.yaml", called="routes explain, several")
    shutil.copytree(FOLDER_TO_TEST, "folder")
    operator.run("routes", "test", "folder")
    Path("folder/alma-webhooks.yaml").write_text("schema: 1\nname: folder\nstages: {dev: {}}\n", "utf-8")
    lost = ("lost", "--event=LOAN_LOST", "--project=folder")
    operator.run("routes", "add", *lost, is_stage=False, called="routes add")
    with Loopback(answer({"receipt_id": "invented"}), answer({"error": "invented"}, 404)) as server:
        url = f"{server.url}/webhooks/alma"
        operator.run("send", "loan-created", url, called="send")
        operator.run("send", "loan-created", url, called="send, rejected")
        operator.run("simulate", url, "--events=1", "--rate=max", called="simulate")


def run_all(account: Account) -> Operator:
    """Return an operator who has run all commands."""
    operator = Operator(account)
    parts = (logs, notifications, dead_letters, dead_notifications, executions, issues, secrets, topics, stack, events)
    for part in parts:
        part(operator)
    return operator
