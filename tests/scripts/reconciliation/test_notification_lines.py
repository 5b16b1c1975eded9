"""Test the join of queued notifications with their outcomes."""

from collections import Counter
from typing import Any

import pytest

from scripts.reconciliation.notification_lines import NOTIFICATION_KINDS, NotificationId, NotificationLines
from scripts.reconciliation.reconcile import OutcomeDeadline, Reconciliation, TimeWindow, reconciliation_of

NOW = 10_000_000
GRACE = 120_000
TOPIC = "library/jobs"


def posted(queued: Any = 2, receipt_id: str = "r1", at: int = 1000) -> tuple[int, dict[str, Any]]:
    return at, {
        "message": "accepted",
        "receipt_id": receipt_id,
        "channel": "library",
        "topic": "jobs",
        "queued": queued,
    }


def routed(
    outcome: str = "delivered", receipt_id: str = "r1", at: int = 1000, **more: Any
) -> tuple[int, dict[str, Any]]:
    delivery = {"route": "jobs", "target": "notification:library/jobs", "outcome": outcome, **more}
    other = {"route": "jobs", "target": "topic:jobs", "outcome": "delivered"}
    return at, {"message": "outcome", "receipt_id": receipt_id, "deliveries": [delivery, other]}


def sent(integration: str, outcome: str, at: int = 2000, **more: Any) -> tuple[int, dict[str, Any]]:
    names = {"receipt_id": "r1", "topic": "library+jobs", "integration": integration}
    message = "retry" if outcome == "retry" else "outcome"
    return at, {"message": message, "outcome": outcome, **names, **more}


def reconciled(
    producer: list[Any] | None = None, processor: list[Any] | None = None, sender: list[Any] | None = None, on: int = 0
) -> Reconciliation:
    found = NotificationLines()
    found.of_sender(sender or [])  # in any order
    found.of_producer(producer or [])
    found.of_processor(processor or [])
    deadline = OutcomeDeadline(NOW, queued=on, queue_keeps=NOW, longest_away=180_000, grace=GRACE)
    return reconciliation_of(found.lines(), TimeWindow(0, NOW), deadline, NOTIFICATION_KINDS)


def counts(reconciliation: Reconciliation) -> dict[str, int]:
    assert {topic for topic, _ in reconciliation.counts} <= {TOPIC}
    return dict(+Counter({name: count for (_, name), count in reconciliation.counts.items()}))


def test_a_route_says_how_many_it_queued() -> None:
    """A repeated event does not say it again."""
    lines = [routed(queued=2), routed("duplicate", at=5000)]
    assert counts(reconciled(processor=lines, sender=[sent("a", "accepted")])) == {
        "queued": 2,
        "accepted": 1,
        "missing": 1,
    }


def test_two_people_without_a_contact_share_a_fallback() -> None:
    """It has one record, so that it is sent once."""
    lost = [sent("text", "fallback"), sent("mail", "fallback"), sent("desk", "accepted"), sent("desk", "duplicate")]
    assert counts(reconciled([posted(2)], sender=lost)) == {"queued": 3, "fallback": 2, "accepted": 1}


def test_each_notification_of_a_post_needs_an_outcome() -> None:
    """The number is the producer's, the names are the sender's."""
    found = reconciled([posted(4)], sender=[sent("a", "accepted"), sent("b", "dead"), sent("c", "summarized")])
    assert counts(found) == {"queued": 4, "accepted": 1, "dead": 1, "summarized": 1, "missing": 1}
    [missing] = found.missing
    assert NotificationId.of_text(missing.about) == ("r1", TOPIC, "")
    assert missing.at == 1000


def test_a_missing_notification_that_was_retried_has_its_name() -> None:
    """A name can be a number."""
    found = reconciled([posted(1)], sender=[sent("1", "retry", seconds_away=60)])
    [missing] = found.missing
    assert NotificationId.of_text(missing.about) == ("r1", TOPIC, "1")


@pytest.mark.parametrize(
    ("seconds_away", "count"), [(9_700, "in_flight"), (9_600, "missing"), ("unchanged", "missing")]
)
def test_a_throttled_notification_is_in_flight_until_it_is_back(seconds_away: Any, count: str) -> None:
    """A service can ask for hours."""
    found = reconciled([posted(1)], sender=[sent("a", "retry", seconds_away=seconds_away)])
    assert counts(found) == {"queued": 1, count: 1}


def test_notifications_on_the_queue_are_in_flight() -> None:
    """SQS does not say which they are."""
    assert counts(reconciled([posted(3)], sender=[sent("a", "accepted")], on=1)) == {
        "queued": 3,
        "accepted": 1,
        "in_flight": 1,
        "missing": 1,
    }


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [
        (["dead", "accepted"], "accepted"),
        (["accepted", "duplicate"], "accepted"),
        (["dead", "duplicate"], "dead"),
        (["duplicate"], "duplicate"),
        (["summarized", "accepted"], "summarized"),
        (["summarized", "dead"], "summarized"),
    ],
)
def test_the_last_outcome_counts_and_a_duplicate_none(outcomes: list[str], result: str) -> None:
    """The summary of a burst has the names of a notification that is in it."""
    sender = [sent("a", outcome, at=2000 + number) for number, outcome in enumerate(outcomes)]
    for order in (sender, sender[::-1]):
        assert counts(reconciled([posted(1)], sender=order)) == {"queued": 1, result: 1}


def test_of_a_route_as_many_count_as_the_sender_knows() -> None:
    """The processor does not log the number; at least one must be there."""
    assert counts(reconciled(processor=[routed()], sender=[sent("a", "accepted"), sent("b", "accepted")])) == {
        "queued": 2,
        "accepted": 2,
    }
    assert counts(reconciled(processor=[routed()])) == {"queued": 1, "missing": 1}
    assert counts(reconciled(processor=[routed(""), routed("dead")])) == {}


def test_a_replayed_event_queues_nothing_anew() -> None:
    """The same identities are dropped by the sender."""
    sender = [sent("a", "accepted"), sent("a", "duplicate", at=5000)]
    assert counts(reconciled(processor=[routed(), routed("duplicate", at=4000)], sender=sender)) == {
        "queued": 1,
        "accepted": 1,
    }


def test_a_fallback_is_one_more_notification() -> None:
    """The sender queued it instead of another; it has a name of its own."""
    sender = [sent("a", "accepted"), sent("b", "fallback")]
    found = NotificationLines()
    found.of_producer([posted(2)])
    found.of_sender(sender)
    assert sum(line.kind == "queued" for line in found.lines()) == 2 + ("fallback" in NOTIFICATION_KINDS.terminal)


def test_outcomes_of_notifications_that_were_queued_before_are_counted_apart() -> None:
    """The log of the producer is read from the beginning of the window."""
    found = reconciled(sender=[sent("a", "accepted")])
    assert (counts(found), dict(found.without_accepted)) == ({}, {(TOPIC, "accepted"): 1})


def test_strange_lines_are_ignored() -> None:
    """Values of other types can be in any log."""
    strange: list[Any] = [posted("2"), posted(None), (1, {"message": "accepted", "queued": 1}), posted(0)]
    events: list[Any] = [(1, {"message": "outcome", "deliveries": [1, {"target": 2}]}), (1, {"deliveries": "x"})]
    sender: list[Any] = [(1, {"message": "outcome", "outcome": "dead", "receipt_id": "r1"}), sent("a", "new-outcome")]
    assert counts(reconciled(strange, events, sender)) == {}
