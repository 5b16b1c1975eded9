"""Dead letters for tests: invented events on a moto dead-letter queue, with the webhook queue of the stack.

It also has what commands that change dead letters need: a bucket, a table of locks, an audit log group.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ingest.envelope import Envelope
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.dead_letters.queues import DeadLetterQueue
from scripts.dead_letters.store import DeadLetterStore, open_dead_letters
from tests.moto_resources import create_bucket, create_log_group, create_message, create_queue, create_table

CAUSE = {
    "class": "transient",
    "reason": "AWS returned NotFound",
    "route": "loans",
    "target": "topic:loan-created",
    "attempts": 8,
    "at": "2026-11-20T03:00:00.000Z",
}


def loan(number: int = 1, event: str = "LOAN_CREATED") -> bytes:
    """Return the body of a loan, a different one for each number."""
    return json.dumps({"action": "LOAN", "event": {"value": event}, "item_loan": {"loan_id": str(number)}}).encode()


class Queues(NamedTuple):
    """A queue, by default that of webhooks, and its dead-letter queue."""

    aws: Aws
    webhooks_url: str
    dead_letters_url: str

    @classmethod
    def made(cls, aws: Aws, queue: str = "webhooks", dead_letter_queue: str = "dead-letters") -> "Queues":
        """Create both queues by their names, with the redrive policy of the first one."""
        dead_letters_url = create_queue(aws, dead_letter_queue, retention_days=14)
        return cls(aws, create_queue(aws, queue, dead_letters=dead_letter_queue), dead_letters_url)

    @property
    def dead_letters(self) -> DeadLetterQueue:
        """The dead-letter queue, as the commands use it."""
        return DeadLetterQueue(self.aws.sqs, self.dead_letters_url)

    def put(self, body: bytes | None = None, *, receipt_id: str = "r1", **envelope: Any) -> str:
        """Put a dead letter on the queue, by default with CAUSE, and return its message ID."""
        received_at = "2026-11-20T00:00:00.000Z"
        members = {"profile": "alma", "signature": "eA==", "content_type": "application/json", "failure": CAUSE}
        message = Envelope(body or loan(), receipt_id, received_at, **(members | envelope)).encode()
        return self.put_message(message.body, message.attributes)

    def put_message(self, body: str, texts: Mapping[str, str]) -> str:
        """Put any message on the dead-letter queue, and return its ID."""
        return create_message(self.aws, self.dead_letters_url, body, texts)


AUDIT = "/alma-webhooks/alma-webhooks-dev/audit"
BUCKET = "overflow"
LOCKS = "locks"


def opened(scope: StackContext, queues: Queues) -> DeadLetterStore:
    """Return the dead letters of a stack that has all that the commands need."""
    create_bucket(queues.aws, BUCKET)
    create_log_group(queues.aws, AUDIT)
    create_table(queues.aws, LOCKS)
    outputs = {
        "QueueUrl": queues.webhooks_url,
        "DeadLetterQueueUrl": queues.dead_letters_url,
        "OverflowBucketName": BUCKET,
        "LocksTableName": LOCKS,
        "AuditLogGroupName": AUDIT,
    }
    stack = scope.stack._replace(outputs=scope.stack.outputs | outputs)
    return open_dead_letters(scope._replace(stack=stack))


def audited(aws: Aws) -> list[dict[str, Any]]:
    """Return the lines of the audit log group, by time."""
    events = aws.logs.filter_log_events(logGroupName=AUDIT)["events"]
    return [json.loads(event["message"]) for event in events]


def groups_on(queues: Queues, url: str) -> list[str]:
    """Receive up to ten messages, and return the group of each."""
    names: Any = ["MessageGroupId"]
    answer = queues.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=names)
    return [message["Attributes"]["MessageGroupId"] for message in answer["Messages"]]
