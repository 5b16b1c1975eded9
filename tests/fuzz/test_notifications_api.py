"""Schemathesis finds no answer of the producer that differs from the description of the notifications API."""

import io
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import settings

from notifications.api_keys import ApiKeys
from notifications.notification_queue import NotificationQueue
from notifications.producer import Producer
from notifications.publisher import Publisher
from notifications.sns_signature import SnsSignatures, TopicArn
from notifications.sns_subscription import SnsSubscription
from notifications.topic_table import TopicTable
from tests.new_logger import new_logger
from tests.notifications.described_api import attacked
from tests.notifications.fake_integrations import HASH, entry, fake_integrations, topic_with
from tests.notifications.gateway_server import GatewayServer
from tests.notifications.sns_messages import ARN, FakeFetch
from tests.processor.conftest import aws

__all__ = ["aws"]

pytestmark = pytest.mark.full  # hundreds of requests, in processes of their own

KEY = "a-key"
FEW = 5  # random requests, besides those that the description names and those at its limits
TOPIC = topic_with(entry("Job $val1"), entry({"jinja": "Job {{ val1 | default('none') }}"}, name="desk"))


def producer() -> Producer:
    """Return a producer with its stores in the mocked AWS."""
    dynamodb, sqs, ssm = boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("ssm")
    dynamodb.create_table(
        TableName="topics",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
    )
    boto3.resource("dynamodb").Table("topics").put_item(Item=TOPIC.item())
    ssm.put_parameter(Name="/alma-webhooks/dev/notifications/api-key", Value=KEY, Type="SecureString")
    queue = NotificationQueue(sqs, sqs.create_queue(QueueName="notifications")["QueueUrl"])
    arn = TopicArn.parse(ARN)
    assert arn
    return Producer(
        ApiKeys(ssm, "dev"),
        TopicTable(dynamodb, "topics"),
        Publisher(fake_integrations(), queue, time.time),
        SnsSubscription([arn], SnsSignatures(FakeFetch(), time.time), lambda _: boto3.client("sns")),
        new_logger(io.StringIO()),
    )


class Served:
    """A producer behind an HTTP API, with the number of answers of each status; `change` changes answers."""

    def __init__(self, change: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer) -> None:
        self._producer = producer()
        self._change = change
        self.statuses: Counter[int] = Counter()

    def findings(self, folder: Path, examples: int = FEW, key: str = KEY, topic_hash: str = str(HASH)) -> str:
        """Return what Schemathesis found."""
        with GatewayServer(self._answer) as server:
            return attacked(server.url, folder, examples, key, topic_hash)

    def _answer(self, event: dict[str, Any]) -> dict[str, Any]:
        answer = self._producer.answer(event, lambda: 30.0)
        self.statuses[answer["statusCode"]] += 1
        return self._change(answer)


@pytest.mark.usefixtures("aws")
def test_every_answer_is_as_described(tmp_path: Path) -> None:
    """Requests that fit the description are accepted, others rejected, and none causes a 5XX."""
    served = Served()
    assert not (found := served.findings(tmp_path, settings().max_examples // 4)), found
    assert served.statuses.keys() == {200, 400, 403, 404, 405}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("key", "topic_hash", "status"), [("other", str(HASH), 403), (KEY, "other", 404)])
def test_rejections_are_as_described(tmp_path: Path, key: str, topic_hash: str, status: int) -> None:
    """With a wrong key or hash no request is accepted."""
    served = Served()
    assert not (found := served.findings(tmp_path, FEW, key, topic_hash)), found
    assert status in served.statuses


@pytest.mark.usefixtures("aws")
def test_a_difference_is_found(tmp_path: Path) -> None:
    """An answer without one of its headers is one."""

    def without_receipt_id(answer: dict[str, Any]) -> dict[str, Any]:
        headers = {name: value for name, value in answer["headers"].items() if name != "X-Receipt-Id"}
        return {**answer, "headers": headers}

    assert "X-Receipt-Id" in Served(without_receipt_id).findings(tmp_path)
