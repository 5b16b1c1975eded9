"""`dead-letters replay --wait`: the outcomes that are printed, and the exit codes. AWS is in process."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.aws.outcome_wait import OutcomeWait
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError
from scripts.dead_letters.queues import SourceQueue
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.scripts.dead_letters.queues import Queues, loan
from tests.scripts.passing_time import PassingTime
from tests.scripts.stack_logs import INGEST, PROCESSOR, Site

Outcomes = dict[str, dict[str, Any]]
DELIVERED = {"outcome": "delivered", "deliveries": [{"route": "loans", "target": "topic:loan-created"}]}
DEAD = {"outcome": "dead", "failure": {"class": "refused", "reason": "AWS returned NotFound"}}


@pytest.fixture
def outcomes() -> Outcomes:
    """The outcome of each event that is sent, by receipt ID."""
    return {}


@pytest.fixture
def replay(
    dead_letters: DeadLetterStore, queues: Queues, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Run `alma-webhooks dead-letters replay …`; the processor writes the outcomes of what was sent."""
    for group in (INGEST, PROCESSOR):
        queues.aws.logs.create_log_group(logGroupName=group)
        queues.aws.logs.create_log_stream(logGroupName=group, logStreamName="s")
    stack = dead_letters.scope.stack
    outputs = stack.outputs | {"IngestLogGroupName": INGEST, "ProcessorLogGroupName": PROCESSOR}
    site = Site(queues.aws, dead_letters.scope._replace(stack=stack._replace(outputs=outputs)))
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)
    time = PassingTime()
    wait = partial(OutcomeWait, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr("scripts.dead_letters.replay_wait.OutcomeWait", wait)
    send = SourceQueue.send

    def sent(queue: SourceQueue, messages: Any) -> dict[int, str]:
        failed = send(queue, messages)
        for receipt_id, members in outcomes.items():
            site.write(PROCESSOR, {"message": "outcome", "receipt_id": receipt_id, **members}, age=-0.5)
        return failed

    monkeypatch.setattr(SourceQueue, "send", sent)
    return lambda *arguments: CliRunner().invoke(app, ["dead-letters", "replay", *arguments])


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def test_the_outcome_of_one_event_is_printed(replay: Callable[..., Result], queues: Queues, outcomes: Outcomes) -> None:
    """After the summary, whose counts come first."""
    queues.put(receipt_id="r1")
    outcomes["r1"] = DELIVERED
    result = replay("r1", "--yes", "--wait")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "1 replayed: 1 delivered"
    assert result.stdout.splitlines()[1].startswith("r1  delivered to loan-created in 0.")


def test_events_that_fail_again_come_first(replay: Callable[..., Result], queues: Queues, outcomes: Outcomes) -> None:
    """The exit code is 1."""
    for number in (1, 2, 3):
        queues.put(loan(number), receipt_id=f"r{number}")
    outcomes |= {"r1": DELIVERED, "r2": DEAD, "r3": DELIVERED | {"outcome": "duplicate"}}
    result = replay("--all", "--yes", "--wait")
    lines = result.stdout.splitlines()
    assert lines[0] == "3 replayed: 1 delivered, 1 duplicate, 1 dead letter again"
    assert [line.split()[0] for line in lines[1:4]] == ["r2", "r1", "r3"]
    assert ended(result, FailedError) == (
        "1 replayed event failed again; see why: alma-webhooks dead-letters explain r2 --stage dev"
    )


def test_an_event_without_an_outcome_in_time_is_a_failure(
    replay: Callable[..., Result], queues: Queues, outcomes: Outcomes
) -> None:
    """The exit code is 1, and the JSON names it."""
    for number in (1, 2):
        queues.put(loan(number), receipt_id=f"r{number}")
    outcomes["r1"] = DELIVERED
    result = replay("--all", "--yes", "--wait", "--timeout=4s", "--output=json")
    data = json.loads(result.stdout)
    [outcome] = data["outcomes"]
    assert 0 < outcome.pop("seconds") < 2
    assert outcome.pop("text").startswith("delivered to loan-created in ")
    assert outcome == {
        "receipt_id": "r1",
        "outcome": "delivered",
        "targets": ["topic:loan-created"],
        "reason": "",
    }
    assert data["without_outcome"] == [{"receipt_id": "r2", "reason": ""}]
    assert ended(result, FailedError).endswith("follow it: alma-webhooks trace r2 --follow --stage dev")
    assert "r2  no outcome yet" not in result.stdout


def test_wait_needs_yes(replay: Callable[..., Result], queues: Queues) -> None:
    """A dry run sends nothing."""
    queues.put()
    assert ended(replay("r1", "--wait"), ConfigurationError) == "--wait needs --yes: a dry run sends nothing."
    assert "--timeout" in ended(replay("r1", "--yes", "--wait", "--timeout=x"), ConfigurationError)
    assert queues.dead_letters.depth().all == 1


def test_without_wait_the_output_is_as_before(replay: Callable[..., Result], queues: Queues) -> None:
    """It has no outcomes."""
    queues.put()
    result = replay("r1", "--yes", "--output=json")
    assert "outcomes" not in json.loads(result.stdout)


def test_nothing_to_replay_is_not_waited_for(replay: Callable[..., Result]) -> None:
    """It ends at once."""
    result = replay("--all", "--yes", "--wait")
    assert (result.exit_code, result.stdout) == (0, "no dead letter matches\n")
