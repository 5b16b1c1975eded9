"""Reads a notification from an SQS record."""

from typing import Any, NamedTuple, Self

from ingest.envelope import Envelope, EnvelopeError, NewerEnvelopeError
from ingest.sqs_text import attribute_value
from notifications.notification import Notification
from processor.errors import Permanent, Transient
from processor.invocation import attributes_of


class Incoming(NamedTuple):
    """A notification with its envelope, and the record that Lambda received."""

    record: dict[str, Any]
    envelope: Envelope
    notification: Notification

    @classmethod
    def read(cls, record: dict[str, Any]) -> Self:
        """Return the notification of a record. Raise Permanent and Transient (envelope)."""
        try:
            envelope = Envelope.decode(record["body"], attributes_of(record))
            return cls(record, envelope, Notification.decode(envelope.body))
        except NewerEnvelopeError as error:
            raise Transient("envelope", str(error)) from None
        except EnvelopeError as error:
            raise Permanent("envelope", str(error)) from None

    @property
    def delivery_key(self) -> str:
        """The key of the record that it was sent; a replay that delivers again has its own."""
        replay = self.envelope.replay or {}
        return self.notification.delivery_key(str(replay.get("id", "")) if replay.get("redeliver") else "")

    @property
    def target(self) -> str:
        """Type, name and topic of the integration, `slack:team@library+jobs`."""
        return f"{self.kind}:{self.notification.name}@{self.notification.topic}"

    @property
    def kind(self) -> str:
        """The type of the integration as the message has it."""
        return str(self.notification.credentials.get("type", ""))

    @property
    def facts(self) -> dict[str, str]:
        """The members for the log: names only."""
        notification = self.notification
        names = {"topic": notification.topic, "integration": notification.name, "type": self.kind}
        return {name: attribute_value(value) for name, value in names.items()}
