"""Format a reconciliation of notifications as JSON data and as lines of text. Prints nothing."""

from collections.abc import Iterator
from typing import Any, Final

from scripts.aws.context import StackContext
from scripts.cli.plural import plural
from scripts.cli.times import rfc3339_of
from scripts.reconciliation.collect import CollectedReconciliation
from scripts.reconciliation.notification_lines import OUTCOMES, QUEUED, NotificationId
from scripts.reconciliation.reconcile import IN_FLIGHT, MISSING, RETRY, YOUNG, ReconciliationLine
from scripts.reconciliation.reconcile import QUEUED as ON_QUEUE
from scripts.reconciliation.report import listed, missing_lines, notes_and_counts, sum_of

_COUNTS: Final = (QUEUED, *OUTCOMES, IN_FLIGHT, MISSING)
_RANKS: Final = {name: rank for rank, name in enumerate((*OUTCOMES, IN_FLIGHT), start=1)}


def as_data(scope: StackContext, collected: CollectedReconciliation) -> dict[str, Any]:
    """Return the reconciliation by topic as JSON data."""
    deadline, reconciliation = collected.deadline, collected.reconciliation
    topics = sorted({topic for topic, _ in reconciliation.counts})
    counts, why = sum_of(reconciliation.counts), sum_of(reconciliation.in_flight_by)
    return {
        "stack": scope.stack.name,
        "queue": "notifications",
        "since": rfc3339_of(collected.window.since),
        "until": rfc3339_of(collected.window.until),
        "read_at": rfc3339_of(deadline.now),
        "reconciled": not reconciliation.missing,
        "topics": {topic: {name: reconciliation.counts[topic, name] for name in _COUNTS} for topic in topics},
        "all": {name: counts[name] for name in _COUNTS},
        "in_flight_because": {name: why[name] for name in (YOUNG, RETRY, ON_QUEUE)},
        "on_queue": dict(collected.queue),
        "missing": [_missing(line) for line in reconciliation.missing],
        "outcomes_without_queued": dict(sum_of(reconciliation.without_accepted)),
        "notes": collected.notes,
    }


def lines(data: dict[str, Any], width: int | None) -> Iterator[str]:
    """Yield the data as lines of text, with the columns that fit the width and the first missing notifications."""
    yield f"{data['stack']}, notifications queued from {data['since']} until {data['until']}"
    yield from notes_and_counts(data, "topic", data["topics"], _RANKS, width)
    if data["all"][IN_FLIGHT] or data["all"][MISSING]:
        yield _in_flight(data)
    if strangers := data["outcomes_without_queued"]:
        yield (
            f"outcomes without a line of the producer: {sum(strangers.values())} ({listed(strangers)}); queued before "
            f"{data['since']}, or the log of the producer is incomplete"
        )
    yield from missing_lines(
        [*map(_missing_text, data["missing"])],
        "Check their dead-letter queue: notifications that crashed the sender at every attempt have no line.",
    )


def _missing_text(missing: dict[str, Any]) -> str:
    integration = f", integration {missing['integration']}" if missing["integration"] else ""
    return f"{missing['receipt_id']}, {missing['topic']}{integration}, queued {missing['queued_at']}"


def _in_flight(data: dict[str, Any]) -> str:
    """Explain why notifications without an outcome count as in flight."""
    why = data["in_flight_because"]
    return (
        f"{data['all'][IN_FLIGHT]} in flight: {why[YOUNG]} queued in the last minutes, {why[RETRY]} to be retried, "
        f"{why[ON_QUEUE]} on the queue, which holds about {plural(sum(data['on_queue'].values()), 'message')}"
    )


def _missing(line: ReconciliationLine) -> dict[str, Any]:
    found = NotificationId.of_text(line.about)
    return {
        "receipt_id": found.receipt_id,
        "topic": found.topic,
        "integration": found.integration or None,
        "queued_at": rfc3339_of(line.at),
    }
