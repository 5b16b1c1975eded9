"""Tokens for the next page of a list: opaque to clients, signed, and valid for one list of one user and an hour.

The user is not in the token: the signature covers the list that it was made for.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from loan_cache.order import Wall

LIFETIME_SECONDS: Final = 3600
LONGEST_TOKEN: Final = 2048  # characters; an id has 255 at most

_SIGNATURE_BYTES: Final = hashlib.sha256().digest_size


class Source(Enum):
    """Where a list comes from. All pages of a list come from the same place."""

    CACHE = "cache"
    ALMA = "alma"


class PageStart(NamedTuple):
    """Where the next page begins: after an id of the cache, or at an offset of Alma's list."""

    source: Source
    after_id: str = ""
    offset: int = 0

    def __repr__(self) -> str:
        """Return the source only, because ids lead to what patrons do."""
        return f"PageStart({self.source.value}, …)"


class PageTokens:
    """Makes and reads tokens. `key` returns the secret in SSM."""

    def __init__(self, key: Callable[[], str], wall: Wall) -> None:
        self._key = key
        self._wall = wall

    def make(self, start: PageStart, of: str) -> str:
        """Return the token of a page of this list. Raise what the key raises."""
        members = [start.source.value, start.after_id, start.offset, int(self._wall()) + LIFETIME_SECONDS]
        payload = json.dumps(members, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._signature(payload, of) + payload).rstrip(b"=").decode()

    def read(self, token: str, of: str) -> PageStart:
        """Return where the page of a token begins. Raise ValueError if it is not ours, of another list, or too old."""
        try:
            signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)) if len(token) <= LONGEST_TOKEN else b""
        except (binascii.Error, ValueError):
            signed = b""
        signature, payload = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(payload, of)):
            raise ValueError("the token is not valid for this list")
        source, after_id, offset, expires_at = json.loads(payload)
        if expires_at <= self._wall():
            raise ValueError("the token has expired")
        return PageStart(Source(source), after_id, offset)

    def _signature(self, payload: bytes, of: str) -> bytes:
        signed = len(of.encode()).to_bytes(4, "big") + of.encode() + payload
        return hmac.new(self._key().encode(), signed, hashlib.sha256).digest()
