"""The composition root of the producer: creates settings and clients once. Importing it raises for bad settings."""

import encodings.idna  # the first connection imports it, and requests have less CPU than the start
import encodings.utf_8_sig  # noqa: F401 -- the first JSON body imports it
import gc
import logging
import os
import time
from typing import TYPE_CHECKING, Any

import boto3
import jinja2.debug  # noqa: F401 -- the first failing template imports it
from aws_lambda_powertools import Logger

from notifications.api_keys import ApiKeys
from notifications.certificate_download import CertificateDownload
from notifications.integrations.table import INTEGRATIONS
from notifications.notification_queue import NotificationQueue
from notifications.producer import Producer
from notifications.producer_settings import ProducerSettings
from notifications.publisher import Publisher
from notifications.sns_signature import SnsSignatures
from notifications.sns_subscription import SnsSubscription
from notifications.topic_table import TopicTable
from processor.retries import CALLS, RECORD_CALLS

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sns import SNSClient

# The root logger of Lambda would write a line about its credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)

_SETTINGS = ProducerSettings.from_environment(os.environ)


def _sns(region: str) -> "SNSClient":
    """Return the client for a confirmation, which is too rare to create it at the start."""
    return boto3.client("sns", region_name=region, config=CALLS)


_PRODUCER = Producer(
    # The SDK repeats reads; the queue is repeated by `NotificationQueue`, which knows what was taken.
    ApiKeys(boto3.client("ssm", config=RECORD_CALLS), _SETTINGS.stage),
    TopicTable(boto3.client("dynamodb", config=RECORD_CALLS), _SETTINGS.topics_table),
    Publisher(INTEGRATIONS, NotificationQueue(boto3.client("sqs", config=CALLS), _SETTINGS.queue_url), time.time),
    SnsSubscription(_SETTINGS.sns_topics, SnsSignatures(CertificateDownload().fetch, time.time), _sns),
    Logger(service="producer", use_rfc3339=True, utc=True),  # the format and time zone of ingest's log
)
gc.freeze()  # all these objects stay, so that no request waits for a scan of them


def lambda_handler(event: Any, context: "LambdaContext") -> dict[str, Any]:
    """Answer one event of API Gateway, payload 2.0. Never raise."""
    return _PRODUCER.answer(event, lambda: context.get_remaining_time_in_millis() / 1000)
