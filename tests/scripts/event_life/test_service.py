"""The life of an event: what is collected from each source, and what is said if one fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.store import DeadLetterStore, open_dead_letters
from scripts.event_life.service import EventLifeService
from scripts.event_life.state import EventState
from tests.scripts.dead_letters.notified import NotificationQueues, notification
from tests.scripts.event_life.place import PROCESSOR, TWO_WEEKS, Place
from tests.scripts.executions.steps import NOW, SECRET

FAILURE = {"class": "no-target", "reason": "the stack has no topic loans", "route": "loans", "target": "topic:loans"}
POD = "alma-webhooks-dev-pod"


def delivered_to(arn: str) -> dict[str, Any]:
    return {"deliveries": [{"route": "pod", "target": "state_machine:pod", "outcome": "delivered", "execution": arn}]}


def test_a_delivered_event_has_a_timeline_and_no_dead_letter(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dead-letter queue is not read: that would hide its dead letters for a moment."""
    monkeypatch.setattr("scripts.event_life.service.open_dead_letters", lambda *_: pytest.fail("it was read"))
    place.accepted()
    place.ended("delivered", deliveries=[{"route": "loans", "target": "topic:loans", "outcome": "delivered"}])
    life = place.life()
    assert (life.state, life.problems, life.cause, life.may_change) == (EventState.delivered, (), None, False)
    assert [entry.title for entry in life.timeline] == [
        "Received for the Alma profile alma, and put on the webhook queue",
        "Attempt 1: delivered",
    ]


def test_a_dead_event_has_its_dead_letter_with_the_cause(place: Place) -> None:
    """Its body is redacted."""
    place.accepted()
    place.ended("dead", failure=FAILURE)
    place.queues.put(b'{"action": "LOAN", "webhook_user": {"last_name": "Example"}}', failure=FAILURE)
    life = place.life()
    assert (life.state, life.is_lost, life.may_change) == (EventState.dead, False, False)
    assert life.cause
    assert life.cause.reason == "the stack has no topic loans"
    assert life.dead_letter
    assert life.dead_letter.data["body"]["redacted"] is True
    assert "Example" not in repr(life)


def test_without_a_log_line_the_dead_letter_is_found(place: Place) -> None:
    """The log may have expired, or the window is too short."""
    place.accepted(minutes=60 * 24 * 20)
    place.queues.put()
    life = place.life()
    assert (life.state, life.timeline) == (EventState.dead, [])


def test_nothing_is_known_of_a_wrong_id(place: Place) -> None:
    """An ID that cannot be one is an error."""
    place.queues.put(receipt_id="r2")
    life = place.life()
    assert (life.state, life.dead_letters, life.looked_at) == (EventState.unknown, (), NOW)
    with pytest.raises(ConfigurationError, match="ID must be a receipt ID"):
        EventLifeService(place.scope).life("", TWO_WEEKS)


def test_a_dead_letter_that_is_gone_is_said(place: Place) -> None:
    """It expired, or another reader holds it."""
    place.ended("dead", failure=FAILURE)
    life = place.life()
    assert (life.state, life.is_lost, life.may_change) == (EventState.dead, True, True)
    assert life.cause
    assert life.cause.category == "no-target"


def test_executions_are_in_the_timeline_with_their_state(place: Place) -> None:
    """Their cause, which may quote the event, is not kept."""
    arn = place.steps.put(POD, "pod-1")
    place.ended("delivered", minutes=90, **delivered_to(arn))
    life = place.life()
    [execution] = life.failed_executions
    assert (execution.state_machine, execution.name, execution.status) == ("pod", "pod-1", "FAILED")
    assert [entry.title for entry in life.timeline] == [
        "Attempt 1: delivered",
        "Execution pod-1 of pod started",
        "Execution pod-1 of pod ended: FAILED",
    ]
    assert SECRET not in repr(life)


def test_a_running_execution_may_still_change(place: Place) -> None:
    """It has no end."""
    arn = place.steps.put(POD, "pod-1", "RUNNING")
    del place.steps.executions[arn]["stopDate"]
    place.ended("delivered", **delivered_to(arn))
    life = place.life()
    assert (life.may_change, life.executions[0].stopped_at) == (True, None)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("ExecutionDoesNotExist", "AWS does not have it"),
        ("AccessDeniedException", "you need states:DescribeExecution"),
        ("ThrottlingException", "It cannot be read: ThrottlingException, No."),
    ],
)
def test_an_execution_that_cannot_be_read_has_a_problem(place: Place, code: str, problem: str) -> None:
    """The others are read."""
    arns = [place.steps.put(POD, name) for name in ("pod-1", "pod-2")]
    place.steps.fail("DescribeExecution", arns[0], code)
    for number, arn in enumerate(arns):
        place.ended("delivered", minutes=20 - number, **delivered_to(arn))
    first, second = place.life().executions
    assert (first.status, second.status) == ("unknown", "FAILED")
    assert problem in first.problem


def test_a_log_that_cannot_be_read_is_named_and_the_others_are_read(place: Place) -> None:
    """The sentence has the reason; the rest is there."""
    place.accepted()
    place.scope.aws.logs.delete_log_group(logGroupName=PROCESSOR)
    place.queues.put()
    life = place.life()
    assert (life.state, len(life.lines)) == (EventState.dead, 1)
    [problem] = life.problems
    assert problem.startswith(f"The log of processor cannot be read: Log group {PROCESSOR} not found")


def test_a_queue_that_cannot_be_read_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is the one that the logs say."""

    def fail(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, "ReceiveMessage")

    monkeypatch.setattr("scripts.event_life.service.open_dead_letters", fail)
    place.ended("dead", failure=FAILURE)
    life = place.life()
    assert (life.state, life.looked_at, life.is_lost) == (EventState.dead, None, False)
    assert life.problems == (
        "The dead letters of webhooks cannot be read: AWS rejected ReceiveMessage: AccessDenied, No.",
    )


def test_a_second_reading_looks_at_the_queue_after_a_minute_or_new_lines(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that refreshes itself does not hide dead letters all the time."""
    place.accepted()
    before = place.life()
    place.queues.put()
    with monkeypatch.context() as patch:
        patch.setattr("scripts.event_life.service.open_dead_letters", lambda *_: pytest.fail("it was read"))
        assert place.life(before, now=NOW + timedelta(seconds=59)).state is EventState.waiting
    assert place.life(before, now=NOW + timedelta(seconds=60)).state is EventState.dead
    place.ended("dead", failure=FAILURE)
    assert place.life(before).state is EventState.dead
    place.log("audit", 5, "replayed", result="done")
    dead = place.life(before)
    place.ended("delivered", minutes=4)
    assert place.life(dead).state is EventState.delivered


def test_dead_notifications_of_a_post_are_found(
    place: Place,
    dead_notifications: DeadLetterStore,
    notified: NotificationQueues,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of them, because they share the ID; the text and the recipients are hidden. The first has the cause."""
    stack = Stack("n", {"ProducerLogGroupName": "/producer", "SenderLogGroupName": "/sender"})
    monkeypatch.setattr("scripts.request_trace.log.notifications_of", lambda _: stack)
    for group in ("/producer", "/sender"):
        place.scope.aws.logs.create_log_group(logGroupName=group)
    monkeypatch.setattr(
        "scripts.event_life.service.open_dead_letters",
        lambda scope, queue: dead_notifications if queue != "webhooks" else open_dead_letters(scope, queue),
    )
    for number in (1, 2):
        notified.put(notification(number))
    life = place.life()
    assert [each.queue for each in life.dead_letters] == [QueueName.notifications] * 2
    assert (life.state, life.problems) == (EventState.dead, ())
    assert life.cause
    assert life.cause.category == "refused"
    assert "patron@library.example" not in repr(life)


def test_each_pass_over_a_queue_has_its_turn(place: Place) -> None:
    """A program that makes several passes can make one at a time; without a pass there is no turn."""
    turns: list[str] = []

    @contextmanager
    def turn(queue: QueueName) -> Iterator[None]:
        turns.append(f"{queue} begins")
        yield
        turns.append(f"{queue} ends")

    service = EventLifeService(place.scope, now=lambda: NOW, turn=turn)
    service.life("r1", TWO_WEEKS)
    place.ended("delivered")
    service.life("r1", TWO_WEEKS)
    assert turns == ["webhooks begins", "webhooks ends"]


def test_the_span_can_begin_at_a_time(place: Place) -> None:
    """Lines before it are not read."""
    place.accepted()
    place.ended("ignored", minutes=20)
    begin = NOW - timedelta(minutes=25)
    life = EventLifeService(place.scope, now=lambda: NOW).life("r1", begin)
    assert ([line.log for line in life.lines], life.since) == (["processor"], begin)
