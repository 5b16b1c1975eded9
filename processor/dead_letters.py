"""Writes dead letters: puts a failed message on the dead-letter queue, with its cause."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ingest.envelope import rfc3339
from ingest.sqs_text import encode_attributes, typed
from processor.errors import Failure, Transient
from processor.fair_group import group_parameter, message_group_of
from processor.retries import code_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# "Amazon SQS message attributes": ten at most. An envelope has nine; other messages can have too many with the failure.
_MAX_ATTRIBUTES = 10
_NEEDED = ("failure", "receipt_id")

_MAX_REASON_BYTES = 1024
_MAX_OTHERS_BYTES = 1024


class DeadLetterWriter:
    """Writes to the dead-letter queue. A message that SQS moves there itself, after a crash, has no cause."""

    def __init__(self, sqs: "SQSClient", url: str, wall: Callable[[], float]) -> None:
        self._sqs = sqs
        self._url = url
        self._wall = wall

    def put(self, record: dict[str, Any], failures: Sequence[Failure], attempts: int) -> None:
        """Send the message's body, attributes and group, unchanged, with its failures to the dead-letter queue.

        The first is the cause; `others` in it has the rest, as far as it has room: those that AWS refused first.
        `others_omitted` is the number of those without room.

        Acknowledge the message only after this returns. Raise Transient.
        """
        texts = {
            name: attribute["stringValue"]
            for name, attribute in (record.get("messageAttributes") or {}).items()
            if isinstance(attribute, dict) and attribute.get("stringValue")
        }
        attributes = encode_attributes(texts, failure=self._members(failures, attempts))
        by_need = sorted(attributes, key=lambda name: name not in _NEEDED)
        kept: Any = typed({name: attributes[name] for name in by_need[:_MAX_ATTRIBUTES]})
        try:
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=record["body"],
                MessageAttributes=kept,
                **group_parameter(message_group_of(record), self._url),
            )
        except (ClientError, BotoCoreError) as error:
            raise Transient("transient", f"the dead-letter queue returned {code_of(error)}") from None

    def _members(self, failures: Sequence[Failure], attempts: int) -> dict[str, Any]:
        first, *others = failures
        reason = first.reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
        members = {**first.members, "reason": reason, "attempts": attempts, "at": rfc3339(self._wall())}
        if not others:
            return members
        written = list(_within_room(sorted(others, key=lambda each: each.cause_class != "refused")))
        omitted = len(others) - len(written)
        return members | {"others": written} | ({"others_omitted": omitted} if omitted else {})


def _within_room(failures: Sequence[Failure]) -> Iterator[dict[str, str]]:
    """Yield the members of failures, without the reasons, up to the room for them."""
    room = _MAX_OTHERS_BYTES
    for failure in failures:
        members = {name: text for name, text in failure.members.items() if name != "reason"}
        room -= len(json.dumps(members).encode())
        if room < 0:
            return
        yield members
