"""What the fill function does with one message of the fill queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from loan_cache.entry import Kind
from loan_cache.fill import Fill
from loan_cache.fill_requests import FillRequest
from loan_cache.queue_worker import SENT
from processor.retries import RemainingTime

FRESH: Final = "fresh"
"""The outcome of a request that another fill has met since it was sent."""


@dataclass(frozen=True)
class FillWork:
    """Fills the user of a message."""

    fill: Fill

    def __call__(self, body: str, attributes: Mapping[str, str], _remaining_time: RemainingTime) -> dict[str, Any]:
        """Fill one user, and return the outcome and numbers. Raise Permanent, Transient, Throttled."""
        user = FillRequest.decode(body).user
        if self._is_fresh(user, attributes.get(SENT, "")):
            return {"outcome": FRESH}
        result = self.fill.run(user)
        return {**result._asdict(), "outcome": result.outcome.value}

    def _is_fresh(self, user: str, sent_ms: str) -> bool:
        """Return whether the user was filled after this message was sent: many can ask for the same one."""
        filled_at = self.fill.reader.filled_at(user)
        if filled_at is None or not sent_ms.isdecimal() or filled_at < int(sent_ms):
            return False
        return all(self.fill.reader.is_complete(user, kind) for kind in Kind)
