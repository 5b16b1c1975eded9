"""Puts notifications on their queue, in batches, and retries only those that SQS did not take."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from ingest.envelope import MAX_QUEUED_BYTES, QueuedMessage
from ingest.sqs_text import typed
from processor.errors import Permanent
from processor.retries import RemainingTime, code_of, is_retryable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# "SendMessageBatch", Amazon SQS API Reference: ten messages of together 1 MiB. `MAX_QUEUED_BYTES` is a little less, so
# it is used for a batch too.
MAX_BATCH: Final = 10

_MAX_ATTEMPTS: Final = 3
_FIRST_PAUSE_SECONDS: Final = 0.2
# One call of `processor.retries.CALLS` takes at most this long. With less time left, nothing is sent again.
_CALL_SECONDS: Final = 4.0

# An answer that names neither as taken nor as failed what was sent.
NOT_NAMED: Final = "NotNamed"


class NotQueuedError(Exception):
    """SQS did not take all notifications: `queued` is the number of those that it took, `code` why others failed."""

    def __init__(self, queued: int, code: str) -> None:
        super().__init__(f"{queued} queued, then {code}")
        self.queued = queued
        self.code = code


class NotificationQueue:
    """The SQS queue between the producer and the sender."""

    def __init__(
        self,
        sqs: "SQSClient",
        url: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._sqs = sqs
        self._url = url
        self._sleep = sleep
        self._random = random

    def send(self, messages: Sequence[QueuedMessage], remaining_time: RemainingTime) -> list[str]:
        """Send all messages and return their SQS message ids in the same order.

        Raise Permanent (too-large) before anything is sent. Raise NotQueuedError when retries are over or useless: some
        messages may be on the queue. Sending all of them again repeats these with the identity that they had.
        """
        if any(message.size > MAX_QUEUED_BYTES for message in messages):
            raise Permanent("too-large", "a notification is larger than the queue accepts; shorten its model")
        ids: list[str] = []
        for batch in _batches(messages):
            taken: dict[str, str] = {}
            code = self._send_batch({str(number): each for number, each in enumerate(batch)}, taken, remaining_time)
            if code:
                raise NotQueuedError(len(ids) + len(taken), code)
            ids += (taken[str(number)] for number in range(len(batch)))
        return ids

    def _send_batch(
        self, batch: Mapping[str, QueuedMessage], taken: dict[str, str], remaining_time: RemainingTime
    ) -> str:
        """Send a batch, retry what was not taken with the same ids, and return the code of what failed, or "".

        `taken` gets the message ids by entry id.
        """
        code = ""
        for attempt in range(_MAX_ATTEMPTS):
            left = {number: message for number, message in batch.items() if number not in taken}
            if not left:
                return ""
            if attempt:
                pause = _FIRST_PAUSE_SECONDS * 2**attempt * self._random()
                if remaining_time() < pause + _CALL_SECONDS:
                    return code
                self._sleep(pause)
            code, is_permanent = self._attempt(left, taken)
            if is_permanent:
                return code
        return code

    def _attempt(self, left: Mapping[str, QueuedMessage], taken: dict[str, str]) -> tuple[str, bool]:
        """Send once. Return the code of the first failure, or "", and whether a retry is useless."""
        entries: Any = [_entry(number, message) for number, message in left.items()]
        try:
            answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            code = code_of(error)
            return code, not is_retryable(code)
        taken |= {each["Id"]: each["MessageId"] for each in answer.get("Successful", []) if each["Id"] in left}
        failed = {
            each["Id"]: each for each in answer.get("Failed", []) if each["Id"] in left and each["Id"] not in taken
        }
        if not failed:
            return ("" if left.keys() <= taken.keys() else NOT_NAMED), False
        codes = [each["Code"] for each in failed.values()]
        faults = [each["Code"] for each in failed.values() if each["SenderFault"] and "Throttl" not in each["Code"]]
        return (faults or codes)[0], bool(faults)


def _entry(number: str, message: QueuedMessage) -> dict[str, Any]:
    group = {"MessageGroupId": message.group} if message.group else {}
    return {"Id": number, "MessageBody": message.body, "MessageAttributes": typed(message.attributes), **group}


def _batches(messages: Sequence[QueuedMessage]) -> Iterator[list[QueuedMessage]]:
    """Yield at most ten messages at a time, of a total size that SQS accepts."""
    batch: list[QueuedMessage] = []
    for message in messages:
        if len(batch) == MAX_BATCH or sum(each.size for each in batch) + message.size > MAX_QUEUED_BYTES:
            yield batch
            batch = []
        batch.append(message)
    if batch:
        yield batch
