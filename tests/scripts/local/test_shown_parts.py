"""What becomes of messages of further parts is shown: lines of local programs, and dead letters by queue."""

import json
from typing import Any

import pytest

from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.aws.stack import Stack
from scripts.cli.options import Output
from scripts.local.run_display import RunDisplay
from scripts.local.shown_parts import ShownParts


class FakePrograms:
    """Programs that print these lines at once."""

    def __init__(self, *lines: str) -> None:
        self._lines = [*lines]

    def fresh(self) -> list[str]:
        """Return the lines the first time."""
        lines, self._lines = self._lines, []
        return lines


@pytest.fixture
def urls(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The URLs of a queue and its dead letters, which the stack of a part names."""
    made = {kind: aws.sqs.create_queue(QueueName=kind)["QueueUrl"] for kind in ("queue", "dead_letters")}
    monkeypatch.setattr(stack, "read", lambda _, name: Stack(name, {"Queues": json.dumps({"returns": made})}))
    return made


def shown(aws: Aws, programs: Any, **clock: Any) -> ShownParts:
    return ShownParts(aws, ["dev-shelf"], programs, RunDisplay(Output.text), **clock)


def test_lines_and_dead_letters_are_shown_once(
    aws: Aws, urls: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A line cannot control the terminal."""
    subject = shown(aws, FakePrograms("shelf: a\x1b[31m"))
    aws.sqs.send_message(QueueUrl=urls["dead_letters"], MessageBody="a")
    assert (subject.show(), subject.show()) == (1, 0)
    printed = capsys.readouterr()
    assert printed.err.count("shelf: a\\x1b[31m") == 1
    assert printed.out.count("dead letters of the queue returns: 1") == 1
    assert subject.problem(2) == "2 messages of further parts failed; see the dead letters."


def test_the_queues_are_waited_for_but_not_for_ever(
    aws: Aws, urls: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said that a message still waits."""
    assert shown(aws, FakePrograms()).settle() == 0
    aws.sqs.send_message(QueueUrl=urls["queue"], MessageBody="a")
    times = iter((0.0, 1.0, 50.0))
    assert shown(aws, FakePrograms(), monotonic=lambda: next(times), sleep=lambda _: None).settle() == 0
    assert "1 message still on the queues of further parts" in capsys.readouterr().err
