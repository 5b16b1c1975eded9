"""A stack in process in which an event can live: logs, Step Functions in memory, and the dead-letter queue."""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from scripts.aws.context import StackContext
from scripts.cli.times import milliseconds
from scripts.event_life.life import EventLife
from scripts.event_life.service import EventLifeService
from tests.moto_resources import create_log_group
from tests.scripts.dead_letters.queues import AUDIT, Queues
from tests.scripts.executions.steps import NOW, Steps, machine

INGEST = "/aws/lambda/alma-webhooks-dev-ingest"
PROCESSOR = "/aws/lambda/alma-webhooks-dev-processor"
GROUPS = {"ingest": INGEST, "processor": PROCESSOR, "audit": AUDIT}
TWO_WEEKS = timedelta(days=14)


class Place(NamedTuple):
    """The stack, and what its functions would have done, some minutes before NOW."""

    scope: StackContext
    queues: Queues
    steps: Steps

    def log(self, log: str, minutes: float, message: str, receipt_id: str = "r1", **members: Any) -> None:
        """Write a line, this many minutes before NOW."""
        text = json.dumps({"message": message, "receipt_id": receipt_id} | members)
        events: Any = [{"timestamp": milliseconds(NOW - timedelta(minutes=minutes)), "message": text}]
        self.scope.aws.logs.put_log_events(logGroupName=GROUPS[log], logStreamName="s", logEvents=events)

    def accepted(self, minutes: float = 30) -> None:
        """Write the line of ingest."""
        self.log("ingest", minutes, "accepted", profile="alma", bytes=120)

    def ended(self, outcome: str, minutes: float = 29, **members: Any) -> None:
        """Write the line of an outcome of the first attempt."""
        self.log("processor", minutes, "outcome", outcome=outcome, receives=1, **members)

    def life(self, before: EventLife | None = None, *, now: datetime = NOW) -> EventLife:
        """Return the life of r1."""
        return EventLifeService(self.scope, now=lambda: now).life("r1", TWO_WEEKS, before)


def made(scope: StackContext, queues: Queues) -> Place:
    """Create the log groups and a state machine without executions."""
    for group in (INGEST, PROCESSOR):
        create_log_group(scope.aws, group, "s")
    scope.aws.logs.create_log_stream(logGroupName=AUDIT, logStreamName="s")
    outputs = {
        "IngestLogGroupName": INGEST,
        "ProcessorLogGroupName": PROCESSOR,
        "StateMachineArns": json.dumps({"pod": machine("alma-webhooks-dev-pod")}),
    }
    stack = scope.stack._replace(outputs=scope.stack.outputs | outputs)
    return Place(scope._replace(stack=stack), queues, Steps(scope.aws))
