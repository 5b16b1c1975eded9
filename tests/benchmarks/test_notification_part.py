"""The cold starts of producer and sender: each does what it is for."""

import pytest

from benchmarks.notification_part import BOTO3_AND_JSON, PRODUCER, SENDER, measure
from benchmarks.processor_part import PROCESSOR
from benchmarks.rows import BARE, Bench
from benchmarks.stub import Stub

pytestmark = pytest.mark.full  # starts ten processes


def test_every_cold_start_queues_sends_or_delivers(bench: Bench, stub: Stub) -> None:
    """No row is measured with a duplicate, which costs less: there are two rounds, and the calls of both."""
    found = measure(bench, 1, lambda _: None)
    assert list(found["cold"]) == [BARE, BOTO3_AND_JSON, PROCESSOR, PRODUCER, SENDER]
    assert found["cold_ratios"]["cold_ms"][PRODUCER][BOTO3_AND_JSON]["median"] > 0
    assert stub.counts() == {
        "sns:Publish": 6,  # of the minimal function, the processor and the sender
        "sns:CheckIfPhoneNumberIsOptedOut": 2,
        "ssm:GetParameters": 2,
        "dynamodb:GetItem": 2 * (2 + 1),  # the hash and the topic; the record
        "dynamodb:PutItem": 2 * (1 + 2),
        "dynamodb:UpdateItem": 2,
        "sqs:SendMessageBatch": 2,
    }
