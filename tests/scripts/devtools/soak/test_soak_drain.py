"""The drain of a soak test: the mapping is off until the release, and the log has runs and retries."""

import json
from itertools import repeat
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from scripts.aws.stack import Stack
from scripts.cli.exit_codes import FailedError
from scripts.devtools.soak.soak_drain import Drain
from tests.mocked_aws import MockedAws

LINES = (
    ("a", 1_000_100, "START RequestId: a Version: $LATEST"),
    ("a", 1_000_200, "REPORT RequestId: a\tDuration: 120 ms\tBilled Duration: 121 ms\tMemory Size: 512 MB"),
    ("a", 1_000_200, "REPORT RequestId: a\tDuration: 120 ms\tBilled Duration: 121 ms\tMemory Size: 512 MB"),
    ("b", 1_000_400, "REPORT RequestId: b\tDuration: 80.5 ms\tBilled Duration: 81 ms\tMemory Size: 512 MB"),
    ("b", 1_000_400, json.dumps({"message": "retry", "seconds_away": 6})),
    ("b", 1_000_500, json.dumps({"message": "REPORT of nothing, Duration: 1 ms"})),
    ("b", 1_000_500, "{"),
    ("c", 1_002_600, "REPORT RequestId: c\tDuration: 1 ms\tBilled Duration: 1 ms\tMemory Size: 512 MB"),
)


class Running:
    """The part of a pipeline that a drain uses: a queue in moto, a mapping and a log here."""

    def __init__(self) -> None:
        self.aws, self.functions, self.logs = self, self, self
        self.sqs = boto3.client("sqs")
        self.url = self.sqs.create_queue(QueueName="webhooks")["QueueUrl"]
        names = {"QueueUrl": self.url, "ProcessorFunctionName": "processor", "ProcessorLogGroupName": "/processor"}
        self.stack = Stack("stack", names)
        self.states = iter(("Disabling", "Disabled", "Enabled"))
        self.calls: list[tuple[str, Any]] = []

    def list_event_source_mappings(self, **given: Any) -> Any:
        """One mapping."""
        self.calls.append(("list", given["FunctionName"]))
        return {"EventSourceMappings": [{"UUID": "u"}]}

    def update_event_source_mapping(self, **given: Any) -> None:
        """Record the change."""
        self.calls.append((given["UUID"], given["Enabled"]))

    def get_event_source_mapping(self, **_: Any) -> Any:
        """The next state."""
        return {"State": next(self.states)}

    def get_paginator(self, name: str) -> Any:
        """One page of the log."""
        self.calls.append(("log", name))
        return SimpleNamespace(paginate=self.page)

    def page(self, **given: Any) -> Any:
        """Every line, with the times that were asked for recorded."""
        self.calls.append(("page", given))
        events = [{"logStreamName": stream, "timestamp": at, "message": text} for stream, at, text in LINES]
        return [{"events": events}]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with MockedAws():
        yield Running()


def test_the_processor_receives_nothing_until_the_release(running: Any) -> None:
    """The mapping is disabled and enabled, and each time its state is awaited."""
    drain = Drain(running, sleep=lambda _: None)
    drain.hold()
    drain.release()
    assert running.calls == [("list", "processor"), ("u", False), ("list", "processor"), ("u", True)]
    assert list(running.states) == []


def test_a_mapping_that_does_not_stop_ends_the_soak_test(running: Any) -> None:
    """After a minute; nothing is sent to a pipeline whose queue would not be held."""
    running.states, slept = repeat("Disabling"), list[float]()
    with pytest.raises(FailedError, match="The mapping of processor does not become Disabled"):
        Drain(running, sleep=slept.append).hold()
    assert round(sum(slept)) == 60


def test_runs_and_retries_are_read_from_the_log(running: Any) -> None:
    """Lambda's own line of each run, once; the processor's line of a retry in its stream; no run after the end."""
    running.states = iter(("Enabled",))
    running.sqs.send_message(QueueUrl=running.url, MessageBody="held")
    drain = Drain(running, iter((1000.0, 1002.5, 1003.0)).__next__)
    drain.release()
    drain.end()
    assert drain.facts([1001.5]) == {
        "queued": 1,
        "seconds": 0.4,
        "runs": [(0.2, 0.12, False), (0.4, 0.0805, True)],
        "replayed_at": [1.5],
    }
    asked = {"logGroupName": "/processor", "startTime": 1_000_000, "endTime": 1_003_000, "filterPattern": ""}
    assert running.calls[-1] == ("page", asked)
