"""Decodes queued envelopes, and knows which characters SQS accepts."""

import re

from ingest.envelope import Envelope, QueuedMessage

# "SendMessage", Amazon SQS API Reference: the characters a message may hold.
NOT_TAKEN_BY_SQS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def decoded(message: QueuedMessage, stored: bytes | None = None) -> Envelope:
    """Return the envelope in a message, whose body may be stored elsewhere."""
    if stored is None:
        return Envelope.decode(message.body, message.attributes)
    return Envelope.decode(message.body, message.attributes, lambda _: stored)
