"""The composition root of the sender: creates settings, integrations and clients once."""

import encodings.idna  # noqa: F401 -- the first connection imports it, and CPU is scarce after the start
import logging
import os
from typing import TYPE_CHECKING, Any

import standardwebhooks.webhooks  # noqa: F401 -- the first signature imports it

from notifications.exchange import BoundedHttpClient
from notifications.integrations.table import INTEGRATIONS
from notifications.sender_factory import sender_of
from notifications.sender_settings import SenderSettings
from processor.invocation import sqs_records

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The root logger of Lambda would write a line about its credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)

_SETTINGS = SenderSettings.from_environment(os.environ)
_HTTP = BoundedHttpClient(
    ports=_SETTINGS.https_ports,
    is_loopback_allowed=_SETTINGS.is_loopback_allowed,
    receiver=_SETTINGS.receiver,
)
_SENDER = sender_of(_SETTINGS, INTEGRATIONS, _HTTP)


def lambda_handler(event: Any, context: "LambdaContext") -> None:
    """Send the notifications of one SQS invocation. Raise Transient; ValueError if the event is not from SQS."""
    records = sqs_records(event, "post notifications to their API instead")
    _SENDER.process_all(records, lambda: context.get_remaining_time_in_millis() / 1000)
