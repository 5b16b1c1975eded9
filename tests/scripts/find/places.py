"""A stack with dead letters, logs and executions to search."""

import json
import time
from typing import Any, NamedTuple

import pytest

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from tests.scripts.dead_letters.queues import BUCKET, Queues
from tests.scripts.executions.site import AUDIT, PROCESSOR, made
from tests.scripts.executions.steps import Steps
from tests.scripts.stack_logs import INGEST


class Places(NamedTuple):
    """A stack without notifications, its dead-letter queue, its Step Functions and its logs."""

    scope: StackContext
    queues: Queues
    steps: Steps

    def log(self, group: str, *lines: Any, at: float | None = None) -> None:
        """Write lines, as text or as what JSON can hold, into a log group at seconds since 1970: a minute ago."""
        moment = round((time.time() - 60 if at is None else at) * 1000)
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        events: Any = [{"timestamp": moment, "message": text} for text in texts]
        self.scope.aws.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


@pytest.fixture
def places(aws: Aws, scope: StackContext, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> Places:
    """The stack, with nothing in it."""
    for module in ("scripts.request_trace.log", "scripts.find.service"):
        monkeypatch.setattr(f"{module}.notifications_of", lambda _: None)  # CloudFormation needs more than moto has
    site = made(aws, scope)
    aws.s3.create_bucket(Bucket=BUCKET)
    aws.logs.create_log_group(logGroupName=INGEST)
    for group in (INGEST, AUDIT):
        aws.logs.create_log_stream(logGroupName=group, logStreamName="s")
    outputs = {
        "IngestLogGroupName": INGEST,
        "DeadLetterQueueUrl": queues.dead_letters_url,
        "QueueUrl": queues.webhooks_url,
        "OverflowBucketName": BUCKET,
    }
    assert site.scope.stack.outputs["ProcessorLogGroupName"] == PROCESSOR
    stack = site.scope.stack._replace(outputs=site.scope.stack.outputs | outputs)
    return Places(site.scope._replace(stack=stack), queues, site.steps)
