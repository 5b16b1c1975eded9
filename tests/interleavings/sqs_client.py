"""The client of SQS."""

# ruff: noqa: N803 -- parameters have the names that boto3 gives them

import hashlib
import json
from email.utils import formatdate
from typing import Any

from tests.interleavings.calls import KILLED_AFTER, LATE, LOST, Answer, Call, refused
from tests.interleavings.clients import Client, answer
from tests.interleavings.ledger import Arrived, Replayed
from tests.interleavings.queues import Message, Queue
from tests.interleavings.services import LOCKS, Services

_RETENTION_SECONDS = 1_209_600


class SqsClient(Client):
    """Amazon SQS API Reference."""

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        MessageAttributes: Any,
        MessageGroupId: str = "",
    ) -> Answer:
        """Send one message."""

        def send(services: Services, call: Call) -> Answer:
            queue = services.queue(QueueUrl)
            message = queue.send(MessageBody, MessageAttributes, MessageGroupId, self.now)
            if queue is services.dead_letters:
                _note_arrival(services, call, message, self.now)
            return answer(MessageId=message.id, MD5OfMessageBody=_md5(MessageBody))

        return self.call("SendMessage", send)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Answer:
        """Send up to ten messages."""

        def send(services: Services, call: Call) -> Answer:
            queue, sent = services.queue(QueueUrl), []
            _check_lock(services, call, self.now)
            for entry in Entries:
                group = entry.get("MessageGroupId", "")
                message = queue.send(entry["MessageBody"], entry["MessageAttributes"], group, self.now)
                replayed = Replayed(message.receipt_id, message.attributes.get("replay", {}).get("StringValue", "{}"))
                services.ledger.replayed.append(replayed)
                sent.append(answer(Id=entry["Id"], MessageId=message.id, MD5OfMessageBody=_md5(message.body)))
            return answer(Successful=sent)

        return self.call("SendMessageBatch", send)

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: int | None = None,
        WaitTimeSeconds: int = 0,
        **_: Any,
    ) -> Answer:
        """Receive some of the visible messages, all with their attributes. It waits by taking its time."""
        schedule = self.wire.network.schedule

        def receive(services: Services, _: Call) -> Answer:
            queue = services.queue(QueueUrl)
            seconds = queue.visibility if VisibilityTimeout is None else VisibilityTimeout
            found = queue.receive(MaxNumberOfMessages, seconds, self.now, schedule.random)
            for message in found:
                if self.wire.network.faults.is_twice():
                    schedule.say(f"message {message.id} stays visible")
                    message.visible_at = self.now + schedule.random.random()
                    queue.on_change(message)
            return answer(Messages=[_members(message) for message in found]) if found else {}

        return self.call("ReceiveMessage", receive, WaitTimeSeconds)

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,
        ReceiptHandle: str,
        VisibilityTimeout: float,
    ) -> Answer:
        """Hide a message from now on."""

        def hide(services: Services, _: Call) -> Answer:
            code = services.queue(QueueUrl).hide(ReceiptHandle, VisibilityTimeout, self.now)
            if code:
                raise refused(code, "ChangeMessageVisibility")
            return {}

        return self.call("ChangeMessageVisibility", hide)

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Answer:
        """Hide up to ten messages."""

        def hide(services: Services, _: Call) -> Answer:
            queue = services.queue(QueueUrl)
            codes = {
                each["Id"]: queue.hide(each["ReceiptHandle"], each["VisibilityTimeout"], self.now) for each in Entries
            }
            return answer(Failed=[{"Id": id_, "Code": code} for id_, code in codes.items() if code])

        return self.call("ChangeMessageVisibilityBatch", hide)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> Answer:
        """Delete a message."""

        def delete(services: Services, _: Call) -> Answer:
            services.queue(QueueUrl).delete(ReceiptHandle)
            return {}

        return self.call("DeleteMessage", delete)

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Answer:
        """Delete up to ten messages."""

        def delete(services: Services, _: Call) -> Answer:
            for each in Entries:
                services.queue(QueueUrl).delete(each["ReceiptHandle"])
            return answer(Successful=[{"Id": each["Id"]} for each in Entries])

        return self.call("DeleteMessageBatch", delete)

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> Answer:
        """Return those attributes of a queue that a replay reads."""

        def attributes(services: Services, _: Call) -> Answer:
            values = _attributes(services.queue(QueueUrl), self.now)
            wanted = {name: values[name] for name in AttributeNames if name in values}
            return answer(Attributes=wanted, ResponseMetadata=metadata(self.now))

        return self.call("GetQueueAttributes", attributes)


def metadata(now: float) -> dict[str, Any]:
    """Return the part of an answer that has the time by the clock of AWS."""
    return {"HTTPHeaders": {"date": formatdate(now, usegmt=True)}}


def _attributes(queue: Queue, now: float) -> dict[str, str]:
    visible = len(queue.visible(now))
    values = {
        "QueueArn": queue.arn,
        "MessageRetentionPeriod": str(_RETENTION_SECONDS),
        "ApproximateNumberOfMessages": str(visible),
        "ApproximateNumberOfMessagesNotVisible": str(len(queue.messages) - visible),
    }
    if queue.dead:
        policy = {"deadLetterTargetArn": queue.dead.arn, "maxReceiveCount": queue.most_receives}
        values["RedrivePolicy"] = json.dumps(policy)
    return values


def _members(message: Message) -> dict[str, Any]:
    sent = {"SentTimestamp": str(int(message.sent_at * 1000)), "ApproximateReceiveCount": str(message.receives)}
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.handle,
        "Body": message.body,
        "MessageAttributes": message.attributes,
        "Attributes": sent | ({"MessageGroupId": message.group} if message.group else {}),
    }


def _note_arrival(services: Services, call: Call, message: Message, now: float) -> None:
    fate = call.fate if call.fate in (LOST, LATE, KILLED_AFTER) else ""
    arrived = Arrived(call.task.message_id, message.receipt_id, call.attempt, fate, now)
    services.ledger.arrived.append(arrived)


def _check_lock(services: Services, call: Call, now: float) -> None:
    """Note if a replay sends while the lock is another's, unless a fault of its own has made it slow."""
    for item in services.tables[LOCKS].values():
        if item["who"]["S"] != call.task.name and int(item["expiration"]["N"]) > now:
            sentence = f"{call.task.name} sends while {item['who']['S']} has the lock"
            services.ledger.unlocked.append((call.attempt, sentence))


def _md5(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
