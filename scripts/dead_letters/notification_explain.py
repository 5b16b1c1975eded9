"""Explain what a replay would do with dead letters of notifications, and check corrections of them.

Sends nothing, and reads no secret.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from ingest.envelope import Envelope, EnvelopeError
from notifications.compose import compose
from notifications.integrations.table import INTEGRATIONS
from notifications.notification import Notification
from notifications.prepared import Prepared, prepared
from notifications.references import parameter_of
from notifications.sending_records import RecordState, record_id_of, record_of
from notifications.topic_table import TopicTable
from processor.delivery import NotificationDelivery
from processor.errors import Failure, Permanent
from processor.notification_name import NOT_THERE, key_of
from scripts.aws.clock import aws_clock
from scripts.aws.context import StackContext
from scripts.aws.errors import why_unanswered
from scripts.aws.target_looks import topics_table
from scripts.cli.advice import NO_FIX, Advice, Fix
from scripts.cli.exit_codes import RejectedError
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.reader import ReadDeadLetter, Summary
from scripts.dead_letters.store import DeadLetterStore
from scripts.secret.store import notification_secrets

_MAY_BE_ACCEPTED: Final = (
    "an earlier attempt ended without an answer: the service may have accepted it, and this integration sends nothing "
    "twice"
)


class Forecast(StrEnum):
    """What a replay of a notification would do. The values are those of the JSON output."""

    send = "send"
    send_again = "send-again"  # the service may have accepted it already
    duplicate = "duplicate"  # it was accepted, or counted in a summary
    fail = "fail"
    not_known = "not-known"


class ExplainedNotification(NamedTuple):
    """A dead letter of a notification, and what a replay would do now.

    `failure` is why it would fail; if it `needs_redeliver`, only a replay with --redeliver sends it. One that
    `needs_contact` goes to a person, who is looked up when it is sent. `doubt` is why the forecast is not known, with
    its `fix`.
    """

    summary: Summary
    forecast: Forecast
    failure: Permanent | None = None
    needs_redeliver: bool = False
    needs_contact: bool = False
    missing_secret: str = ""
    doubt: str = ""
    fix: Fix = NO_FIX


class NotificationExplainer:
    """Explains by the configuration in the message, the records of the sender, and the secrets that exist."""

    def __init__(self, dead_letters: DeadLetterStore) -> None:
        """Raise ConfigurationError if the stack has no output for its table of records."""
        self._scope = dead_letters.scope
        self._table = dead_letters.owner.output("SendingsTableName", "where its records of notifications are")
        self._clock: Callable[[], float] = aws_clock(dead_letters.now)

    def explain(self, read: ReadDeadLetter) -> ExplainedNotification:
        """Return what the sender would do. It looks at the same things, in the same order."""
        notification = read.notification
        if notification is None:
            return _failing(read.summary, Permanent("envelope", read.problem))
        try:
            ready = prepared(notification, INTEGRATIONS)
        except Permanent as failure:
            return _failing(read.summary, failure)
        try:
            found = self._by_record(read, notification, ready)
            return self._with_secrets(found, ready)
        except (ClientError, BotoCoreError) as error:
            doubt, fix = why_unanswered(error)
            return ExplainedNotification(read.summary, Forecast.not_known, doubt=doubt, fix=fix)

    def _by_record(self, read: ReadDeadLetter, notification: Notification, ready: Prepared) -> ExplainedNotification:
        """Return what the record says. Raise botocore's errors."""
        record_id = record_id_of(notification.delivery_key(_continued_id(read.dead_letter)))
        key: Any = {"id": {"S": record_id}}
        found = self._scope.aws.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        record = record_of(record_id, _texts(found.get("Item", {})), self._clock())
        if record.is_done:
            return ExplainedNotification(read.summary, Forecast.duplicate)
        if record.state is not RecordState.STARTED:
            return ExplainedNotification(read.summary, Forecast.send)
        if record.until > self._clock():
            doubt = "another attempt at this notification is in progress"
            return ExplainedNotification(read.summary, Forecast.not_known, doubt=doubt, fix=Advice.again.text())
        if ready.retries_unconfirmed:
            return ExplainedNotification(read.summary, Forecast.send_again)
        return _failing(read.summary, Permanent("unknown", _MAY_BE_ACCEPTED))._replace(needs_redeliver=True)

    def _with_secrets(self, found: ExplainedNotification, ready: Prepared) -> ExplainedNotification:
        """Return a failure if a secret is missing that would be read. Raise botocore's errors."""
        if found.forecast not in {Forecast.send, Forecast.send_again}:
            return found
        for reference in ready.secrets:
            name = parameter_of(self._scope.stage, reference.ssm)
            if name not in self._stored:
                failure = Permanent("no-target", f"the parameter {name} does not exist")
                return _failing(found.summary, failure)._replace(missing_secret=reference.ssm)
        return found._replace(needs_contact=ready.configuration.person is not None)

    @cached_property
    def _stored(self) -> frozenset[str]:
        return frozenset(notification_secrets(self._scope.aws.ssm, self._scope.stage))


def explain_edit(dead_letters: DeadLetterStore, read: ReadDeadLetter, corrected: Envelope) -> ExplainedNotification:
    """Return what the sender would do with a corrected notification."""
    return NotificationExplainer(dead_letters).explain(read._replace(notification=Notification.decode(corrected.body)))


def check_notification(body: bytes) -> None:
    """Raise Permanent, as the sender would, unless the body is a notification whose configuration is valid."""
    try:
        notification = Notification.decode(body)
    except EnvelopeError as error:
        raise Permanent("envelope", str(error)) from None
    prepared(notification, INTEGRATIONS)


def kept_identity(original: Notification, body: bytes) -> str:
    """Return the identity of a valid correction. Raise RejectedError if it is another notification.

    The sender knows by identity, topic and name what was sent: with another one it could be sent twice.
    """
    corrected = Notification.decode(body)
    if corrected._replace(credentials={}, message="") != original._replace(credentials={}, message=""):
        raise RejectedError(
            "Only `message` and `credentials` of a notification can be corrected. Its identity, topic, name, fallback "
            "and summary_due have to stay, because the sender knows by them what was sent."
        )
    return original.identity


def rendering_failure(context: StackContext, delivery: NotificationDelivery) -> Permanent | None:
    """Return the failure that a replay would have, or None. The topic is one that `look_at` has found."""
    try:
        topic = TopicTable(context.aws.dynamodb, topics_table(context)).by_name(key_of(delivery.name) or "")
        if topic is None:
            raise Permanent("no-target", NOT_THERE)
        compose(topic, delivery.values, delivery.key, INTEGRATIONS)
    except Failure as error:
        place = {"route": delivery.route, "target": delivery.target, "field": delivery.place}
        return Permanent(error.cause_class, error.reason, **place)
    return None


def _failing(summary: Summary, failure: Permanent) -> ExplainedNotification:
    return ExplainedNotification(summary, Forecast.fail, failure)


def _continued_id(dead_letter: DeadLetter) -> str:
    """Return the replay ID of which a plain replay is the continuation: that of an earlier one with --redeliver."""
    return str(dead_letter.replay.get("id", "")) if dead_letter.replay.get("redeliver") else ""


def _texts(item: Mapping[str, Any]) -> dict[str, str]:
    return {name: next(iter(value.values())) for name, value in item.items()}
