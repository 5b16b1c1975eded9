"""Test the counts of log lines: families, deliveries and latency; other lines and values are ignored."""

from datetime import UTC, timedelta
from typing import Any

from scripts.overview.buckets import Buckets
from scripts.overview.traffic import OTHER, UNREADABLE, Traffic, TrafficCounter
from scripts.reconciliation.reconcile import TimeWindow

AT = 1_795_521_600_000  # 2026-11-24 12:00:00 UTC
HOUR_MS = 3_600_000
LOANS: dict[str, Any] = {"route": "loans", "target": "topic:loan-created", "outcome": "delivered"}


def traffic_of(*lines: dict[str, Any] | tuple[int, dict[str, Any]]) -> Traffic:
    """Count lines, each a second after the one before it or at a time, over four buckets of a quarter of an hour."""
    counter = TrafficCounter(Buckets(TimeWindow(AT, AT + HOUR_MS), timedelta(minutes=15), UTC))
    for number, line in enumerate(lines):
        at, members = line if isinstance(line, tuple) else (AT + number * 1000, line)
        counter.add(at, members)
    return counter.traffic()


def outcome(action: Any = "LOAN", outcome: str = "delivered", **members: Any) -> dict[str, Any]:
    return {"message": "outcome", "outcome": outcome, "action": action, **members}


def families(traffic: Traffic) -> dict[str, list[int]]:
    return {family.name: family.counts for family in traffic.families}


def test_events_are_counted_by_family_and_bucket() -> None:
    """A retry is no outcome; an event that could not be parsed has no action."""
    found = traffic_of(
        (AT, outcome()),
        (AT + 1, outcome(outcome="dead")),
        (AT + HOUR_MS - 1, outcome()),
        (AT + HOUR_MS, outcome()),
        (AT + 2, outcome("USER")),
        (AT + 3, {"message": "outcome", "outcome": "dead"}),
        (AT + 4, {"message": "retry", "action": "USER"}),
    )
    assert families(found) == {"LOAN": [2, 0, 0, 1], "USER": [1, 0, 0, 0], UNREADABLE: [1, 0, 0, 0]}
    assert found.families[0].total == 3


def test_an_action_that_is_no_code_is_not_shown() -> None:
    """It may be personal."""
    assert [*families(traffic_of(outcome("a patron's name"), outcome(7)))] == ["(not a code)", UNREADABLE]


def test_the_six_most_frequent_families_have_names() -> None:
    """The others are added up, also if there are too many names to keep."""
    few = traffic_of(*(outcome(f"A{number}") for number in range(9) for _ in range(number + 1)))
    assert [(family.name, family.total) for family in few.families] == [
        *((f"A{number}", number + 1) for number in range(8, 2, -1)),
        (OTHER, 6),
    ]
    many = traffic_of(*(outcome(f"A{number}") for number in range(500)))
    assert (len(many.families), many.families[-1].name) == (7, OTHER)
    assert sum(family.total for family in many.families) == 500


def test_deliveries_are_counted_by_route_target_and_kind() -> None:
    """A failed attempt that is made again is no failure; what goes to a topic of notifications is only queued."""
    failed = {"route": "bursar", "target": "state-machine:bursar", "failure": {"class": "throttled"}}
    notified = {"route": "bursar", "target": "notification:library/jobs", "outcome": "delivered"}
    found = traffic_of(
        {"message": "retry", "action": "LOAN", "deliveries": [LOANS, failed]},
        outcome(deliveries=[LOANS | {"outcome": "duplicate"}, failed, notified], outcome="dead"),
        outcome(deliveries=[LOANS]),
    )
    assert [(each.route, each.target, dict(each.counts)) for each in found.deliveries] == [
        ("loans", "topic:loan-created", {"delivered": 2, "duplicate": 1}),
        ("bursar", "state-machine:bursar", {"retried": 1, "failed": 1}),
        ("bursar", "notification:library/jobs", {"queued": 1}),
    ]


def test_names_of_targets_are_limited() -> None:
    """A template can make one for each event."""
    found = traffic_of(*(outcome(deliveries=[LOANS | {"target": f"topic:t{number}"}]) for number in range(300)))
    assert sum(each.total for each in found.deliveries) == 300
    assert len(found.deliveries) == 101
    assert (found.deliveries[0].route, found.deliveries[0].target) == (OTHER, OTHER)


def test_latency_is_that_of_accepted_and_failed_requests() -> None:
    """Rejected requests are often not of Alma."""
    found = traffic_of(
        {"message": "accepted", "receipt_id": "r1", "duration_ms": 3.5},
        {"message": "failed", "duration_ms": 5000.5},
        {"message": "rejected", "duration_ms": 0.1},
        {"message": "accepted", "receipt_id": "r2", "duration_ms": "soon"},
        outcome(duration_ms=77),
    )
    assert [latencies.count for latencies in found.latencies] == [2, 0, 0, 0]
    assert (found.latencies[0].max_ms, found.latencies[0].over_limit) == (5000.5, 1)


def test_a_line_that_is_repeated_at_the_border_of_a_page_counts_once() -> None:
    """Events of one millisecond can be read twice; lines without a receipt id cannot be compared."""
    one, two = outcome(receipt_id="r1"), outcome(receipt_id="r2")
    without_id = AT + 2, outcome()
    found = traffic_of((AT, one), (AT, two), (AT, one), (AT, two), (AT + 1, one), without_id, without_id)
    assert families(found) == {"LOAN": [5, 0, 0, 0]}


def test_values_of_other_types_are_ignored() -> None:
    """The log may have lines of another version."""
    lines: list[dict[str, Any]] = [
        outcome(deliveries="none"),
        outcome(deliveries=["none", {"route": 7, "target": None}]),
        {"message": ["accepted"]},
        {},
    ]
    found = traffic_of(*lines)
    assert [(each.route, each.target, dict(each.counts)) for each in found.deliveries] == [("", "", {"failed": 1})]
