"""The entries of a timeline: what each log line says in words."""

from typing import Any

import pytest

from scripts.event_life.timeline import DeliveryLine, timeline_of
from scripts.request_trace.log_line import LogLine

WHO = "arn:aws:sts::123456789012:assumed-role/operator/ana"
FAILURE = {"class": "refused", "reason": "AWS returned NotFound", "route": "loans", "target": "topic:loans"}


@pytest.mark.parametrize(
    ("log", "members", "title"),
    [
        ("ingest", {"message": "accepted", "profile": "alma"}, "Received for the Alma profile alma, and put on the"),
        ("ingest", {"message": "slow"}, "slow"),
        ("processor", {"message": "retry", "receives": 2, "seconds_away": 30}, "Attempt 2 failed; retried after 30 s"),
        ("processor", {"message": "retry", "receives": 2, "seconds_away": "unchanged"}, "Attempt 2 failed; retried"),
        ("processor", {"message": "outcome", "outcome": "ignored"}, "Attempt: ignored"),
        ("processor", {"message": "other"}, "other"),
        ("producer", {"message": "queued", "queued": 2}, "Post queued, 2 notifications queued"),
        ("producer", {"message": "rejected"}, "Post rejected"),
        (
            "sender",
            {"message": "outcome", "outcome": "accepted", "topic": "library+jobs", "integration": "slack"},
            "Notification library/jobs slack: accepted",
        ),
        ("audit", {"message": "replayed", "who": WHO, "result": "done"}, f"Replayed by {WHO}"),
        ("audit", {"message": "revealed", "who": WHO}, f"Revealed by {WHO}"),
        ("audit", {"message": "replayed", "queue": "notifications", "result": "no"}, "Replayed (a notification): no"),
        ("audit", {"message": ["x"]}, "Changed"),
        ("other", {}, "A line without a message"),
    ],
)
def test_each_line_has_a_title(log: str, members: dict[str, Any], title: str) -> None:
    """A line of another kind has its message as title."""
    [entry] = timeline_of([LogLine(1, log, members)])
    assert entry.title.startswith(title)


def test_each_delivery_has_its_outcome_or_failure() -> None:
    """The failure of the attempt is not said twice."""
    deliveries = [
        {"route": "a", "target": "topic:a", "outcome": "delivered"},
        {"route": "loans", "target": "topic:loans", "failure": FAILURE},
        {"route": "b", "target": "notification:library/jobs", "outcome": "delivered", "queued": 2},
        {"route": "c", "target": "state_machine:c", "outcome": "delivered", "execution": "arn:aws:x:execution:c:1"},
        {"route": "d", "target": "state_machine:d", "outcome": "delivered", "execution": "javascript:alert(1)"},
        "strange",
    ]
    line = {"message": "outcome", "outcome": "dead", "receives": 1, "failure": FAILURE, "deliveries": deliveries}
    [entry] = timeline_of([LogLine(1, "processor", line)])
    assert entry.title == "Attempt 1: dead, partly delivered: 4 of 5"
    assert entry.failure == ""
    assert entry.deliveries == (
        DeliveryLine("a", "topic:a", "delivered"),
        DeliveryLine(
            "loans", "topic:loans", "failed", "refused: AWS returned NotFound (route loans, target topic:loans)"
        ),
        DeliveryLine("b", "notification:library/jobs", "queued for its integrations"),
        DeliveryLine("c", "state_machine:c", "delivered", execution="arn:aws:x:execution:c:1"),
        DeliveryLine("d", "state_machine:d", "delivered"),
    )


def test_an_attempt_that_failed_before_any_delivery_has_its_failure() -> None:
    """Of the other members the codes, numbers and times are shown; a text in place of a code is not."""
    line: dict[str, Any] = {"message": "outcome", "outcome": "dead"}
    line["failure"] = {"class": "not-parsed", "reason": "not JSON"}
    line |= {"event": "Ana Example", "action": "LOAN", "duration_ms": 1.5, "redeliver": True, "name": "Ana Example"}
    [entry] = timeline_of([LogLine(1, "processor", line)])
    assert entry.failure == "not-parsed: not JSON"
    assert entry.facts == (
        ("action", "LOAN"),
        ("event", "(not a code)"),
        ("redeliver", "yes"),
        ("duration_ms", "1.5"),
    )
