"""A notification on its queue: the SQS body that the producer writes and the sender reads."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

from ingest.envelope import EnvelopeError

_LATEST: Final = 2**32  # in seconds since 1970: the year 2106


class Fallback(NamedTuple):
    """What is sent instead of a notification to a person without a contact: to another integration of the topic."""

    name: str
    credentials: Mapping[str, Any]
    message: str

    def __repr__(self) -> str:
        """Return the name only, because logs must not show a message."""
        return f"Fallback({self.name!r}, …)"

    @property
    def members(self) -> dict[str, Any]:
        """The members in the SQS body: `{"configuration": {"name", "credentials"}, "message"}`."""
        return {"configuration": {"name": self.name, "credentials": self.credentials}, "message": self.message}

    @classmethod
    def of_members(cls, members: Any) -> Self:
        """Return the fallback of these members. Raise EnvelopeError."""
        try:
            configuration = members["configuration"]
            name, credentials, message = configuration["name"], configuration["credentials"], members["message"]
        except (KeyError, TypeError):
            raise EnvelopeError("The message is not a notification of this product.") from None
        if not isinstance(name, str) or not isinstance(message, str) or not isinstance(credentials, dict):
            raise EnvelopeError("The message is not a notification: a member has the wrong type.")
        return cls(name, credentials, message)


class Notification(NamedTuple):
    """One notification to one integration.

    `credentials` is the topic's configuration of the integration with its `type`: settings and references to secrets.
    `identity` (SHA-256 in hex) identifies what was notified of; with topic and name it makes the delivery key. `topic`
    is `channel+topic`.

    `summary_due` is set for the carrier of a summary only, which the sender queues: the end of the minute that it
    summarizes, in seconds since 1970. Its message is empty, because the count is known only then.

    `fallback` is sent instead if a person has no contact. Older messages have none.
    """

    name: str
    credentials: Mapping[str, Any]
    message: str
    identity: str
    topic: str
    summary_due: int = 0
    fallback: Fallback | None = None

    def __repr__(self) -> str:
        """Return the names only, because logs must not show a message."""
        return f"Notification({self.topic!r}, {self.name!r}, …)"

    def delivery_key(self, replay_id: str = "") -> str:
        """Return the permanent name of this notification to this integration, for the record that it was sent.

        `replay_id` is set for a replay that delivers again.
        """
        return "\n".join((self.identity, self.topic, self.name, replay_id))

    @property
    def message_id(self) -> str:
        """The id that the service gets: the same in every attempt and replay, in hex digits."""
        return hashlib.sha256(self.delivery_key().encode()).hexdigest()

    def encode(self) -> str:
        """Return the SQS body: `{"configuration": {"name", "credentials"}, "message", "identity", "topic"}`.

        A fallback is the member `fallback`, with `configuration` and `message` of its own.
        """
        members: dict[str, Any] = {
            **Fallback(self.name, self.credentials, self.message).members,
            "identity": self.identity,
            "topic": self.topic,
        }
        if self.summary_due:
            members["summary_due"] = self.summary_due
        if self.fallback:
            members["fallback"] = self.fallback.members
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Return the notification of an envelope's body; unknown members are ignored. Raise EnvelopeError."""
        try:
            members = json.loads(body)
            identity, topic = members["identity"], members["topic"]
            summary_due, fallback = members.get("summary_due", 0), members.get("fallback")
        except (ValueError, KeyError, TypeError, RecursionError):
            raise EnvelopeError("The message is not a notification of this product.") from None
        own = Fallback.of_members(members)
        if not isinstance(identity, str) or not isinstance(topic, str):
            raise EnvelopeError("The message is not a notification: a member has the wrong type.")
        if type(summary_due) is not int or not 0 <= summary_due <= _LATEST:
            raise EnvelopeError("The message is not a notification: summary_due is not a time.")
        return cls(*own, identity, topic, summary_due, None if fallback is None else Fallback.of_members(fallback))
