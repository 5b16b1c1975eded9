"""A stack with its log groups and its queue, in process."""

import json
import time
from typing import Any, NamedTuple

import pytest

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from tests.moto_resources import create_log_group, create_queue

INGEST = "/aws/lambda/alma-webhooks-dev-ingest"
PROCESSOR = "/aws/lambda/alma-webhooks-dev-processor"
AUDIT = "/alma-webhooks/alma-webhooks-dev/audit"


class Site(NamedTuple):
    """A stack, and what its functions would have written."""

    aws: Aws
    scope: StackContext

    def write(self, group: str, *lines: Any, age: float) -> None:
        """Puts lines, as text or as what JSON can hold, into a log group: `age` seconds old."""
        at = round((time.time() - age) * 1000)
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        events: Any = [{"timestamp": at, "message": text} for text in texts]
        self.aws.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    def accepted(self, *receipt_ids: str, profile: str = "alma", age: float = 600) -> None:
        lines = [{"message": "accepted", "profile": profile, "receipt_id": receipt_id} for receipt_id in receipt_ids]
        self.write(INGEST, *lines, age=age)

    def ended(self, outcome: str, *receipt_ids: str, profile: str = "alma", age: float = 590) -> None:
        lines = [
            {"message": "outcome", "outcome": outcome, "profile": profile, "receipt_id": receipt_id}
            for receipt_id in receipt_ids
        ]
        self.write(PROCESSOR, *lines, age=age)


@pytest.fixture
def site(aws: Aws, scope: StackContext) -> Site:
    """The stack of two profiles, up and silent."""
    for group in (INGEST, PROCESSOR):
        create_log_group(aws, group, "s", retention_days=90)
    queue = create_queue(aws, "webhooks")
    outputs = {"IngestLogGroupName": INGEST, "ProcessorLogGroupName": PROCESSOR, "QueueUrl": queue}
    stack = scope.stack._replace(outputs=scope.stack.outputs | outputs)
    return Site(aws, scope._replace(stack=stack))
