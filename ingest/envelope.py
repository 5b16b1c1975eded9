"""The envelope (version 1): one signed request as an SQS message, with encoding and decoding.

Every zip that reads a queue has this module and the two modules that it imports.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable, Mapping

from ingest.lite_namedtuple import NamedTuple
from ingest.sqs_text import attribute_value, encode_attributes, to_json, to_utf8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

VERSION = "1"
_DIGITS = 64  # of a SHA-256 in hex

# Far above the 10 MB that an HTTP API accepts ("Quotas", API Gateway Developer Guide).
_MOST_BYTES = 64 * 1024 * 1024

# The profile and action of the heartbeat, which Alma never uses (ingest.heartbeat, processor.heartbeat).
HEARTBEAT_PROFILE, HEARTBEAT_ACTION = "heartbeat", "HEARTBEAT"

# "Amazon SQS message quotas": body and attributes together at most 1 MiB. The rest is for what the processor and
# the operator's tools add later (`failure`, `replay`).
MAX_QUEUED_BYTES = 1024 * 1024 - 32 * 1024

_MAX_CHARACTERS = {"content_type": 256, "profile": 256, "receipt_id": 256, "received_at": 256, "signature": 512}


class EnvelopeError(ValueError):
    """A queued message is not an envelope. The text quotes nothing of the body."""


class NewerEnvelopeError(EnvelopeError):
    """A queued message is an envelope of a newer version; a later deployment can read it."""


class Pointer(NamedTuple):
    """The location of a body that is too large for the queue: an S3 object, with its SHA-256 (hex) and length."""

    bucket: str
    key: str
    sha256: str
    bytes: int

    def encode(self) -> str:
        """Return the pointer as an SQS body."""
        return to_json(self._asdict())


def pointer_to(body: bytes, bucket: str) -> Pointer:
    """Return the location for a body in a bucket. The key is its digest, so the same body is stored once."""
    digest = hashlib.sha256(body).hexdigest()
    return Pointer(bucket, _key_of(digest), digest, len(body))


def _key_of(digest: str) -> str:
    return f"bodies/{digest}"


ReadBody = Callable[[Pointer], bytes]


def _out_of_reach(_: Pointer) -> bytes:
    raise EnvelopeError("The message's body is in S3, which is not read here.")


class QueuedMessage(NamedTuple):
    """An encoded envelope: SQS MessageBody as UTF-8, and the string values of its message attributes by name."""

    utf8: bytes  # SQS counts and digests UTF-8; encoding a large text each time would be slow
    attributes: dict[str, str]
    group: str = ""  # the MessageGroupId to send it with, which is not part of the envelope

    def __repr__(self) -> str:
        """Return the class only, because logs must not show a body."""
        return "QueuedMessage(…)"

    @classmethod
    def encode(cls, body: bytes, attributes: Mapping[str, str], stored: Pointer | None = None) -> Self:
        """Return a body with these attributes and its encoding, which need not be named if it is utf-8.

        `stored` is the location of a body that is too large for the queue.
        """
        utf8, encoding = (stored.encode().encode(), "s3") if stored else to_utf8(body)
        is_named = attributes.get("encoding", "utf-8") == encoding
        return cls(utf8, {**attributes} if is_named else {**attributes, "encoding": encoding})

    @property
    def body(self) -> str:
        """MessageBody as text."""
        return self.utf8.decode()

    @property
    def size(self) -> int:
        """Bytes that count towards the limit of SQS: the body, and each attribute's name, type and value."""
        texts = "".join([*self.attributes, *self.attributes.values()])
        return len(self.utf8) + len(texts.encode()) + len("String") * len(self.attributes)


class Envelope(NamedTuple):
    """One request that passed the signature check. `body` holds the bytes exactly as signed."""

    body: bytes
    receipt_id: str
    received_at: str  # RFC 3339, UTC, milliseconds
    profile: str
    content_type: str = ""
    signature: str = ""
    failure: Mapping[str, Any] | None = None  # on dead letters: class, reason, route, target, field, attempts, at
    replay: Mapping[str, Any] | None = None  # on replayed ones: id, count, by, at, redeliver, only_route, edited, …

    def __repr__(self) -> str:
        """Return the receipt id only, because logs must not show a body."""
        return f"Envelope({self.receipt_id!r}, …)"

    def encode(self, stored: Pointer | None = None) -> QueuedMessage:
        """Return the SQS message: at most nine attributes (SQS allows ten), without empty ones, with cleaned values.

        `stored` is the location of a body that is too large for the queue.
        """
        texts = {name: attribute_value(getattr(self, name), limit) for name, limit in _MAX_CHARACTERS.items()}
        message = QueuedMessage.encode(self.body, {"envelope_version": VERSION, **texts, "encoding": ""}, stored)
        attributes = encode_attributes(message.attributes, failure=self.failure, replay=self.replay)
        return message._replace(attributes=attributes)

    @classmethod
    def decode(cls, body: str, attributes: Mapping[str, str], read_stored: ReadBody = _out_of_reach) -> Self:
        """Return the envelope of an SQS body and its attributes. Raise EnvelopeError, NewerEnvelopeError.

        `read_stored` reads a body from S3, only from the reader's own bucket; its exceptions are passed on.
        """
        version = attributes.get("envelope_version")
        if not version:
            raise EnvelopeError("The message has no attribute envelope_version, so it was not queued by ingest.")
        if version != VERSION:
            raise NewerEnvelopeError(
                "The message's envelope_version is not supported by this version of the processor."
            )
        encoding = attributes.get("encoding", "utf-8")
        failure, replay = attributes.get("failure"), attributes.get("replay")
        return cls(
            body=_stored_body(body, read_stored) if encoding == "s3" else from_text(body, encoding),
            **{name: attributes.get(name, "") for name in _MAX_CHARACTERS},
            failure=_from_json(failure, "The message's attribute failure is") if failure else None,
            replay=_from_json(replay, "The message's attribute replay is") if replay else None,
        )


def from_text(text: str, encoding: str) -> bytes:
    """Return the body that `to_text` encoded. Raise EnvelopeError, NewerEnvelopeError."""
    if encoding == "utf-8":
        return text.encode("utf-8", "surrogatepass")
    if encoding != "base64":
        raise NewerEnvelopeError("The message's encoding is not supported by this version of the processor.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EnvelopeError("The message's body is marked as base64 and is not valid base64.") from None


def rfc3339(seconds: float) -> str:
    """Format seconds since 1970 for envelopes and logs: UTC, milliseconds, `2026-05-13T02:41:11.000Z`."""
    milliseconds = int(seconds * 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000)) + f".{milliseconds % 1000:03d}Z"


def _stored_body(text: str, read_stored: ReadBody) -> bytes:
    members = _from_json(text, "The message's pointer to its body in S3 is")
    try:
        bucket, key, sha256 = (str(members[name]) for name in ("bucket", "key", "sha256"))
        pointer = Pointer(bucket, key, sha256, int(members["bytes"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise EnvelopeError("The message's pointer to its body in S3 is incomplete.") from None
    if len(sha256) != _DIGITS or sha256.strip("0123456789abcdef") or key != _key_of(sha256):
        raise EnvelopeError("The message's pointer has a key that does not match its digest.")
    if not 0 <= pointer.bytes <= _MOST_BYTES:
        raise EnvelopeError("The message's pointer has a length that no body can have.")
    body = read_stored(pointer)
    if pointer_to(body, pointer.bucket)[2:] != pointer[2:]:
        raise EnvelopeError("The object in S3 does not match the digest and length in the message.")
    return body


def _from_json(text: str, what: str) -> Mapping[str, Any]:
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise EnvelopeError(f"{what} not a JSON object.")
    return members
