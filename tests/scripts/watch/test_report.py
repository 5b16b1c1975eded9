"""A line of `watch`, at each width, and its JSON."""

from datetime import UTC
from typing import Any

import pytest
from rich.cells import cell_len

from scripts.watch.report import as_data, heading, line
from tests.scripts.watch.events import event_of


def test_a_line_has_time_event_route_target_outcome_and_milliseconds() -> None:
    """It fits 80 columns, below its headings."""
    assert [heading(80), line(event_of(), 80, UTC)] == [
        "time     event                route          target              outcome      ms",
        "12:00:00 LOAN_CREATED         loans          loan-created        delivered    31",
    ]


@pytest.mark.parametrize(
    ("targets", "outcome", "shown"),
    [
        (("notification:jobs/team",), "delivered", "queued"),
        (("notification:jobs/team",), "duplicate", "duplicate"),
        (("notification:jobs/team", "topic:other"), "delivered", "delivered"),
    ],
)
def test_what_only_topics_of_notifications_have_is_queued(targets: tuple[str, ...], outcome: str, shown: str) -> None:
    """JSON keeps the outcome of the log."""
    event = event_of(targets=targets, outcome=outcome)
    assert line(event, 80, UTC).split()[-2] == shown
    assert as_data(event)["outcome"] == outcome


def test_a_pipe_gets_the_receipt_id_and_the_reason_too() -> None:
    """Nothing is cut."""
    event = event_of(
        outcome="dead", full_reason="refused: AWS returned NotFound", ms=None, routes=("a-rather-long-route",)
    )
    assert line(event, None, UTC) == (
        "12:00:00 LOAN_CREATED         a-rather-long-route loan-created      dead          -  r1  "
        "refused: AWS returned NotFound"
    )


@pytest.mark.parametrize("width", [20, 79, 80, 120])
@pytest.mark.parametrize(
    "members",
    [
        {},
        {"event": "REQUEST_PLACED_ON_SHELF", "routes": ("a" * 40,), "targets": ("topic:" + "b" * 60, "queue:c")},
        {"event": "", "routes": (), "targets": (), "ms": 123456.7, "outcome": "duplicate"},
        {"event": "漢" * 30, "routes": ("漢" * 30,)},
    ],
)
def test_every_line_fits(members: dict[str, Any], width: int) -> None:
    """Long cells are cut, and wider terminals show more of the targets."""
    assert cell_len(line(event_of(**members), width, UTC)) <= width
    assert cell_len(heading(width)) <= width


def test_f49_no_line_moves_the_cursor() -> None:
    """Log lines can have any text."""
    event = event_of(
        event="\x1b[2J", routes=("\r",), targets=("\x9b",), outcome="\n", full_reason="\x1b", receipt_id="\x1b"
    )
    assert line(event, 80).isprintable()
    assert line(event).isprintable()


def test_json_has_everything() -> None:
    """Times are in RFC 3339."""
    assert as_data(event_of()) == {
        "at": "2026-11-24T12:00:00.001Z",
        "receipt_id": "r1",
        "profile": "alma",
        "event": "LOAN_CREATED",
        "routes": ["loans"],
        "targets": ["topic:loan-created"],
        "outcome": "delivered",
        "ms": 31.4,
        "reason": "",
    }
