"""The records of deliveries in DynamoDB, of which an attempt removes only its own.

Powertools removes the record of a failed delivery without a condition. If the answer is lost, the SDK removes it again,
and by then it can be the record of another attempt that has made the delivery, which would be repeated.
"""

from contextlib import suppress

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import STATUS_CONSTANTS, DataRecord

_MINE = "#status = :in_progress AND #expiry = :expiry"


class DeliveryRecords(DynamoDBPersistenceLayer):
    """The records of one worker, which makes one delivery at a time."""

    _expiry: int | None = None  # of the record that this worker has claimed last, in milliseconds since 1970

    def _put_record(self, data_record: DataRecord) -> None:
        self._expiry = data_record.in_progress_expiry_timestamp
        super()._put_record(data_record)

    def _delete_record(self, data_record: DataRecord) -> None:
        with suppress(self.client.exceptions.ConditionalCheckFailedException):
            self.client.delete_item(
                TableName=self.table_name,
                Key=self._get_key(data_record.idempotency_key),
                ConditionExpression=_MINE,
                ExpressionAttributeNames={"#status": self.status_attr, "#expiry": self.in_progress_expiry_attr},
                ExpressionAttributeValues={
                    ":in_progress": {"S": STATUS_CONSTANTS["INPROGRESS"]},
                    ":expiry": {"N": str(self._expiry)},
                },
            )
