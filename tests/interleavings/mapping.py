"""Lambda, which polls the webhook queue and invokes the processor."""

from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from processor.errors import Transient
from processor.retries import RetryPolicy
from tests.interleavings.clients import Wire
from tests.interleavings.processing import FUNCTION_SECONDS, VISIBILITY_SECONDS, Worker
from tests.interleavings.queues import Message
from tests.interleavings.schedule import KilledError, Task
from tests.interleavings.services import WEBHOOKS_URL
from tests.interleavings.sqs_client import SqsClient


@dataclass(eq=False)
class Mapping:
    """Lambda's event source mapping: it receives a message for each free worker, and deletes it after its success.

    `skews` has how many seconds the clock of each worker is ahead.
    """

    wire: Wire
    workers: list[Worker]
    skews: list[float]
    most_receives: int
    sqs: SqsClient = field(init=False)

    def __post_init__(self) -> None:
        self._free = list(range(len(self.skews)))
        self.sqs = SqsClient(self.wire, 1, 3.0)
        policy = RetryPolicy(
            self.most_receives, VISIBILITY_SECONDS, FUNCTION_SECONDS, self.wire.network.schedule.random.random
        )
        for worker in self.workers:
            worker.processor = replace(worker.processor, retry_policy=policy)
        self.wire.services.webhooks.on_change = self._changed

    def _changed(self, message: Message) -> None:
        schedule = self.wire.network.schedule
        schedule.later(max(0.0, message.visible_at - schedule.now), self._poke)

    def _poke(self) -> None:
        schedule, queue = self.wire.network.schedule, self.wire.services.webhooks
        if self._free and queue.visible(schedule.now):
            number = self._free.pop(int(schedule.random.random() * len(self._free)))
            task = Task(f"worker {number + 1}", self.skews[number])
            schedule.start(task, lambda: self._run(task, number))

    def _run(self, task: Task, number: int) -> None:
        """Receive a message, and process it in one invocation."""
        schedule = self.wire.network.schedule
        task.attempt = schedule.next_attempt()
        try:
            self._invoke(task, self.workers[number])
        except KilledError:
            schedule.say("its process has ended")
        except (ClientError, BotoCoreError):
            pass  # of a call of Lambda's own
        self.wire.services.ledger.ended.setdefault(task.attempt, schedule.now)
        self._free.append(number)
        schedule.later(0.0, self._poke)

    def _invoke(self, task: Task, worker: Worker) -> None:
        schedule = self.wire.network.schedule
        messages = self.sqs.receive_message(QueueUrl=WEBHOOKS_URL).get("Messages", [])
        for message in messages:
            task.message_id = message["MessageId"]
            task.deadline = schedule.now + FUNCTION_SECONDS

            def remaining_time() -> float:
                return task.deadline - schedule.now

            worker.deliveries.register(remaining_time)
            try:
                worker.processor.process_all([_record(message)], remaining_time)
            except Transient:
                continue
            self.wire.services.ledger.ended[task.attempt] = schedule.now
            task.deadline = float("inf")  # the function has returned; the rest is done by Lambda itself
            self.sqs.delete_message(QueueUrl=WEBHOOKS_URL, ReceiptHandle=message["ReceiptHandle"])


def _record(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message as Lambda passes it to the function."""
    attributes = {
        name: {"stringValue": each["StringValue"], "dataType": each["DataType"]}
        for name, each in message["MessageAttributes"].items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "eventSource": "aws:sqs",
        "attributes": message["Attributes"],
        "body": message["Body"],
        "messageAttributes": attributes,
    }
