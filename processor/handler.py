"""The processor's composition root: settings, routes, clients and targets are made here, once. Decides nothing."""

import os
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from processor.delivery import (
    EventBusDelivery,
    FunctionDelivery,
    QueueDelivery,
    StateMachineDelivery,
    TopicDelivery,
)
from processor.processing import Processor
from processor.route_checks import load
from processor.routing import Router
from processor.settings import Settings
from processor.targets.event_buses import EventBuses
from processor.targets.functions import Functions
from processor.targets.queues import Queues
from processor.targets.state_machines import StateMachines
from processor.targets.topics import Topics

# Three attempts at 5 s each stay inside the function's 30 s for one target that hangs.
_CLIENTS = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


def _processor(settings: Settings) -> Processor:
    return Processor(
        Router(load(Path(__file__).with_name("routes.yaml")), settings.stage),
        {
            TopicDelivery.kind: Topics(boto3.client("sns", config=_CLIENTS), settings.topic_arns),
            StateMachineDelivery.kind: StateMachines(
                boto3.client("stepfunctions", config=_CLIENTS), settings.state_machine_arns
            ),
            QueueDelivery.kind: Queues(boto3.client("sqs", config=_CLIENTS), webhook_queue=settings.webhook_queue_arn),
            EventBusDelivery.kind: EventBuses(boto3.client("events", config=_CLIENTS)),
            FunctionDelivery.kind: Functions(boto3.client("lambda", config=_CLIENTS)),
        },
        Logger(service="processor"),
    )


_PROCESSOR = _processor(Settings.from_environment(os.environ))


def _is_from_sqs(record: Any) -> bool:
    return isinstance(record, dict) and record.get("eventSource") == "aws:sqs"


def lambda_handler(event: Any, _context: object) -> None:
    """Processes the records of one invocation by SQS. Raises what `Processor.process` raises; ValueError if not SQS."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not all(map(_is_from_sqs, records)):
        raise ValueError("This function takes events from SQS only; send events through the ingest function's URL.")
    for record in records:
        _PROCESSOR.process(record)
