"""Dead letters of a part's queue for tests: a stack of a part beside the pipeline's, on moto."""

import json
from typing import Any, NamedTuple

import pytest

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from tests.scripts.dead_letters.queues import Queues

PART = "loan-cache"
STACK = f"alma-webhooks-dev-{PART}"
CAUSE = {"class": "transient", "reason": "the table throttled", "attempts": 8, "at": "2026-11-20T03:00:00.000Z"}


def with_part(scope: StackContext, name: str = PART) -> StackContext:
    """Return the context of a pipeline whose outputs list a part."""
    return scope._replace(stack=scope.stack._replace(outputs=scope.stack.outputs | {"Parts": name}))


def show_part(monkeypatch: pytest.MonkeyPatch, queues: str | None, part: str = PART) -> None:
    """Let CloudFormation describe the stack of a part with this text as its output `Queues`, or none for None."""
    mark = {"product": "alma-webhooks", "part": part, "project": "alma-webhooks", "version": "1"}
    outputs = {"Mark": json.dumps(mark), "Queues": queues}
    described = {"Outputs": [{"OutputKey": name, "OutputValue": text} for name, text in outputs.items()]}
    stacks = {} if queues is None else {STACK: described}
    monkeypatch.setattr("scripts.aws.part_stacks.stack.describe", lambda _, name: stacks.get(name))


class PartQueues(NamedTuple):
    """The queue `loans` of a part, and its dead-letter queue."""

    queues: Queues

    @classmethod
    def made(cls, aws: Aws) -> "PartQueues":
        """Create both queues."""
        return cls(Queues.made(aws, f"{STACK}-loans", f"{STACK}-dead"))

    @property
    def output(self) -> str:
        """The output `Queues` of the stack."""
        urls = {"queue": self.queues.webhooks_url, "dead_letters": self.queues.dead_letters_url}
        return json.dumps({"loans": urls})

    def put(self, body: str, receipt_id: str = "r1", **texts: str) -> str:
        """Put a message on the dead-letter queue as a topic published it, with CAUSE, and return its ID."""
        attributes = {"receipt_id": receipt_id, "profile": "alma", "failure": json.dumps(CAUSE)} | texts
        return self.queues.put_message(body, {name: text for name, text in attributes.items() if text})

    def replayed(self) -> list[tuple[str, dict[str, str]]]:
        """Receive what is on the queue of the part: bodies and attributes."""
        arguments: Any = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        found = self.queues.aws.sqs.receive_message(QueueUrl=self.queues.webhooks_url, **arguments).get("Messages", [])
        return [
            (each["Body"], {name: one["StringValue"] for name, one in each["MessageAttributes"].items()})
            for each in found
        ]
