"""Dead letters of notifications for tests: a notifications stack beside the pipeline's, on moto."""

import json
from typing import Any, NamedTuple

from ingest.envelope import Envelope
from notifications.notification import Notification
from notifications.sending_records import record_id_of
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.dead_letters.store import DeadLetterStore, open_notifications
from tests.moto_resources import create_log_group, create_table
from tests.scripts.dead_letters.queues import Queues

STACK = "alma-webhooks-dev-notifications"
SENDINGS = f"{STACK}-sendings"
LOG = f"/aws/lambda/{STACK}-sender"
CAUSE = {
    "class": "refused",
    "reason": "SES: an address is not verified in this region",
    "target": "email:team@library+jobs",
    "attempts": 1,
    "at": "2026-11-20T03:00:00.000Z",
}
MAIL: dict[str, Any] = {
    "type": "email",
    "from": "jobs@library.example",
    "to": ["patron@library.example"],
    "subject": "Invented subject",
}
SMS: dict[str, Any] = {"type": "sms", "to": "+4930123456"}
SLACK: dict[str, Any] = {"type": "slack", "url": {"ssm": "slack-team"}}


def notification(number: int = 1, name: str = "team", topic: str = "library+jobs", **credentials: Any) -> Notification:
    """Return a notification, by default by e-mail; a different one for each number."""
    return Notification(name, credentials or MAIL, "Invented text", f"{number:064x}", topic)


class NotificationQueues(NamedTuple):
    """The queues, the table of records and the sender's log of a notifications stack."""

    queues: Queues

    @classmethod
    def made(cls, aws: Aws) -> "NotificationQueues":
        """Create all of them, empty."""
        create_table(aws, SENDINGS)
        create_log_group(aws, LOG)
        return cls(Queues.made(aws, f"{STACK}-queue", f"{STACK}-dead-letters"))

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack."""
        mark = {"product": "alma-webhooks", "part": "notifications", "project": "alma-webhooks", "version": "1"}
        return {
            "Mark": json.dumps(mark),
            "QueueUrl": self.queues.webhooks_url,
            "DeadLetterQueueUrl": self.queues.dead_letters_url,
            "SendingsTableName": SENDINGS,
            "SenderLogGroupName": LOG,
        }

    def opened(self, scope: StackContext) -> DeadLetterStore:
        """Return the dead letters, with the locks and the audit log of the pipeline's stack."""
        return open_notifications(scope, scope._replace(stack=Stack(STACK, self.outputs)))

    def put(self, sent: Notification | None = None, receipt_id: str = "r1", **envelope: Any) -> str:
        """Put the dead letter of a notification on the queue, and return its message ID."""
        body = (sent or notification()).encode().encode()
        members: dict[str, Any] = {"profile": "notifications", "signature": "", "failure": CAUSE}
        return self.queues.put(body, receipt_id=receipt_id, **(members | envelope))

    def record(self, sent: Notification, state: str, *, until: float = 0.0, replay_id: str = "") -> None:
        """Write the record of a notification."""
        numbers = {"slot": 0, "until": round(until * 1000), "expiration": 2**32}
        item: Any = {name: {"N": str(number)} for name, number in numbers.items()}
        item |= {"id": {"S": record_id_of(sent.delivery_key(replay_id))}, "state": {"S": state}, "write_id": {"S": "w"}}
        self.queues.aws.dynamodb.put_item(TableName=SENDINGS, Item=item)

    def replayed(self) -> list[Envelope]:
        """Receive what is on the queue of notifications."""
        arguments: Any = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        found = self.queues.aws.sqs.receive_message(QueueUrl=self.queues.webhooks_url, **arguments).get("Messages", [])
        return [
            Envelope.decode(
                message["Body"], {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
            )
            for message in found
        ]
