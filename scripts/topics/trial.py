"""Try one integration of a topic from this computer: render as the producer does, send as the sender does.

Nothing here shows a URL, a secret or the text of an exception. No record is written, so a trial neither uses up nor
repeats a notification.
"""

import time
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from uuid import uuid4

from notifications.aws_sending import ONE_REQUEST
from notifications.compose import compose
from notifications.errors import Permanent, Transient, Unconfirmed
from notifications.exchange import BoundedHttpClient
from notifications.integrations.integration import Connections, Outgoing
from notifications.integrations.table import INTEGRATIONS
from notifications.notification import Notification
from notifications.prepared import prepared
from notifications.secret_values import SecretValues
from notifications.topics import Topic
from processor.errors import Failure, as_failure
from processor.routing.templates import InvalidTemplateError
from scripts.aws.context import StackContext
from scripts.aws.parameters import listed
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.topics.given_values import sample_values


class TrialOutcome(StrEnum):
    """How a trial ended. Nothing is ever known to be delivered."""

    accepted = "accepted"
    refused = "refused"
    failed = "failed"  # for now: a sender would try again
    unknown = "unknown"  # the request was written, and its answer was lost


class TopicTrial(NamedTuple):
    """A rendered notification to one integration, the only one of `topic`.

    `samples` are the names of variables with sample values.
    """

    topic: Topic
    type: str
    notification: Notification
    samples: tuple[str, ...]


class TrialResult(NamedTuple):
    """The outcome, why it is that one, and the id by which the service knows the notification, or an empty text."""

    outcome: TrialOutcome
    reason: str = ""
    reference: str = ""


def rendered_trial(topic: Topic, name: str, given: Mapping[str, Any]) -> TopicTrial:
    """Render a topic for one of its integrations, or its fallback. Variables without a given value get a sample text.

    Raise ConfigurationError, which quotes no value.
    """
    found = [entry for entry in topic.entries if entry.name == name]
    path = f"{topic.channel}/{topic.topic}"
    if not found:
        known = ", ".join(entry.name for entry in topic.entries)
        raise ConfigurationError(f"{path} has no integration {name}; it has {known}.")
    try:
        samples = sample_values(found[0], INTEGRATIONS, given)
        alone = topic.model_copy(update={"integrations": found, "fallback": None})
        composed = compose(alone, {**samples, **given}, f"trial:{uuid4()}", INTEGRATIONS)
    except (Permanent, InvalidTemplateError) as error:
        reason = error.reason.removesuffix(".") if isinstance(error, Permanent) else str(error)
        raise ConfigurationError(f"Nothing was sent: {reason}. Pass values as NAME=TEXT or NAME:=JSON.") from None
    return TopicTrial(alone, found[0].type, composed.notifications[0], tuple(samples))


def send_trial(trial: TopicTrial, connections: Connections) -> TrialResult:
    """Send once through the integration. The rights are those of the clients in `connections`."""
    notification = trial.notification
    try:
        ready = prepared(notification, INTEGRATIONS)
        outgoing = Outgoing(notification.message, notification.message_id)
        accepted = ready.integration.send(outgoing, ready.configuration, connections)
    except Unconfirmed as failure:
        return TrialResult(TrialOutcome.unknown, failure.reason)
    except Transient as failure:
        return TrialResult(TrialOutcome.failed, f"{failure.reason.removesuffix('.')}. A sender would try again.")
    except Failure as failure:
        return TrialResult(TrialOutcome.refused, f"{failure.reason.removesuffix('.')}.")
    except Exception as error:  # noqa: BLE001 - the text of any exception can quote a URL
        return TrialResult(TrialOutcome.unknown, as_failure(error).reason)
    return TrialResult(TrialOutcome.accepted, reference=accepted.reference)


def trial_connections(scope: StackContext, notifications: Stack) -> Connections:
    """Return connections with the caller's rights, and the ports and addresses that the stack's sender may use."""
    aws, parameters = scope.aws, notifications.parameters

    def client(service: str) -> Any:
        return aws.session.client(service, endpoint_url=aws.endpoint_url, config=ONE_REQUEST)  # type: ignore[call-overload] # the stubs want a literal

    return Connections(
        http=BoundedHttpClient(
            ports=[int(port) for port in listed(parameters.get("HttpsPorts", ""))],
            is_loopback_allowed=parameters.get("Emulated") == "true",
        ),
        ses=cache(lambda: client("sesv2")),
        sns=cache(lambda: client("sns")),
        secret=SecretValues(lambda: aws.ssm, scope.stage).value,
        wall=time.time,
        email_configuration_set=notifications.outputs.get("EmailConfigurationSetName", ""),
    )
