"""A notification on its queue: the SQS body that the producer writes and the sender reads."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from ingest.envelope import EnvelopeError


class Notification(NamedTuple):
    """One notification to one integration.

    `credentials` is the topic's configuration of the integration with its `type`: settings and references to secrets.
    `identity` (SHA-256 in hex) identifies what was notified of; with the name it makes the delivery key. `topic` is
    `channel+topic`.
    """

    name: str
    credentials: Mapping[str, Any]
    message: str
    identity: str
    topic: str

    def __repr__(self) -> str:
        """Return the names only, because logs must not show a message."""
        return f"Notification({self.topic!r}, {self.name!r}, …)"

    def encode(self) -> str:
        """Return the SQS body: `{"configuration": {"name", "credentials"}, "message", "identity", "topic"}`."""
        members = {
            "configuration": {"name": self.name, "credentials": self.credentials},
            "message": self.message,
            "identity": self.identity,
            "topic": self.topic,
        }
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Return the notification of an envelope's body; unknown members are ignored. Raise EnvelopeError."""
        try:
            members = json.loads(body)
            configuration = members["configuration"]
            name, credentials, message = configuration["name"], configuration["credentials"], members["message"]
            identity, topic = members["identity"], members["topic"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise EnvelopeError("The message is not a notification of this product.") from None
        texts = (name, message, identity, topic)
        if not all(isinstance(text, str) for text in texts) or not isinstance(credentials, dict):
            raise EnvelopeError("The message is not a notification: a member has the wrong type.")
        return cls(name, credentials, message, identity, topic)
