"""The command `dead-letters replay`: its output and exit codes. AWS is in process; tests/end_to_end use an emulator."""

import json
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, RejectedError, StoppedError
from scripts.dead_letters import replay as replay_module
from scripts.dead_letters.adaptive_rate import AdaptiveRate
from scripts.dead_letters.queues import DeadLetterQueue, Depth, Handles, SourceQueue
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.cli.test_rate_limiter import Clock
from tests.scripts.dead_letters.queues import CAUSE, LOCKS, Queues, audited, loan
from tests.scripts.dead_letters.test_replay import arrived
from tests.scripts.scope_line import SCOPE_LINE

Command = Callable[..., Result]
NO_OUTPUT = "Stack alma-webhooks-dev has no output Topics"


@pytest.fixture
def replay(dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks dead-letters replay …`."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: dead_letters.scope)
    return lambda *arguments: CliRunner().invoke(app, ["dead-letters", "replay", *arguments])


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def test_without_yes_the_plan_is_shown_and_nothing_is_changed(
    replay: Command, queues: Queues, dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan has counts by event and cause, the outcomes, and the obstacles."""
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created"]))
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    queues.put(loan(0), receipt_id="r0", failure=None)
    queues.put(b"poison", receipt_id="r4", failure={"class": "not-parsed"})
    queues.put(loan(5), receipt_id="r5", replay={"count": 3})
    result = replay("--all")
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "dry run: would replay 4 of 6 dead letters; pass --yes to apply",
            "      3  LOAN LOAN_CREATED: transient, route loans, topic:loan-created",
            "      1  no event: not-parsed",
            "3 would be delivered by route a, "
            "1 would fail again (not-parsed: The body is not valid JSON at line 1, column 1)",
            "1 copy: each event is sent once, its dead letters all deleted",
            "1 was replayed 3 times or more and is kept back; pass --ignore-replay-limit to replay it too",
            "1 is not a readable event and would fail again without a correction",
        ],
    )
    assert result.stderr.startswith(SCOPE_LINE)
    assert (queues.dead_letters.depth(), arrived(queues), audited(queues.aws)) == (Depth(6, 0), [], [])


def test_the_plan_says_when_everything_is_delivered_again(replay: Command, queues: Queues) -> None:
    """It is the only option that delivers twice."""
    queues.put()
    assert "\nevery target gets them again, even those that have them\n" in replay("r1", "--redeliver").stdout


def test_the_plan_as_json(replay: Command, queues: Queues) -> None:
    """JSON has the same data, with the dead letters that expire soon."""
    queues.aws.sqs.set_queue_attributes(QueueUrl=queues.dead_letters_url, Attributes={"MessageRetentionPeriod": "7200"})
    queues.put(loan(), receipt_id="r1", replay={"count": 3})
    data = data_of(replay("r1", "--ignore-replay-limit", "--output=json"))
    assert data.pop("forecast").pop("problem").startswith(NO_OUTPUT)
    time = data.pop("time")
    assert (time["shortest_seconds"], time["queue"]["waiting"], time["empty_at"]) == (0.1, 0, None)
    assert data == {
        "dry_run": True,
        "redeliver": False,
        "seen": 1,
        "about": 1,
        "unjudged": 0,
        "missing": [],
        "chosen": 1,
        "would_send": 1,
        "copies": 0,
        "beyond_limit": 1,
        "kept_back": 0,
        "expire_soon": 1,
        "unreadable": 0,
        "groups": [
            {
                "action": "LOAN",
                "event": "LOAN_CREATED",
                "cause": "transient",
                "route": "loans",
                "target": "topic:loan-created",
                "dead_letters": 1,
            }
        ],
    }


def test_an_unknown_outcome_does_not_prevent_the_plan(replay: Command, queues: Queues) -> None:
    """A stack whose routes cannot be read has a plan all the same, and the reason."""
    queues.put()
    result = replay("r1")
    assert (result.exit_code, f"the outcome is not known: {NO_OUTPUT}" in result.stdout) == (0, True)


def test_with_yes_the_replay_prints_a_summary(replay: Command, queues: Queues, tmp_path: Path) -> None:
    """The scope is printed before; the audit also goes to a file if one is passed."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    queues.put(loan(0), receipt_id="r0", failure=None)
    audit = tmp_path / "audit.jsonl"
    result = replay("--event=LOAN_CREATED", "--yes", f"--audit-file={audit}", "--redeliver")
    assert (result.exit_code, result.stdout) == (
        0,
        "3 replayed, 1 copy\n",
    )
    assert result.stderr.startswith(SCOPE_LINE)
    replays = [json.loads(message["replay"]) for message in arrived(queues)]
    assert [(one["count"], one["redeliver"]) for one in replays] == [(1, True)] * 3
    assert queues.dead_letters.depth() == Depth(0, 0)
    lines = [json.loads(line) for line in audit.read_text("utf-8").splitlines()]
    assert [line["message"] for line in lines] == ["began", *["replayed"] * 4, "ended"]
    assert lines[0]["filters"] == {"events": ["LOAN_CREATED"]}


def test_the_result_as_json(replay: Command, queues: Queues) -> None:
    """JSON has the same data."""
    queues.put(receipt_id="r1")
    assert data_of(replay("r1", "--yes", "--output=json")) == {
        "dry_run": False,
        "seen": 1,
        "about": 1,
        "unjudged": 0,
        "missing": [],
        "chosen": 1,
        "sent": 1,
        "send_failed": 0,
        "deleted": 1,
        "delete_failed": 0,
        "kept_back": 0,
        "copies": 0,
        "came_back": 0,
        "reasons": {},
        "is_whole": True,
    }


@pytest.mark.parametrize("arguments", [[], ["--yes"], ["--redeliver", "--yes", "--rate=5"]])
def test_f42_an_empty_selection_never_means_all(replay: Command, queues: Queues, arguments: list[str]) -> None:
    """Without ID, filter or --all the exit code is 2, and nothing is changed."""
    queues.put()
    assert "pass IDs, filters or --all" in ended(replay(*arguments), ConfigurationError)
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_all_beside_ids_is_a_usage_error(replay: Command) -> None:
    """The exit code is 2."""
    assert "--all selects every dead letter" in ended(replay("--all", "r1"), ConfigurationError)


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_f42_no_match_of_a_replay_is_not_a_failure(replay: Command, queues: Queues, yes: list[str]) -> None:
    """The exit code is 0, and the dead letters stay on the queue."""
    queues.put()
    result = replay("--action=BIB", *yes)
    assert (result.exit_code, result.stdout) == (0, "no dead letter matches\n")
    assert (queues.dead_letters.depth(), arrived(queues)) == (Depth(1, 0), [])


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_f41_unknown_ids_are_named(replay: Command, queues: Queues, yes: list[str]) -> None:
    """The exit code is 1, and the others are replayed."""
    queues.put(receipt_id="r1")
    result = replay("r1", "gone", "\x1b[2J", *yes)
    assert ended(result, FailedError) == "2 IDs not found among the dead letters."
    assert "not found: gone\nnot found: \\x1b[2J\n" in result.stdout
    assert len(arrived(queues)) == len(yes)


def test_f43_what_was_not_sent_fails_the_command(
    replay: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 1, and the output has the reasons and the counts."""
    queues.put()
    monkeypatch.setattr(SourceQueue, "send", lambda *_: {0: "InternalError"})
    result = replay("--all", "--yes")
    assert ended(result, FailedError) == "The replay is incomplete: run the command again to replay the rest."
    assert result.stdout == "0 replayed, 1 not sent\n1 not sent: InternalError\n"


def test_f41_a_dead_letter_that_could_not_be_deleted_fails_the_command(
    replay: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 1, with an explanation."""
    queues.put()
    monkeypatch.setattr(DeadLetterQueue, "delete", lambda _, handles: set(handles))
    result = replay("--all", "--yes")
    ended(result, FailedError)
    assert result.stdout.splitlines() == [
        "1 replayed, 1 not deleted",
        "1 was sent but is still on the dead-letter queue; replaying again delivers nothing twice",
    ]


def test_f43_an_aws_error_is_reported_after_the_summary(
    replay: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 1 with the error of AWS, and the dead letters are visible again."""

    def fail(*_: object) -> dict[int, str]:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "SendMessageBatch")

    queues.put()
    monkeypatch.setattr(SourceQueue, "send", fail)
    result = replay("--all", "--yes")
    assert ended(result, FailedError) == "AWS rejected SendMessageBatch: AccessDenied, not you."
    assert "0 replayed, 1 not sent" in result.stdout
    assert queues.dead_letters.depth() == Depth(1, 0)


def test_f50_a_replay_that_keeps_back_all_is_rejected(replay: Command, queues: Queues) -> None:
    """The exit code is 3 if all selected dead letters are kept back; otherwise a notice is printed."""
    queues.put(receipt_id="r1", replay={"count": 3})
    result = replay("r1", "--yes")
    assert "pass --ignore-replay-limit" in ended(result, RejectedError)
    assert "1 was replayed 3 times or more and is kept back" in result.stdout
    queues.put(loan(2), receipt_id="r2")
    assert replay("--all", "--yes").exit_code == 0
    assert replay("r1", "--yes", "--ignore-replay-limit").exit_code == 0
    assert [message["receipt_id"] for message in arrived(queues)] == ["r2", "r1"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_f46_ctrl_c_ends_after_a_batch_with_the_summary(
    replay: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Sent dead letters are deleted, the rest is visible again, the lock is released, and the exit code is 130."""

    delete = DeadLetterQueue.delete

    def interrupted(queue: DeadLetterQueue, handles: Handles) -> set[str]:
        signal.raise_signal(number)
        return delete(queue, handles)

    monkeypatch.setattr(DeadLetterQueue, "delete", interrupted)
    for count in range(15):
        queues.put(loan(count), receipt_id=f"r{count}")
    result = replay("--all", "--yes", "--rate=1000")
    assert "The rest is visible again, up to ten dead letters only after some minutes." in ended(result, StoppedError)
    assert result.stdout == "10 replayed\n"
    assert queues.dead_letters.depth() == Depth(5, 0)
    assert audited(queues.aws)[-1]["result"] == "KeyboardInterrupt"
    assert queues.aws.dynamodb.scan(TableName=LOCKS)["Count"] == 0


def test_f46_an_interrupted_plan_has_changed_nothing(
    replay: Command, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 130, and the dead letters are visible again."""
    queues.put()
    receive = DeadLetterQueue.receive

    def interrupted(*arguments: Any) -> Any:
        dead_letters = receive(*arguments)
        signal.raise_signal(signal.SIGINT)
        return dead_letters

    monkeypatch.setattr(DeadLetterQueue, "receive", interrupted)
    assert "nothing changed" in ended(replay("--all"), StoppedError)


@pytest.mark.parametrize("rate", ["0", "0.09", "inf", "nan", "1000.1", "fast", "", "AUTO"])
def test_f47_an_invalid_rate_is_a_usage_error(replay: Command, queues: Queues, rate: str) -> None:
    """The exit code is 2, before anything is read."""
    queues.put()
    error = ended(replay("--all", "--yes", f"--rate={rate}"), ConfigurationError)
    assert error == f"--rate is '{rate}'; it must be auto or a number of dead letters per second from 0.1 to 1000."
    assert arrived(queues) == []


class Turned(Clock):
    """A clock on which six seconds pass between two looks at it."""

    def monotonic(self) -> float:
        self.now += 6
        return self.now


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A webhook queue on which the first messages of this list wait, at each look one after the other."""
    clock, waiting = Turned(), [5000, 5000, 0, 0]
    monkeypatch.setattr(SourceQueue, "waiting", lambda _: waiting.pop(0))
    adaptive = partial(AdaptiveRate, monotonic=clock.monotonic, sleep=clock.sleep)
    monkeypatch.setattr(replay_module, "AdaptiveRate", adaptive)
    return waiting


@pytest.mark.parametrize("rate", [[], ["--rate=auto"]])
def test_f47_f75_a_replay_slows_down_while_the_webhook_queue_is_behind(
    replay: Command, queues: Queues, behind: list[int], rate: list[str]
) -> None:
    """By default. One line says so, and everything is replayed."""
    for number in range(21):
        queues.put(loan(number), receipt_id=f"r{number}")
    result = replay("--all", "--yes", *rate)
    assert result.stdout == "21 replayed\n"
    assert result.stderr.count("About 5,000 messages wait on the webhook queue: replaying more slowly") == 1
    assert len(behind) < 3


def test_f47_a_number_is_a_fixed_rate(replay: Command, queues: Queues, behind: list[int]) -> None:
    """The webhook queue is not looked at."""
    queues.put()
    result = replay("--all", "--yes", "--rate=1000")
    assert (result.stdout, len(behind)) == ("1 replayed\n", 4)
    assert "webhook queue" not in result.stderr


def test_dead_letters_that_another_reader_holds_are_reported(replay: Command, queues: Queues) -> None:
    """A notice says that fewer were seen than exist."""
    for number in range(2):
        queues.put(loan(number), receipt_id=f"r{number}")
    queues.aws.sqs.receive_message(QueueUrl=queues.dead_letters_url, VisibilityTimeout=60)
    assert "1 of about 2 dead letters seen" in replay("--all").stdout


def test_f49_the_text_of_a_dead_letter_moves_no_cursor(replay: Command, queues: Queues) -> None:
    """Control characters of event and cause are escaped, in text and JSON."""
    escape = "\x1b]0;owned\x07"
    queues.put(json.dumps({"action": escape}).encode(), failure=CAUSE | {"route": escape, "target": escape})
    for output in ("text", "json"):
        assert not {"\x1b", "\x07"} & set(replay("--all", f"--output={output}").stdout)


def test_a_where_that_could_not_be_evaluated_is_reported(replay: Command, queues: Queues) -> None:
    """A misspelled field would look like no match."""
    queues.put()
    assert (
        "1 dead letter lacks an event with the fields that --where names" in replay("--where=item_lone.x == 'y'").stdout
    )
