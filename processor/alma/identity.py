"""Computes the identities of events, delivery keys and execution names. Stores nothing."""

import hashlib
import json
import re

from ingest.envelope import Envelope
from processor.alma.events import Event

# "StartExecution", AWS Step Functions API Reference: at most 80 characters. 47, a hyphen and 32 hex digits.
_MAX_READABLE = 47
_DIGEST_DIGITS = 32
_NOT_IN_NAMES = re.compile("[^0-9A-Za-z_-]")

_IDENTITY = re.compile("[0-9a-f]{64}")


def identity_of(event: Event | None, envelope: Envelope) -> str:
    """Return the SHA-256 (hex) that identifies an event; `event` is None if the body could not be parsed.

    The end of a job is identified by its id, with any layout of the body. Every other event is identified by its
    body, because Alma's ids repeat between different events. A body that an operator has corrected keeps its identity,
    so that no target gets the event twice: `replay.edited` is the identity of the original body.
    """
    edited = (envelope.replay or {}).get("edited")
    if isinstance(edited, str) and _IDENTITY.fullmatch(edited):
        return edited
    if event and event.action == "JOB_END" and event.id:
        parts = (envelope.profile, event.institution_code, "JOB_END", event.id)
        return _sha256(json.dumps(parts))  # JSON separates any values
    return hashlib.sha256(envelope.profile.encode() + b"\0" + envelope.body).hexdigest()


def delivery_key(identity: str, *, route: str, target: str, entry: str = "", replay_id: str = "") -> str:
    """Return the permanent name of one delivery, made of identity, route and target.

    `target` is kind and symbolic name as rendered (`topic:loan-created`). `entry` is the name of the deliver entry and
    distinguishes two deliveries to one target. `replay_id` is set for a replay that delivers again.
    """
    return "\n".join((identity, route, target, entry, replay_id))


def execution_name(readable: str, key: str) -> str:
    """Return a Step Functions execution name: `readable` reduced to allowed characters, a hyphen, the key's digest."""
    return f"{_NOT_IN_NAMES.sub('', readable)[:_MAX_READABLE]}-{_sha256(key)[:_DIGEST_DIGITS]}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
