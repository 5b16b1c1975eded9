"""Events for the tests of `watch`."""

from typing import Any

from scripts.aws.logged_event import LoggedEvent

AT = 1_795_521_600_000  # 2026-11-24 12:00:00 UTC


def event_of(number: int = 1, **members: Any) -> LoggedEvent:
    """Return a delivered loan with a receipt ID of this number."""
    event = LoggedEvent(
        AT + number, f"r{number}", "alma", "LOAN_CREATED", ("loans",), ("topic:loan-created",), "delivered", 31.4, ""
    )
    return event._replace(**members)
