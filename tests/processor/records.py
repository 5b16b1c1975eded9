"""Records of deliveries in memory, instead of the DynamoDB table."""

import time

from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord


class MemoryRecords(BasePersistenceLayer):
    """A table of records; `failing` names the operations that fail."""

    def __init__(self, *failing: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # powertools' own has no types
        self.kept: dict[str, DataRecord] = {}
        self.failing = set(failing)

    def _get_record(self, idempotency_key: str) -> DataRecord:
        self._check("get")
        if idempotency_key not in self.kept:
            raise IdempotencyItemNotFoundError
        return self.kept[idempotency_key]

    def _put_record(self, data_record: DataRecord) -> None:
        self._check("put")
        kept = self.kept.get(data_record.idempotency_key)
        if kept and not _is_free(kept):
            raise IdempotencyItemAlreadyExistsError(old_data_record=kept)
        self.kept[data_record.idempotency_key] = data_record

    def _update_record(self, data_record: DataRecord) -> None:
        self._check("update")
        self.kept[data_record.idempotency_key] = data_record

    def _delete_record(self, data_record: DataRecord) -> None:
        self._check("delete")
        del self.kept[data_record.idempotency_key]

    def _check(self, operation: str) -> None:
        if operation in self.failing:
            raise ConnectionError("patron-4711")


def _is_free(record: DataRecord) -> bool:
    expiry = record.in_progress_expiry_timestamp
    return record.status == "INPROGRESS" and expiry is not None and expiry < time.time() * 1000
