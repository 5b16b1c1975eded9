"""The composition root of the event function: creates settings, clients and tables once."""

import logging
import os
import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger

from loan_cache.event_work import EventWork
from loan_cache.fill_requests import FillRequests
from loan_cache.queue_worker import QueueWorker
from loan_cache.settings import EventSettings
from loan_cache.writer import Writer
from processor.dead_letters import DeadLetterWriter
from processor.retries import CALLS
from processor.webhook_queue import WebhookQueue

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The root logger of Lambda would write a line about its credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)

_SETTINGS = EventSettings.from_environment(os.environ)
_SQS = boto3.client("sqs", config=CALLS)
_WORKER = QueueWorker(
    work=EventWork(
        Writer.of(boto3.client("dynamodb", config=CALLS), _SETTINGS.tables),
        FillRequests(_SQS, _SETTINGS.fill_queue_url),
    ),
    queue=WebhookQueue(_SQS, _SETTINGS.queue_url),
    dead_letters=DeadLetterWriter(_SQS, _SETTINGS.dead_letter_queue_url, time.time),
    retry_policy=_SETTINGS.retry_policy,
    logger=Logger(service="loan-cache", use_rfc3339=True, utc=True),
)


def lambda_handler(event: Any, context: "LambdaContext") -> None:
    """Process the records of one SQS invocation. Raise Transient; ValueError if the event is not from SQS."""
    _WORKER.process_all(event, lambda: context.get_remaining_time_in_millis() / 1000)
