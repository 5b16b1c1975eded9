"""Turn log lines about notifications into lines to reconcile. Does not call AWS or read a clock.

The producer logs how many notifications a post queued, and the sender logs each by the name of its integration. So of a
request and a topic as many are begun as were queued: those with a name first, then some without.

The processor logs how many a route's target queued, but not again for a duplicate: of those as many are begun as the
sender knows, and at least one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from notifications.sender_outcomes import SenderOutcome
from scripts.aws.logged_event import NOTIFICATION_TARGET, has_queued, logged_deliveries, logged_text, queued_by
from scripts.reconciliation.reconcile import RETRY, LineKinds, ReconciliationLine

QUEUED: Final = "queued"
OUTCOMES: Final = tuple(outcome.value for outcome in SenderOutcome if outcome is not SenderOutcome.RETRY)
NOTIFICATION_KINDS: Final = LineKinds(QUEUED, OUTCOMES)

_UNNAMED: Final = "#"  # which no name has

# A duplicate says nothing about how the notification ended. One that was summarized is over, and the later lines of its
# name are those of the summary.
_STRENGTHS: Final = {SenderOutcome.DUPLICATE.value: 0, SenderOutcome.SUMMARIZED.value: 2}


class NotificationId(NamedTuple):
    """One notification: its request, its topic (`library/jobs`), and its integration; empty if no line names that."""

    receipt_id: str
    topic: str
    integration: str

    @classmethod
    def of_text(cls, text: str) -> "NotificationId":
        """Return the ID of a line."""
        receipt_id, topic, integration = text.split("\n")
        return cls(receipt_id, topic, "" if integration.startswith(_UNNAMED) else integration)


@dataclass
class _Request:
    """What the logs have about the notifications of one request and one topic."""

    begun_at: int | None = None
    queued: int = 0
    ended: dict[str, ReconciliationLine] = field(default_factory=dict)
    retried: dict[str, int] = field(default_factory=dict)


class NotificationLines:
    """Collects lines of the three logs in any order. Values of other types are ignored."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str], _Request] = defaultdict(_Request)

    def of_producer(self, lines: Iterable[tuple[int, dict[str, Any]]]) -> None:
        """Take what posts queued."""
        for at, members in lines:
            queued = members.get("queued")
            if isinstance(queued, int):
                topic = f"{logged_text(members, 'channel')}/{logged_text(members, 'topic')}"
                self._begin(at, logged_text(members, "receipt_id"), topic, queued)

    def of_processor(self, lines: Iterable[tuple[int, dict[str, Any]]]) -> None:
        """Take what routes queued."""
        for at, members in lines:
            for each in logged_deliveries(members):
                if has_queued(each):
                    topic = str(each["target"]).removeprefix(NOTIFICATION_TARGET)
                    self._begin(at, logged_text(members, "receipt_id"), topic, queued_by(each))

    def of_sender(self, lines: Iterable[tuple[int, dict[str, Any]]]) -> None:
        """Take outcomes and retries."""
        for at, members in lines:
            receipt_id, name = logged_text(members, "receipt_id"), logged_text(members, "integration")
            topic = logged_text(members, "topic").replace("+", "/", 1)
            if not receipt_id or not name:
                continue  # the message was no notification
            request = self._requests[receipt_id, topic]
            if members["message"] == RETRY:
                away = members.get("seconds_away")
                until = at + 1000 * away if isinstance(away, int) else at
                request.retried[name] = max(until, request.retried.get(name, 0))
            elif (outcome := logged_text(members, "outcome")) in OUTCOMES:
                line = ReconciliationLine(at, outcome, "", topic)
                request.ended[name] = max(line, request.ended.get(name, line), key=_strength)

    def lines(self) -> Iterator[ReconciliationLine]:
        """Yield the lines to reconcile; the profile of each is its topic."""
        for (receipt_id, topic), request in self._requests.items():
            names = [*dict.fromkeys((*request.ended, *request.retried))]
            if request.begun_at is not None:
                # A topic has one fallback, however many fall back to it.
                more = any(line.kind == SenderOutcome.FALLBACK.value for line in request.ended.values())
                unnamed = range(max(0, request.queued + more - len(names)))
                for name in (*names, *(f"{_UNNAMED}{number}" for number in unnamed)):
                    about = "\n".join((receipt_id, topic, name))
                    yield ReconciliationLine(request.begun_at, QUEUED, about, topic)
            for name, line in request.ended.items():
                yield line._replace(about="\n".join((receipt_id, topic, name)))
            for name, until in request.retried.items():
                yield ReconciliationLine(until, RETRY, "\n".join((receipt_id, topic, name)), topic)

    def _begin(self, at: int, receipt_id: str, topic: str, queued: int) -> None:
        """Take the begin of a request. A replayed event begins again, and queues nothing that it had not queued."""
        if receipt_id and queued > 0:
            request = self._requests[receipt_id, topic]
            request.begun_at = at if request.begun_at is None else min(at, request.begun_at)
            request.queued = max(queued, request.queued)


def _strength(line: ReconciliationLine) -> tuple[int, int]:
    return _STRENGTHS.get(line.kind, 1), line.at
