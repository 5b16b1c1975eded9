"""The API keys of the producer: two that are valid at once, read from SSM and cached. Nothing shows a key.

The parameters are `/alma-webhooks/STAGE/notifications/api-key` and, during a rotation, `…/previous-api-key`. White
space around a stored key is dropped, because a key stored from a file often ends in a newline; a blank one is unusable.
"""

import hashlib
import hmac
import math
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from notifications.references import API_KEY, PREVIOUS_API_KEY, parameter_of
from processor.errors import Failure, Transient
from processor.retries import failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

LIFETIME_SECONDS: Final = 300.0

# A key that matches none causes one read in this time, so a flood of wrong keys causes few. A new key is accepted at
# the latest this long after it was stored.
COOL_DOWN_SECONDS: Final = 60.0

# After a failed read SSM is not asked again for this long, so that not every request waits for it.
BACK_OFF_SECONDS: Final = 5.0

_UNREADABLE: Final = "the API keys could not be read"


class ApiKeys:
    """Compares keys with those in SSM. `lifetime` is how many seconds these are cached, by both clocks.

    The wall clock counts too, because the monotonic clock may stop while Lambda freezes a function.
    """

    def __init__(
        self,
        ssm: "SSMClient",
        stage: str,
        lifetime: float = LIFETIME_SECONDS,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._ssm = ssm
        self._names = [parameter_of(stage, name) for name in (API_KEY, PREVIOUS_API_KEY)]
        self._lifetime = lifetime
        self._monotonic = monotonic
        self._wall = wall
        self._lock = threading.Lock()
        self._digests: list[bytes] = []  # SHA-256 of the keys; empty until the first read
        self._read_at = (-math.inf, -math.inf)
        self._retry_at = -math.inf

    def accepts(self, given: str) -> bool:
        """Return whether a header's value is one of the keys; an empty one and a list of two never are.

        Cached keys are used while SSM is down. Raise Failure if SSM is down and the key is none of them: it may be new.
        """
        key = given.strip()
        if not key or "," in key:  # API Gateway joins repeated headers by a comma
            return False
        digest = _digest(key)
        return _is_one_of(digest, self._current()) or _is_one_of(digest, self._refreshed())

    def _current(self) -> list[bytes]:
        with self._lock:
            if self._age() >= self._lifetime:
                try:
                    self._read()
                except Failure:
                    if not self._digests:
                        raise
            return self._digests

    def _refreshed(self) -> list[bytes]:
        with self._lock:
            if self._age() >= COOL_DOWN_SECONDS:
                self._read()
            return self._digests

    def _age(self) -> float:
        """Return the seconds since the keys were read."""
        monotonic, wall = self._read_at
        return max(self._monotonic() - monotonic, self._wall() - wall)

    def _read(self) -> None:
        """Call GetParameters once (AWS Systems Manager API Reference); an unknown name is not an error."""
        if self._monotonic() < self._retry_at:
            raise Transient("transient", f"{_UNREADABLE} a moment ago")
        began = (self._monotonic(), self._wall())  # the response does not have what is written while it is on its way
        try:
            with failures_of_aws("refused", _UNREADABLE):
                answer = self._ssm.get_parameters(Names=self._names, WithDecryption=True)
        except Failure:
            self._retry_at = self._monotonic() + BACK_OFF_SECONDS
            raise
        values = {each["Name"]: each["Value"].strip() for each in answer["Parameters"]}
        # A missing key is one that nobody knows, so that every request compares two digests.
        self._digests = [_digest(values[name]) if values.get(name) else os.urandom(32) for name in self._names]
        self._read_at = began


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def _is_one_of(digest: bytes, digests: list[bytes]) -> bool:
    results = [hmac.compare_digest(digest, each) for each in digests]  # all are compared, also after a match
    return any(results)
