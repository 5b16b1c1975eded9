"""What becomes of notifications and of messages of further parts is shown once, and dead letters when they change."""

import json
from typing import Any

import pytest

from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.aws.stack import Stack
from scripts.cli.options import Output
from scripts.local.receiver.inbox import Inbox
from scripts.local.run_display import RunDisplay
from scripts.local.shown_queues import ShownQueues, shown_notifications, shown_parts


class FakeNotifications:
    """Running notifications with queues of their own."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.inbox = Inbox(list)
        self.receiver = self
        names = ("QueueUrl", "DeadLetterQueueUrl")
        self.stack = Stack("dev", {name: aws.sqs.create_queue(QueueName=name)["QueueUrl"] for name in names})

    def send(self, output: str, count: int) -> None:
        """Put messages on one of the queues."""
        for _ in range(count):
            self.aws.sqs.send_message(QueueUrl=self.stack.outputs[output], MessageBody="a")

    def receive(self, _: float = 0) -> None:
        """Take a message off the queue."""
        url = self.stack.outputs["QueueUrl"]
        [message] = self.aws.sqs.receive_message(QueueUrl=url)["Messages"]
        self.aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def shown(self) -> ShownQueues:
        """Return the subject of these tests."""
        given: Any = self
        return shown_notifications(given, RunDisplay(Output.text))


class FakePrograms:
    """Programs that print these lines at once."""

    def __init__(self, *lines: str) -> None:
        self._lines = [*lines]

    def fresh(self) -> list[str]:
        """Return the lines the first time."""
        lines, self._lines = self._lines, []
        return lines


@pytest.fixture
def running(aws: Aws) -> FakeNotifications:
    """Notifications with empty queues."""
    return FakeNotifications(aws)


@pytest.fixture
def urls(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The URLs of a queue and its dead letters, which the stack of a part names."""
    made = {kind: aws.sqs.create_queue(QueueName=kind)["QueueUrl"] for kind in ("queue", "dead_letters")}
    monkeypatch.setattr(stack, "read", lambda _, name: Stack(name, {"Queues": json.dumps({"returns": made})}))
    return made


def of_parts(aws: Aws, programs: Any) -> ShownQueues:
    return shown_parts(aws, ["dev-shelf"], programs, RunDisplay(Output.text))


def test_messages_and_dead_letters_are_shown_once(
    running: FakeNotifications, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message is one line, also one that was not accepted, and cannot control the terminal."""
    running.send("DeadLetterQueueUrl", 3)
    subject = running.shown()
    running.inbox.add("slack", "team", "a\nb\x1b[31m", 200)
    running.inbox.add("http", "vendor", "{}", 404)
    assert subject.show() == 0
    running.send("DeadLetterQueueUrl", 2)
    assert (subject.show(), subject.show()) == (2, 0)
    lines = [line[10:] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "slack to team: a\\nb\\x1b[31m",
        "http to vendor (answered 404): {}",
        "dead letters of notifications: 5",
    ]
    assert subject.problem(1) == "1 notification could not be sent; see the dead letters."


def test_the_queue_is_waited_for(running: FakeNotifications, capsys: pytest.CaptureFixture[str]) -> None:
    """Then new dead letters are counted."""
    subject = running.shown()
    running.send("QueueUrl", 2)
    running.send("DeadLetterQueueUrl", 1)
    assert subject.settle(sleep=running.receive) == 1
    assert "still" not in capsys.readouterr().err


def test_a_paced_notification_is_not_waited_for_longer(
    running: FakeNotifications, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said that some still wait."""
    running.send("QueueUrl", 2)
    times = iter([0.0, 41.0])
    assert running.shown().settle(monotonic=lambda: next(times)) == 0
    assert "2 notifications still on the queue" in capsys.readouterr().err


def test_lines_of_programs_and_dead_letters_of_parts_are_shown_once(
    aws: Aws, urls: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A line cannot control the terminal."""
    subject = of_parts(aws, FakePrograms("shelf: a\x1b[31m"))
    aws.sqs.send_message(QueueUrl=urls["dead_letters"], MessageBody="a")
    assert (subject.show(), subject.show()) == (1, 0)
    printed = capsys.readouterr()
    assert printed.err.count("shelf: a\\x1b[31m") == 1
    assert printed.out.count("dead letters of the queue returns: 1") == 1
    assert subject.problem(2) == "2 messages of further parts failed; see the dead letters."


def test_the_queues_of_parts_are_waited_for_but_not_for_ever(
    aws: Aws, urls: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said that a message still waits."""
    assert of_parts(aws, FakePrograms()).settle() == 0
    aws.sqs.send_message(QueueUrl=urls["queue"], MessageBody="a")
    times = iter((0.0, 1.0, 50.0))
    assert of_parts(aws, FakePrograms()).settle(monotonic=lambda: next(times), sleep=lambda _: None) == 0
    assert "1 message still on the queues of further parts" in capsys.readouterr().err
