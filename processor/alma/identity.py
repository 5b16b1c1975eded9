"""Which event this is, and which delivery of it: identities, delivery keys, execution names. Stores nothing."""

import hashlib
import json
import re

from ingest.envelope import Envelope
from processor.alma.events import Event, JobEndEvent

# "StartExecution", AWS Step Functions API Reference: at most 80 characters. 47, a hyphen and 32 hex digits.
_MAX_READABLE = 47
_DIGEST_DIGITS = 32
_NOT_IN_NAMES = re.compile("[^0-9A-Za-z_-]")

_IDENTITY = re.compile("[0-9a-f]{64}")


def identity_of(event: Event | None, envelope: Envelope) -> str:
    """The hex SHA-256 that tells this event from every other; `event` is None where the body is none.

    A job's end is named by its id, whatever the layout of the body. For everything else only the body is safe: Alma's
    ids repeat between different events. A body that an operator has corrected is still the event that it was, so that
    no target gets it twice: `replay.edited` has the identity of the body as it came.
    """
    edited = (envelope.replay or {}).get("edited")
    if isinstance(edited, str) and _IDENTITY.fullmatch(edited):
        return edited
    if isinstance(event, JobEndEvent) and event.id:
        parts = (envelope.profile, event.institution_code, "JOB_END", event.id)
        return _sha256(json.dumps(parts))  # JSON keeps them apart, whatever they hold
    return hashlib.sha256(envelope.profile.encode() + b"\0" + envelope.body).hexdigest()


def delivery_key(identity: str, *, route: str, target: str, entry: str = "", replay_id: str = "") -> str:
    """Names one delivery for ever: `identity`, route and target, and what tells two to the same target apart.

    `target` is kind and symbolic name as rendered (`topic:loan-created`), `entry` the deliver entry's own name,
    `replay_id` that of a replay which delivers again.
    """
    return "\n".join((identity, route, target, entry, replay_id))


def execution_name(readable: str, key: str) -> str:
    """A Step Functions execution name: `readable` reduced to allowed characters, a hyphen, the key's digest."""
    return f"{_NOT_IN_NAMES.sub('', readable)[:_MAX_READABLE]}-{_sha256(key)[:_DIGEST_DIGITS]}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
