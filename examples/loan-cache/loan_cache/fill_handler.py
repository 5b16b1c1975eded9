"""The composition root of the fill function: creates settings, clients and tables once."""

import encodings.idna  # noqa: F401 -- the first connection imports it, and CPU is scarce after the start
import logging
import os
import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger

from loan_cache.assembly import lists_for_fills, secrets_of, writer_of
from loan_cache.fill import Fill
from loan_cache.fill_work import FillWork
from loan_cache.function_settings import FillSettings
from loan_cache.queue_worker import QueueWorker
from notifications.sender_queue import SenderQueue
from processor.dead_letters import DeadLetterWriter
from processor.retries import CALLS

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The root logger of Lambda would write a line about its credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)

_SETTINGS = FillSettings.from_environment(os.environ)
_SQS = boto3.client("sqs", config=CALLS)
_QUEUE = SenderQueue(_SQS, _SETTINGS.queue_url)
_LISTS = lists_for_fills(
    _SETTINGS.alma, secrets_of(_SETTINGS.alma.stage), _SETTINGS.requests_per_day, _SETTINGS.requests_kept
)
_WORKER = QueueWorker(
    work=FillWork(Fill(_LISTS, writer_of(_SETTINGS.tables))),
    queue=_QUEUE,
    dead_letters=DeadLetterWriter(_SQS, _SETTINGS.dead_letter_queue_url, time.time),
    retry_policy=_SETTINGS.retry_policy,
    logger=Logger(service="loan-cache-fill", use_rfc3339=True, utc=True),
    send_again=_QUEUE.send_again,
)


def lambda_handler(event: Any, context: "LambdaContext") -> None:
    """Fill the users of one SQS invocation. Raise Transient; ValueError if the event is not from SQS."""
    _WORKER.process_all(event, lambda: context.get_remaining_time_in_millis() / 1000)
