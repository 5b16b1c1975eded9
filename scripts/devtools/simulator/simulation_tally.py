"""Counts what a simulated Alma did and what came of it. Prints nothing, and keeps nothing of a body."""

import hashlib
import math
from array import array
from collections import Counter
from typing import Any, Final, NamedTuple

from scripts.alma_client.retry_policy import AttemptResult, Verdict
from scripts.devtools.simulator.planned_posts import PlannedPost

_PERCENTILES: Final = (50, 95, 99)


class PostResult(NamedTuple):
    """A post that came to its end, by its last answer, after so many attempts."""

    planned: PlannedPost
    answer: AttemptResult
    attempts: int
    verdict: Verdict

    @property
    def facts(self) -> dict[str, Any]:
        """Which post, and what became of it, as JSON values."""
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
        """What a later comparison with the subscribers' side needs of an accepted post; None of any other."""
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
        """A first attempt."""
        self.sent += 1
        self._first, self._last = (self._first if self.sent > 1 else now), now
        self.injected["duplicates"] += planned.duplicate_of is not None
        self.injected["reordered"] += planned.number < self._highest
        self.injected["bad_signatures"] += planned.is_forged
        self.injected["odd_bytes"] += planned.is_odd
        self._highest = max(self._highest, planned.number)

    def answered(self, answer: AttemptResult) -> None:
        """An attempt that has its answer, or has waited for it long enough."""
        if answer.status is None:
            self.unanswered += 1
        else:
            self._latencies.append(answer.seconds)

    def ended(self, ended: PostResult) -> None:
        """A post for which nothing more is done."""
        self.verdicts[ended.verdict] += 1
        if ended.verdict not in {Verdict.accepted, Verdict.rejected}:
            self.unexpected.append(ended.facts)

    @property
    def events(self) -> int:
        """Events that have begun, without their duplicates."""
        return self.sent - self.injected["duplicates"]

    @property
    def unfinished(self) -> int:
        """Posts that have begun and not come to their end."""
        return self.sent - self.verdicts.total()

    @property
    def facts(self) -> dict[str, Any]:
        """The summary, as JSON values. `rate` is of first attempts, per second; None where there was but one."""
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
        """By nearest rank, of all attempts that were answered."""
        ordered = sorted(self._latencies)
        if not ordered:
            return None
        ranks = {f"p{each}": math.ceil(len(ordered) * each / 100) - 1 for each in _PERCENTILES}
        return {name: round(ordered[rank] * 1000) for name, rank in (ranks | {"max": -1}).items()}
