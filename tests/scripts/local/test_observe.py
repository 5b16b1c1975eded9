"""The outcome log: its lines are read once, and a function is nudged when one is late."""

import json
from typing import Any

import pytest

from scripts.aws.clients import Aws
from scripts.cli.signals import Interrupts
from scripts.local.observe import OutcomeLog, subscribed


class Emulator:
    """An emulator's log with these messages, and a function that counts its runs."""

    def __init__(self, *messages: str) -> None:
        self.messages = list(messages)
        self.runs: list[str] = []
        self.starts: list[int] = []
        self.logs = self.functions = self

    def get_paginator(self, _name: str) -> "Emulator":
        return self

    def paginate(self, *, startTime: int, **_: Any) -> list[dict[str, Any]]:  # noqa: N803 - AWS' own names
        self.starts.append(startTime // 1000)
        events = [{"logStreamName": "s", "timestamp": 2**41, "message": message} for message in self.messages]
        return [{"events": events}]

    def invoke(self, FunctionName: str, Payload: bytes) -> None:  # noqa: N803 - AWS' own names
        assert json.loads(Payload) == {"Records": []}
        self.runs.append(FunctionName)


OUTCOME = json.dumps({"message": "outcome", "receipt_id": "r-1", "outcome": "delivered"})


def log_of(emulator: Emulator) -> OutcomeLog:
    return OutcomeLog(emulator, "/aws/lambda/stack-processor")  # type: ignore[arg-type]  # the part that is used


def test_a_line_is_read_once_and_its_outcome_is_kept() -> None:
    """What is no line of the processor's is passed over."""
    log = log_of(Emulator("START", '{"_aws": {}}', OUTCOME))
    assert [line["receipt_id"] for line in log.read()] == ["r-1"]
    assert log.read() == []
    assert log.outcomes["r-1"]["outcome"] == "delivered"


@pytest.mark.parametrize(("late_seconds", "overlap"), [(0, 5), (10, 30), (300, 300)])
def test_a_read_starts_some_seconds_before_the_last_one(
    monkeypatch: pytest.MonkeyPatch, late_seconds: int, overlap: int
) -> None:
    """However long ago that was: no line is lost if the program was stopped. Not before the beginning."""
    emulator, times = Emulator(), iter((10_000, 20_000, 30_000))
    monkeypatch.setattr("scripts.local.observe.time.time", lambda: next(times))
    log = OutcomeLog(emulator, "/aws/lambda/stack-processor", late_seconds=late_seconds)  # type: ignore[arg-type]  # as above
    log.read()
    log.read()
    monkeypatch.setattr("scripts.local.observe.time.time", lambda: 40_000)
    log.read()
    begin = 10_000 - late_seconds
    assert emulator.starts == [begin, max(begin, 20_000 - overlap), 30_000 - overlap]


def test_a_function_is_nudged_only_when_nothing_new_has_come_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first nudge reaches a few workers, and the next ones, later, all of them."""
    emulator = Emulator()
    log = log_of(emulator)
    log.insist()
    assert emulator.runs == []
    counts: list[int] = []
    for _ in range(4):
        monkeypatch.setattr(log, "_last_new", float("-inf"))
        log.insist()
        count = len(emulator.runs)
        log.insist()
        assert len(emulator.runs) == count
        counts.append(count - sum(counts))
    assert set(emulator.runs) == {"stack-processor"}
    assert counts == [4, 8, 16, 20]


def test_a_new_line_puts_off_the_nudge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function runs; nobody has to help it."""
    emulator = Emulator(OUTCOME)
    log = log_of(emulator)
    monkeypatch.setattr(log, "_last_new", float("-inf"))
    log.read()
    log.insist()
    assert emulator.runs == []


def test_without_topics_there_is_nothing_to_subscribe_to(aws: Aws) -> None:
    """Nothing comes, and the queue is gone afterwards."""
    with Interrupts() as interrupts, subscribed(aws, {}, interrupts) as subscriptions:
        assert len(aws.sqs.list_queues()["QueueUrls"]) == 1
        assert subscriptions.receive() == 0
    assert "QueueUrls" not in aws.sqs.list_queues()
