"""Decide what the faults of a soak test explain: messages published twice, and failed attempts of the simulated Alma.

A second publish is justified if the function could not know of the first: it did not read the response, or the update
of the delivery record after it failed. Both are derived from calls and connections, not from times, so that a busy
computer has no influence: a response was certainly read if its connection carried a further call.

A soak test shortens Alma's retry delays from hours to seconds, but not the faults and their aftermath. So an attempt
with a recorded cause is repeated without being counted. Attempts that fail without a cause are counted, however busy
the computer is; after four of them the event fails.
"""

import json
import math
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise
from typing import Final

from ingest.profile_secrets import BACK_OFF_SECONDS
from scripts.alma_client.retry_policy import AttemptResult
from scripts.devtools.soak.fault_plan import Call

_PUBLISH: Final = "sns:Publish"
_RECORD: Final = "dynamodb:UpdateItem"
_MESSAGE_ID: Final = re.compile(rb"<MessageId>([^<]+)</MessageId>")


@dataclass
class LedgerEntry:
    """One call. `began` and `ended` are sequence numbers; `is_read`: not the last call of a closed connection."""

    began: int
    ended: int | None = None
    is_carried_out: bool = False
    is_read: bool = True


@dataclass
class CallLedger:
    """Publishes by message id, updates of delivery records by record id. Written by several threads."""

    _published: dict[str, LedgerEntry] = field(default_factory=dict)
    _records: defaultdict[str, list[LedgerEntry]] = field(default_factory=lambda: defaultdict(list))
    _events: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def began(self, call: Call) -> LedgerEntry:
        """Record a new call."""
        with self._lock:
            entry = LedgerEntry(self._next())
            if call.operation == _RECORD:
                self._records[json.loads(call.content)["Key"]["id"]["S"]].append(entry)
        return entry

    def answered(self, entry: LedgerEntry, call: Call, status: int, content: bytes) -> None:
        """Record the response of the emulator, whether or not the function gets it."""
        with self._lock:
            entry.ended = self._next()
            entry.is_carried_out = status < HTTPStatus.BAD_REQUEST
            if call.operation == _PUBLISH and (found := _MESSAGE_ID.search(content)):
                self._published[found[1].decode()] = entry

    def unread(self, entry: LedgerEntry) -> None:
        """Record that the connection ended after this call, so that its response may not have been read."""
        entry.is_read = False

    def unexplained(self, message_ids: Iterable[str], record: str) -> int:
        """Return how many of these publishes are unjustified repetitions. `record` is the id of the delivery record."""
        ids = set(message_ids)
        known = sorted((self._published[each] for each in ids if each in self._published), key=lambda one: one.began)
        strangers = len(ids) - len(known)  # published past the proxy
        return strangers + sum(not self._is_explained(*pair, self._records[record]) for pair in pairwise(known))

    @staticmethod
    def _is_explained(first: LedgerEntry, second: LedgerEntry, updates: list[LedgerEntry]) -> bool:
        between = [each for each in updates if first.began < each.began < second.began]
        if any(each.is_carried_out and each.ended is not None and each.ended < second.began for each in between):
            return False  # the delivery was repeated although it was recorded
        return not first.is_read or bool(between)

    def _next(self) -> int:
        self._events += 1
        return self._events


# After a fault of SSM, ingest does not read the secrets for this long and answers 503 to an unknown signature. The 5 s
# are a reserve.
_AFTERMATH_SECONDS: Final = BACK_OFF_SECONDS[-1] + 5.0

# Ingest responds in milliseconds, also with errors, unless something delays it.
_SLOW_SECONDS: Final = 1.0


class ExcusedAttempts:
    """Decides on failed attempts. `disturbed_at` return the times of the last fault and kill of ingest."""

    def __init__(self, *disturbed_at: Callable[[], float]) -> None:
        self._disturbed_at = disturbed_at
        self.excused = 0

    def is_excused(self, answer: AttemptResult, began: float) -> bool:
        """Return whether a failed attempt has a recorded cause. `began` is from the clock of the recorded times."""
        disturbed = max((at() for at in self._disturbed_at), default=-math.inf)
        is_slow = answer.status is None or answer.seconds >= _SLOW_SECONDS
        is_excused = is_slow or disturbed >= began - _AFTERMATH_SECONDS
        self.excused += is_excused
        return is_excused
