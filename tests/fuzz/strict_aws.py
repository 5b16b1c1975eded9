"""A processor whose AWS calls are validated against the rules of AWS, without AWS."""

import io
import json
import logging
import re
from typing import Any

import botocore.session
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator

from processor.dead_letters import DeadLetterWriter
from processor.deliveries import Deliveries
from processor.delivery import Delivery, MessageDelivery, StateMachineDelivery
from processor.metrics import OutcomeMetrics
from processor.outcomes import Outcome
from processor.pipeline import Processor
from processor.retries import RetryPolicy
from processor.routing.router import Router
from processor.telemetry import Telemetry
from processor.webhook_queue import WebhookQueue
from tests.envelopes import NOT_TAKEN_BY_SQS
from tests.processor.fake_overflow_bucket import FakeOverflowBucket
from tests.processor.fake_target import FakeTarget
from tests.processor.records import MemoryRecords
from tests.processor.test_pipeline import SHIPPED

# "SendMessage", Amazon SQS API Reference: ASCII letters, digits and punctuation.
_GROUP = re.compile("[!-~]{1,128}")

_SQS = botocore.session.get_session().get_service_model("sqs")
_ROUTER = Router(SHIPPED, "dev")
_OUTPUT = io.StringIO()
_LOGGER = Logger(service="fuzz", stream=_OUTPUT)  # shared, because loggers are kept by name forever
logging.getLogger("fuzz").propagate = False


class StrictSqs:
    """SQS with the rules of its API reference: parameters, characters, attributes."""

    def __init__(self) -> None:
        self.dead_letters: list[dict[str, Any]] = []

    def send_message(self, **members: Any) -> None:
        _check("SendMessage", members)
        attributes = members.get("MessageAttributes", {})
        values = [attribute["StringValue"] for attribute in attributes.values()]
        if len(attributes) > 10 or not all(values) or is_rejected_by_sqs(members["MessageBody"], *values):
            raise ClientError({"Error": {"Code": "InvalidMessageContents"}}, "SendMessage")
        if not _GROUP.fullmatch(members.get("MessageGroupId", "none")):
            raise ClientError({"Error": {"Code": "InvalidParameterValue"}}, "SendMessage")
        self.dead_letters.append(members)

    def change_message_visibility(self, **members: Any) -> None:
        _check("ChangeMessageVisibility", members)
        assert 0 <= members["VisibilityTimeout"] <= 43_200


class Processing:
    """A processor with the shipped routes that exposes its deliveries, dead letters and log line."""

    def __init__(self) -> None:
        self.sqs, self.target = StrictSqs(), FakeTarget()
        _OUTPUT.seek(0)
        _OUTPUT.truncate()
        deliveries = Deliveries(MemoryRecords(), {"topic": self.target, "state_machine": self.target}, lambda _: None)
        deliveries.register(lambda: 30.0)
        sqs: Any = self.sqs
        self.processor = Processor(
            router=_ROUTER,
            deliveries=deliveries,
            webhooks=WebhookQueue(sqs, "https://queue"),
            dead_letters=DeadLetterWriter(sqs, "https://dead-letters", lambda: 0.0),
            overflow=FakeOverflowBucket(),
            retry_policy=RetryPolicy(max_receives=8, visibility_seconds=180, function_seconds=30, random=lambda: 0.5),
            telemetry=Telemetry(_LOGGER, OutcomeMetrics("dev"), lambda _: None),
            sleep=lambda _: None,
        )

    def process(self, record: Any) -> Outcome:
        return self.processor.process(record, lambda: 30.0)

    @property
    def line(self) -> dict[str, Any]:
        [line] = _OUTPUT.getvalue().splitlines()
        members: dict[str, Any] = json.loads(line)
        return members


def is_accepted_by_aws(delivery: Delivery) -> bool:
    """Return whether AWS would accept the delivery. Sizes are not checked."""
    if isinstance(delivery, StateMachineDelivery):
        return len(delivery.execution_name) <= 80 and isinstance(json.loads(delivery.input), dict)
    assert isinstance(delivery, MessageDelivery)
    values = list(delivery.attributes.values())
    return len(values) < 10 and all(values) and not is_rejected_by_sqs(delivery.message, *values)


def _check(operation: str, members: dict[str, Any]) -> None:
    shape: Any = _SQS.operation_model(operation).input_shape
    report = ParamValidator().validate(members, shape)
    if report.has_errors():
        raise ParamValidationError(report="refused")


def is_rejected_by_sqs(*texts: str) -> bool:
    """Return whether SQS would reject one of these ("SendMessage", Amazon SQS API Reference)."""
    return any(NOT_TAKEN_BY_SQS.search(text) for text in texts)
