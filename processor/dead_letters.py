"""Writes dead letters: puts a failed message on the dead-letter queue, with its cause."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ingest.envelope import rfc3339
from processor.errors import Failure, Transient
from processor.retries import code_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

# "Amazon SQS message attributes": ten at most, one of which is the failure. An envelope has eight others.
_MAX_OTHER_ATTRIBUTES = 9

_MAX_REASON_BYTES = 1024


class DeadLetterWriter:
    """Writes to the dead-letter queue. A message that SQS moves there itself, after a crash, has no cause."""

    def __init__(self, sqs: "SQSClient", url: str, wall: Callable[[], float]) -> None:
        self._sqs = sqs
        self._url = url
        self._wall = wall

    def put(self, record: dict[str, Any], failure: Failure, attempts: int) -> None:
        """Send the message's body and attributes, unchanged, with the failure to the dead-letter queue.

        Acknowledge the message only after this returns. Raise Transient.
        """
        attributes: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": "String", "StringValue": attribute["stringValue"]}
            for name, attribute in (record.get("messageAttributes") or {}).items()
            if isinstance(attribute, dict) and attribute.get("stringValue") and name != "failure"
        }
        by_need = sorted(attributes, key=lambda name: name != "receipt_id")
        kept = {name: attributes[name] for name in by_need[:_MAX_OTHER_ATTRIBUTES]}
        kept["failure"] = {"DataType": "String", "StringValue": self._described(failure, attempts)}
        try:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=record["body"], MessageAttributes=kept)
        except (ClientError, BotoCoreError) as error:
            raise Transient("transient", f"the dead-letter queue answered {code_of(error)}") from None

    def _described(self, failure: Failure, attempts: int) -> str:
        """Return the `failure` attribute of the envelope as JSON."""
        members = {**failure.members, "attempts": attempts, "at": rfc3339(self._wall())}
        members["reason"] = failure.reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
        return json.dumps(members, separators=(",", ":"))
