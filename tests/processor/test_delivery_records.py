"""An attempt removes only its own record of a delivery."""

from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig

from processor.delivery_records import DeliveryRecords

pytestmark = pytest.mark.usefixtures("aws")

KEY: Any = "key"
FAILURE = ValueError("the target refused it")


def worker() -> DeliveryRecords:
    """Return the records as one more worker sees them."""
    records = DeliveryRecords("deliveries", boto3_client=boto3.client("dynamodb"))
    records.configure(IdempotencyConfig(), key_prefix="delivery")
    return records


@pytest.fixture(autouse=True)
def table(aws: None) -> None:  # noqa: ARG001 -- AWS is mocked first
    """Create the table."""
    boto3.client("dynamodb").create_table(
        TableName="deliveries",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )


def statuses() -> list[str]:
    return [item["status"]["S"] for item in boto3.client("dynamodb").scan(TableName="deliveries")["Items"]]


def test_the_record_of_a_failed_delivery_is_removed() -> None:
    """The next attempt delivers."""
    first = worker()
    first.save_inprogress(KEY, 30_000)
    first.delete_record(KEY, FAILURE)
    assert statuses() == []


def test_f23_a_repeated_removal_keeps_the_record_of_another_attempt_that_delivered() -> None:
    """The SDK repeats a removal whose answer was lost; without a record the event would be delivered again."""
    first, second = worker(), worker()
    first.save_inprogress(KEY, 30_000)
    first.delete_record(KEY, FAILURE)
    second.save_inprogress(KEY, 31_000)
    first.delete_record(KEY, FAILURE)
    assert statuses() == ["INPROGRESS"]
    second.save_success(KEY, {})
    first.delete_record(KEY, FAILURE)
    assert statuses() == ["COMPLETED"]
