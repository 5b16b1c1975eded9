"""Signs requests as the specification of Standard Webhooks 1.0.0 describes."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

PREFIX: Final = "whsec_"  # pragma: allowlist secret -- what secrets begin with
SHORTEST_BYTES, LONGEST_BYTES = 24, 64
_ID: Final = re.compile(r"[!-\-/-~]+")  # printable ASCII without a dot, which separates the signed parts


def signing_key(secret: str) -> bytes:
    """Return the key of a secret: its prefix and base64 of 24 to 64 bytes. Raise ValueError without quoting it.

    The library pads, ignores foreign characters and accepts other prefixes, so a mistyped secret gives another key.
    """
    encoded = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    is_canonical = base64.b64encode(key) == encoded.encode()
    if encoded == secret or not is_canonical or not SHORTEST_BYTES <= len(key) <= LONGEST_BYTES:
        raise ValueError(f"is not {PREFIX} followed by base64 of {SHORTEST_BYTES} to {LONGEST_BYTES} bytes")
    return key


def signature_headers(message_id: str, now: datetime, text: str, secrets: Sequence[str]) -> dict[str, str]:
    """Return the three headers for a body that is this text in UTF-8, with one signature for each secret.

    `now` is the time of this attempt in UTC; the id is the same in all attempts. Raise ValueError for another
    time zone, an id that is empty or has a dot, or a secret of the wrong form.
    """
    if now.tzinfo is not UTC:  # the library replaces the zone, so that any other time would be wrong
        raise ValueError("the time of a signature is not in UTC")
    if not _ID.fullmatch(message_id):
        raise ValueError("the id is empty or has a dot or another character that cannot be signed")
    # Only the sender has this package: the others that read topics need no signatures.
    from standardwebhooks.webhooks import Webhook

    signatures = (Webhook(signing_key(secret)).sign(message_id, now, text) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
