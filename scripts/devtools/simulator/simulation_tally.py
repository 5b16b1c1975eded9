"""Count the posts of a simulated Alma and their results. Keeps no bodies."""

import hashlib
import math
from array import array
from collections import Counter
from typing import Any, Final, NamedTuple

from scripts.alma_client.retry_policy import AttemptResult, Verdict
from scripts.devtools.simulator.planned_posts import PlannedPost

_PERCENTILES: Final = (50, 95, 99)


class PostResult(NamedTuple):
    """The final result of a post: its last response, the number of attempts and the verdict."""

    planned: PlannedPost
    answer: AttemptResult
    attempts: int
    verdict: Verdict

    @property
    def facts(self) -> dict[str, Any]:
        """The post and its result, as JSON values."""
        return {
            "number": self.planned.number,
            "event": self.planned.event,
            "verdict": self.verdict.value,
            "status": self.answer.status,
            "receipt_id": self.answer.receipt_id,
            "attempts": self.attempts,
        }

    @property
    def record(self) -> dict[str, Any] | None:
        """An accepted post as JSON values, for a comparison with what subscribers got; None for any other."""
        if self.verdict is not Verdict.accepted:
            return None
        return {
            "number": self.planned.number,
            "event": self.planned.event,
            "sha256": hashlib.sha256(self.planned.body).hexdigest(),
            "receipt_id": self.answer.receipt_id,
            "attempts": self.attempts,
            "duplicate_of": self.planned.duplicate_of,
        }


class Tally:
    """All counts of one simulation. Times are monotonic seconds."""

    def __init__(self) -> None:
        self.sent = self.retried = self.unanswered = 0
        self.verdicts: Counter[Verdict] = Counter()
        self.injected: Counter[str] = Counter()
        self.unexpected: list[dict[str, Any]] = []
        self._latencies = array("d")
        self._first = self._last = 0.0
        self._highest = 0

    def began(self, planned: PlannedPost, now: float) -> None:
        """Count a first attempt."""
        self.sent += 1
        self._first, self._last = (self._first if self.sent > 1 else now), now
        self.injected["duplicates"] += planned.duplicate_of is not None
        self.injected["reordered"] += planned.number < self._highest
        self.injected["bad_signatures"] += planned.is_forged
        self.injected["odd_bytes"] += planned.is_odd
        self._highest = max(self._highest, planned.number)

    def answered(self, answer: AttemptResult) -> None:
        """Count an attempt that has its response or has timed out."""
        if answer.status is None:
            self.unanswered += 1
        else:
            self._latencies.append(answer.seconds)

    def ended(self, ended: PostResult) -> None:
        """Count a post that is finished."""
        self.verdicts[ended.verdict] += 1
        if ended.verdict not in {Verdict.accepted, Verdict.rejected}:
            self.unexpected.append(ended.facts)

    @property
    def events(self) -> int:
        """The number of started events, without duplicates."""
        return self.sent - self.injected["duplicates"]

    @property
    def unfinished(self) -> int:
        """The number of started posts that are not finished."""
        return self.sent - self.verdicts.total()

    @property
    def facts(self) -> dict[str, Any]:
        """The summary, as JSON values. `rate` is first attempts per second, or None after a single one."""
        spent = self._last - self._first
        return {
            "sent": self.sent,
            **{each.name: self.verdicts[each] for each in Verdict},
            "retried": self.retried,
            "unanswered": self.unanswered,
            "unfinished": self.unfinished,
            "injected": dict(self.injected),
            "rate": round((self.sent - 1) / spent, 2) if spent else None,
            "latency_ms": self._latency(),
            "unexpected": self.unexpected,
        }

    def _latency(self) -> dict[str, int] | None:
        """Return the percentiles of all attempts with a response, by nearest rank."""
        ordered = sorted(self._latencies)
        if not ordered:
            return None
        ranks = {f"p{each}": math.ceil(len(ordered) * each / 100) - 1 for each in _PERCENTILES}
        return {name: round(ordered[rank] * 1000) for name, rank in (ranks | {"max": -1}).items()}
