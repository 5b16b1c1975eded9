"""Makes the sender of a stack from its settings: clients, table, queues and telemetry.

Every message needs SQS and DynamoDB, so their clients are created at once; the others at their first use.
"""

import time
from functools import cache
from typing import Protocol

import boto3
from aws_lambda_powertools import Logger

from notifications.alma_api import AlmaApi, HttpReader
from notifications.alma_users import SECONDS_BETWEEN, AlmaUsers
from notifications.aws_sending import ONE_REQUEST
from notifications.bursts import Bursts
from notifications.contact_table import ContactTable
from notifications.fallbacks import SendingWithFallback
from notifications.integrations.integration import Connections, HttpClient
from notifications.pacing import Pacing
from notifications.people import People
from notifications.prepared import Integrations
from notifications.secret_values import SecretValues
from notifications.sender import Sender
from notifications.sender_metrics import SenderMetrics
from notifications.sender_queue import SenderQueue
from notifications.sender_settings import SenderSettings
from notifications.sender_table import SenderTable
from notifications.sender_telemetry import SenderTelemetry
from notifications.sending import Sending
from notifications.sending_records import SendingRecords
from notifications.summaries import Summaries
from processor.dead_letters import DeadLetterWriter
from processor.retries import CALLS, RECORD_CALLS


class SenderHttp(HttpClient, HttpReader, Protocol):
    """Posts notifications, and reads from Alma."""


def sender_of(settings: SenderSettings, integrations: Integrations, http: SenderHttp) -> Sender:
    """Return the sender for these integrations by type."""
    sqs = boto3.client("sqs", config=CALLS)
    dynamodb = boto3.client("dynamodb", config=RECORD_CALLS)
    table = SenderTable(dynamodb, settings.sender_table, time.time)
    records, pacing = SendingRecords(table, time.time), Pacing(table, time.time)
    queue = SenderQueue(sqs, settings.notifications_queue_url)
    secrets = SecretValues(cache(lambda: boto3.client("ssm", config=RECORD_CALLS)), settings.stage)
    metrics = SenderMetrics(settings.stage) if settings.has_metrics else None
    alma = AlmaUsers(AlmaApi(http, settings.alma_api_host, secrets, pacing, seconds_between=SECONDS_BETWEEN))
    sending = Sending(
        integrations=integrations,
        connections=_connections(http, secrets, settings.email_configuration_set),
        secrets=secrets,
        people=People([ContactTable(dynamodb, settings.contacts_table), alma], time.time),
        records=records,
        pacing=pacing,
        summaries=Summaries(Bursts(table, records, time.time, settings.burst_messages), queue, time.time),
    )
    return Sender(
        sending=SendingWithFallback(sending=sending, queue=queue),
        queue=queue,
        dead_letters=DeadLetterWriter(sqs, settings.dead_letter_queue_url, time.time),
        retry_policy=settings.retry_policy,
        # The format and time zone of the other functions' logs.
        telemetry=SenderTelemetry(Logger(service="sender", use_rfc3339=True, utc=True), metrics),
        most_age_seconds=settings.most_age_seconds,
    )


def _connections(http: HttpClient, secrets: SecretValues, email_configuration_set: str) -> Connections:
    return Connections(
        http=http,
        ses=cache(lambda: boto3.client("sesv2", config=ONE_REQUEST)),
        sns=cache(lambda: boto3.client("sns", config=ONE_REQUEST)),
        secret=secrets.value,
        wall=time.time,
        email_configuration_set=email_configuration_set,
    )
