"""The composition root of the processor: creates settings, routes, clients and targets once."""

import gc

gc.disable()  # re-enabled below once start-up is done

import encodings.idna  # the first connection imports it, and during events CPU is a third of that at start-up
import encodings.utf_8_sig  # noqa: F401 -- the first JSON body imports it
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import jinja2.debug  # noqa: F401 -- the first failing template imports it
from aws_lambda_powertools import Logger

from processor import heartbeat
from processor.dead_letters import DeadLetterWriter
from processor.deliveries import Deliveries
from processor.delivery_records import DeliveryRecords
from processor.event_age import AgeLimit
from processor.invocation import sqs_records
from processor.kept_connections import with_kept_connections
from processor.metrics import OutcomeMetrics
from processor.overflow_bucket import OverflowBucket
from processor.pipeline import Processor
from processor.query_forms import with_fast_forms
from processor.retries import CALLS, RECORD_CALLS
from processor.routing.compile import load
from processor.routing.models import kinds_of
from processor.routing.router import Router
from processor.sentry import alerts
from processor.settings import Settings
from processor.targets.event_buses import EventBuses
from processor.targets.functions import Functions
from processor.targets.queues import Queues
from processor.targets.state_machines import StateMachines
from processor.targets.target import Target
from processor.targets.topics import Topics
from processor.telemetry import Telemetry
from processor.webhook_queue import WebhookQueue

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The root logger of Lambda would write a line about its credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)

# Allocated and freed, so that glibc keeps this much memory ("mallopt(3)", the dynamic threshold) instead of requesting
# it from the system at each step of a large body. That saves a tenth of the CPU for 200 KB.
_KEPT_BYTES = 8 * 1024 * 1024
bytes(_KEPT_BYTES)

_SETTINGS = Settings.from_environment(os.environ)
_ROUTES = load(Path(__file__).with_name("routes.yaml"))
_SQS = with_kept_connections(boto3.client("sqs", config=CALLS))
_OVERFLOW = OverflowBucket(boto3.client("s3", config=CALLS), _SETTINGS.overflow_bucket)
_DYNAMODB = with_kept_connections(boto3.client("dynamodb", config=RECORD_CALLS))


def _notifications() -> Target[Any]:
    """Return the target, whose modules are imported here: most libraries have no route that needs them."""
    if _SETTINGS.notifications is None:
        from processor.targets.no_notifications import NoNotifications

        return NoNotifications()
    from processor.targets.notifications import Notifications

    return Notifications(_DYNAMODB, _SQS, **_SETTINGS.notifications._asdict())


_TARGETS: dict[str, Callable[[], Target[Any]]] = {
    "topic": lambda: Topics(
        with_fast_forms(with_kept_connections(boto3.client("sns", config=CALLS))),
        _SETTINGS.topic_arns,
        _OVERFLOW,
        heartbeat=_SETTINGS.heartbeat_topic_arn,
        most=_SETTINGS.topic_message_bytes,
    ),
    "state_machine": lambda: StateMachines(
        with_kept_connections(boto3.client("stepfunctions", config=CALLS)), _SETTINGS.state_machine_arns
    ),
    "queue": lambda: Queues(_SQS, _OVERFLOW, webhook_queue=_SETTINGS.webhook_queue_arn),
    "event_bus": lambda: EventBuses(with_kept_connections(boto3.client("events", config=CALLS))),
    "function": lambda: Functions(boto3.client("lambda", config=CALLS)),
    "notification": _notifications,
}
_DELIVERIES = Deliveries(
    DeliveryRecords(_SETTINGS.deliveries_table, boto3_client=_DYNAMODB),
    # Only the kinds that routes deliver to: each other client would add 4 to 7 ms to every cold start.
    {kind: _TARGETS[kind]() for kind in sorted(kinds_of([heartbeat.ROUTE, *_ROUTES.file.routes.routes]))},
)
_PROCESSOR = Processor(
    router=Router(_ROUTES, _SETTINGS.stage),
    deliveries=_DELIVERIES,
    webhooks=WebhookQueue(_SQS, _SETTINGS.webhook_queue_url),
    dead_letters=DeadLetterWriter(_SQS, _SETTINGS.dead_letter_queue_url, time.time),
    overflow=_OVERFLOW,
    retry_policy=_SETTINGS.retry_policy,
    age_limit=AgeLimit(_SETTINGS.park_older_than_days),
    telemetry=Telemetry(
        Logger(service="processor", use_rfc3339=True, utc=True),  # the format and time zone of ingest's log
        OutcomeMetrics(_SETTINGS.stage) if _SETTINGS.has_metrics else None,
        alerts(os.environ),
    ),
)
# All these objects stay. Scanning them repeatedly during start-up took the garbage collector 28 of 353 ms of CPU, and a
# full scan takes 45 ms, which some event would wait for.
gc.freeze()
gc.enable()


def lambda_handler(event: Any, context: "LambdaContext") -> None:
    """Process the records of one SQS invocation. Raise Transient; ValueError if the event is not from SQS."""
    records = sqs_records(event, "post webhooks to the webhook URL instead")

    def remaining_time() -> float:
        return context.get_remaining_time_in_millis() / 1000

    _DELIVERIES.register(remaining_time)
    _PROCESSOR.process_all(records, remaining_time)
