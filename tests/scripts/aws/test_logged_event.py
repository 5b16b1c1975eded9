"""Lines of the processor as events, and outcomes as words."""

from typing import Any

import pytest

from scripts.aws.logged_event import LoggedEvent, logged_event, outcome_text, partial_delivery

DELIVERY = {"route": "loans", "target": "topic:loan-created", "outcome": "delivered"}
QUEUED = {"route": "jobs", "target": "notification:jobs/team", "outcome": "delivered"}
LINE = {
    "message": "outcome",
    "outcome": "delivered",
    "receipt_id": "r1",
    "profile": "alma",
    "action": "LOAN",
    "event": "LOAN_CREATED",
    "duration_ms": 12.3,
    "deliveries": [DELIVERY, {"route": "loans", "target": "state_machine:pod"}],
}
WHERE = {"route": "loans", "target": "topic:nosuch"}
FAILURE = {"class": "refused", "reason": "AWS returned NotFound"}
FAILED = {"route": "loans", "target": "topic:nosuch", "failure": FAILURE}


def event_of(**members: Any) -> LoggedEvent:
    event = logged_event(5, LINE | members)
    assert event
    return event


def test_an_outcome_line_is_an_event() -> None:
    """It has each route once, and each target."""
    assert logged_event(5, LINE) == (
        *(5, "r1", "alma", "LOAN_CREATED", ("loans",), ("topic:loan-created", "state_machine:pod"), "delivered", 12.3),
        *("", "", None),
    )


def test_a_retry_line_is_an_event_without_an_outcome() -> None:
    """Its reason is that of the failed attempt."""
    event = event_of(message="retry", failure=FAILURE, event="")
    assert (event.outcome, event.is_final, event.reason, event.event) == (
        *("retry", False, "refused: AWS returned NotFound"),
        "LOAN",
    )
    assert event_of().is_final


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"message": "accepted"},
        {"message": "outcome"},
        {"message": "outcome", "outcome": 5},
        {"message": ["outcome"]},
    ],
)
def test_other_lines_are_no_events(members: dict[str, Any]) -> None:
    """Such as those of ingest."""
    assert logged_event(5, members) is None


def test_the_full_reason_has_the_place() -> None:
    """The reason alone stays as it was logged."""
    event = event_of(outcome="dead", failure=FAILURE | WHERE | {"field": "deliver[0]"})
    assert event.reason == "refused: AWS returned NotFound"
    assert event.full_reason == f"{event.reason} (route loans, target topic:nosuch, field deliver[0])"


def test_values_of_other_types_are_ignored() -> None:
    """A line that is not ours must not stop a command."""
    event = event_of(deliveries=["x", {"route": 5}], failure="x", duration_ms="x", receipt_id=5, event="no code!")
    assert (event.receipt_id, event.routes, event.targets, event.ms) == ("", ("",), ("",), None)
    assert event.event == "(not a code)"


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "delivered to loan-created, state_machine:pod in 0.4 s"),
        (
            {"deliveries": [DELIVERY, QUEUED]},
            "delivered to loan-created, queued for the integrations of jobs/team in 0.4 s",
        ),
        ({"deliveries": [QUEUED]}, "queued for the integrations of jobs/team in 0.4 s"),
        ({"outcome": "duplicate", "deliveries": [DELIVERY]}, "duplicate in 0.4 s: loan-created has this event already"),
        ({"outcome": "ignored", "deliveries": []}, "ignored in 0.4 s: no route matches this event"),
        (
            {"outcome": "dead", "failure": FAILURE, "deliveries": [FAILED]},
            "dead letter in 0.4 s: refused: AWS returned NotFound",
        ),
        (
            {"outcome": "dead", "failure": FAILURE},
            "dead letter (partly delivered: 1 of 2) in 0.4 s: refused: AWS returned NotFound",
        ),
        (
            {
                "outcome": "dead",
                "failure": {"class": "no-target", "reason": "no such topic", **WHERE},
                "deliveries": [],
            },
            "dead letter in 0.4 s: no-target: no such topic (route loans, target topic:nosuch)",
        ),
    ],
)
def test_an_outcome_as_words(members: dict[str, Any], text: str) -> None:
    """With the targets, or the reason."""
    assert outcome_text(event_of(**members), 0.41) == text


@pytest.mark.parametrize(
    ("outcome", "deliveries", "partial"),
    [
        ("dead", [DELIVERY, DELIVERY | {"outcome": "duplicate"}, FAILED], (2, 3)),
        ("dead", [FAILED], None),
        ("delivered", [DELIVERY, FAILED], None),
        ("dead", ["delivered", DELIVERY | {"outcome": ["delivered"]}, {"outcome": {}}], None),
        ("dead", {"outcome": "delivered"}, None),
        ("dead", 7, None),
        (["dead"], [DELIVERY], None),
    ],
)
def test_f69_a_dead_event_can_be_partly_delivered(
    outcome: Any, deliveries: Any, partial: tuple[int, int] | None
) -> None:
    """A duplicate is at its target too; values of other types are ignored."""
    assert partial_delivery({"outcome": outcome, "deliveries": deliveries}) == partial


def test_short_times_are_shown_exactly() -> None:
    """None is shown as zero seconds."""
    assert outcome_text(event_of(deliveries=[DELIVERY]), 0.02) == "delivered to loan-created in 0.02 s"
