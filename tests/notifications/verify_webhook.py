"""A second implementation of Standard Webhooks 1.0.0, written from the specification, to verify signed requests."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300


def is_signed(headers: Mapping[str, str], body: bytes, secret: str, *, wall: float) -> bool:
    """Return whether one signature of a request is by this secret, and its time is within five minutes."""
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    key = base64.b64decode(secret.split("_", 1)[1])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    is_recent = abs(int(headers["webhook-timestamp"]) - wall) <= TOLERANCE_SECONDS
    return is_recent and f"v1,{expected}" in headers["webhook-signature"].split(" ")
