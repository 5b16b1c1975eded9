"""How far the work on a job has come: one item of a table, so that any execution continues where another one ended."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict

from export_transform.artifact import FileFacts
from export_transform.source import SourceFile
from export_transform.totals import Totals
from processor.errors import Permanent, Transient
from processor.retries import failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS: Final = 90 * 86_400
# "Quotas in Amazon DynamoDB": an item has at most 400 KB.
MAX_BYTES: Final = 380_000

_PLACE: Final = "checkpoint"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class CheckedFile(_Model):
    """A file that was read to its end: what the listing showed, and what it contains."""

    source: SourceFile
    facts: FileFacts


class Checkpoint(_Model):
    """The state of a job.

    `execution` is the one that began: its name is in the keys of all batches. `waiting_since` (seconds since 1970),
    `waits` and `seen` are those of the check. `files` are None until it has succeeded. `file` and `consumed` are the
    next file and the records of it that are settled; `batches` were accepted. `in_flight` is the digest of the next
    batch once it may have been sent. `failures` are those since the last accepted batch; `possibly_twice` counts
    batches that were sent again because their answer was not known.
    """

    execution: str
    waiting_since: float | None = None
    waits: int = 0
    seen: tuple[SourceFile, ...] = ()
    files: tuple[CheckedFile, ...] | None = None
    file: int = 0
    consumed: int = 0
    batches: int = 0
    totals: Totals = Totals()
    in_flight: str | None = None
    failures: int = 0
    possibly_twice: int = 0
    is_done: bool = False

    def changed(self, **values: Any) -> "Checkpoint":
        """Return a copy with these values."""
        return self.model_copy(update=values)


class CheckpointStore:
    """Loads and saves the checkpoint of one job. `wall` is the time in seconds since 1970.

    Each save raises the version that was loaded, so that of two executions of a job one stops.
    """

    def __init__(self, dynamodb: "DynamoDBClient", table: str, job_key: str, wall: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._job_key = job_key
        self._wall = wall
        self._version = 0

    def load(self, execution: str) -> Checkpoint:
        """Return the checkpoint, or that of a job that begins with this execution. Raise Transient, Permanent."""
        with failures_of_aws("no-target", "The checkpoint cannot be read", target=_PLACE):
            found = self._dynamodb.get_item(
                TableName=self._table, Key={"Job": {"S": self._job_key}}, ConsistentRead=True
            )
        item = found.get("Item")
        if item is None:
            return Checkpoint(execution=execution)
        self._version = int(item["Version"]["N"])
        return Checkpoint.model_validate_json(item["State"]["S"])

    def save(self, checkpoint: Checkpoint) -> None:
        """Store the checkpoint. Raise Transient if another execution has stored one, Permanent if too large."""
        state = json.dumps(checkpoint.model_dump(mode="json"), separators=(",", ":"))
        if len(state.encode()) > MAX_BYTES:
            raise Permanent("too-large", "The export has too many files for one checkpoint.", target=_PLACE)
        with failures_of_aws("no-target", "The checkpoint cannot be written", target=_PLACE):
            self._put(state, self._version + 1)
        self._version += 1

    def _put(self, state: str, version: int) -> None:
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "Job": {"S": self._job_key},
                    "Version": {"N": str(version)},
                    "State": {"S": state},
                    "ExpiresAt": {"N": str(int(self._wall()) + KEPT_SECONDS)},
                },
                ConditionExpression="attribute_not_exists(#job) OR #version = :loaded",
                ExpressionAttributeNames={"#job": "Job", "#version": "Version"},
                ExpressionAttributeValues={":loaded": {"N": str(version - 1)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            # The SDK repeats a write whose answer was lost, and then finds its own.
            item: Any = error.response.get("Item", {})
            if item.get("Version") != {"N": str(version)} or item.get("State") != {"S": state}:
                raise Transient("transient", "Another execution works on the same job.", target=_PLACE) from None
