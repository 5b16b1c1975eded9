"""What `watch` does with an event: it runs the commands, and goes on after their errors."""

from collections.abc import Callable

import pytest

from scripts.cli.options import StackFlags
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.store import DeadLetterStore
from scripts.watch.actions import EventActions
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.queues import Queues
from tests.scripts.dead_letters.test_replay import arrived
from tests.scripts.stack_logs import INGEST, PROCESSOR, Site
from tests.scripts.watch.events import event_of

DEAD = event_of(outcome="dead")
ROUTES = """stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: a, when: {action: [LOAN]}, deliver: [{topic: loan-created}]}
"""
Printed = Callable[[], str]


@pytest.fixture
def actions(dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch, queues: Queues) -> EventActions:
    """The actions on a stack with a dead letter r1 and its log lines."""
    aws = queues.aws
    for group in (INGEST, PROCESSOR):
        aws.logs.create_log_group(logGroupName=group)
        aws.logs.create_log_stream(logGroupName=group, logStreamName="s")
    stack = dead_letters.scope.stack
    outputs = stack.outputs | {"IngestLogGroupName": INGEST, "ProcessorLogGroupName": PROCESSOR}
    scope = dead_letters.scope._replace(stack=stack._replace(outputs=outputs))
    scope = with_routes(with_targets(scope, ["loan-created"]), ROUTES)
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    queues.put(receipt_id="r1")
    site = Site(aws, scope)
    site.accepted("r1")
    site.ended("dead", "r1")
    return EventActions(StackFlags())


def test_show_prints_the_log_lines_and_the_dead_letter(
    actions: EventActions, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of any other event only the lines."""
    actions.show(DEAD)
    shown = capsys.readouterr().out
    assert "accepted" in shown
    assert "dead letter r1" in shown
    actions.show(event_of())
    assert "dead letter r1" not in capsys.readouterr().out


def test_explain_prints_what_a_replay_would_do(actions: EventActions, capsys: pytest.CaptureFixture[str]) -> None:
    """For dead letters only."""
    actions.explain(DEAD)
    assert "r1  would publish to loan-created by route a" in capsys.readouterr().out
    actions.explain(event_of())
    assert capsys.readouterr().err == "Only dead letters can be explained; this event is delivered.\n"


def test_replay_prints_a_dry_run_and_asks(
    actions: EventActions, queues: Queues, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a yes nothing is changed; an event that is no dead letter is not asked about."""
    actions.replay(event_of(), lambda _: pytest.fail("not asked"))
    questions: list[str] = []

    def no(question: str) -> bool:
        questions.append(question)
        return False

    actions.replay(DEAD, no)
    assert "dry run: would replay 1 of 1 dead letter" in capsys.readouterr().out
    assert questions == ["Replay r1?"]
    assert (queues.dead_letters.depth(), arrived(queues)) == (Depth(1, 0), [])


def test_replay_sends_after_a_yes_and_prints_the_outcome(
    actions: EventActions, queues: Queues, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch goes on after a failure."""
    monkeypatch.setattr("scripts.dead_letters.replay_wait.ReplayWait.run", lambda *_: None)
    actions.replay(DEAD, lambda _: True)
    printed = capsys.readouterr()
    assert "1 replayed: 1 without an outcome\n" in printed.out
    assert "alma-webhooks: 1 replayed event has no outcome yet" in printed.err
    assert (queues.dead_letters.depth(), len(arrived(queues))) == (Depth(0, 0), 1)


def test_errors_are_printed(actions: EventActions, capsys: pytest.CaptureFixture[str]) -> None:
    """Such as a dead letter that somebody else has replayed meanwhile."""
    actions.explain(DEAD._replace(receipt_id="gone"))
    assert "Dead letter gone not found" in capsys.readouterr().err
    actions.show(event_of(receipt_id="gone"))
    assert "alma-webhooks: No log lines about gone" in capsys.readouterr().err
    actions.explain(DEAD._replace(receipt_id=""))
    assert "This dead letter has no receipt ID" in capsys.readouterr().err
