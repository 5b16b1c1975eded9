"""The age limit: events older than the records of deliveries are parked."""

from datetime import UTC, datetime

import pytest

from processor.alma.events import Event
from processor.errors import Permanent
from processor.event_age import AgeLimit
from tests.samples import envelope_of

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC).timestamp()
LIMIT = AgeLimit(30, lambda: NOW)
ENVELOPE = envelope_of(b"{}")
OLD = "2026-05-13T02:41:11.000Z"


def is_parked(time: str | None, limit: AgeLimit = LIMIT) -> bool:
    try:
        limit.check(Event(action="LOAN", time=time), ENVELOPE)
    except Permanent:
        return True
    return False


@pytest.mark.parametrize(
    ("time", "parked"),
    [
        (OLD, True),
        ("2026-10-29T11:59:59.999Z", True),
        ("2026-10-29T12:00:00.000Z", False),
        ("2026-11-28T11:00:00Z", False),
        ("2026-10-29T13:30:00+02:00", True),  # 11:30 by UTC
        ("2026-10-29T11:30:00-02:00", False),
        ("2026-10-29T11:59:59", True),  # without an offset: UTC
        ("2026-10-28Z", False),  # an unknown format is ignored
        ("2030-01-01T00:00:00Z", False),
        ("", False),
        ("yesterday", False),
        ("0001-01-01T00:00:00", True),
        (None, False),
    ],
)
def test_f64_an_event_is_as_old_as_its_own_time_says(time: str | None, *, parked: bool) -> None:
    """The age is exact to the second, in any offset; an event without a readable time is not parked."""
    assert is_parked(time) is parked


def test_f64_without_a_limit_no_event_is_too_old() -> None:
    """By default there is no age limit."""
    assert not is_parked(OLD, AgeLimit(wall=lambda: NOW))
    assert not is_parked(OLD, AgeLimit(0, lambda: NOW))


def test_f64_a_replay_is_never_too_old() -> None:
    """A replayed event is never parked, even if the attribute of the replay is invalid."""
    for replay in ({"id": "r", "count": 1}, {}):
        LIMIT.check(Event(action="LOAN", time=OLD), envelope_of(b"{}", replay=replay))


def test_f64_the_reason_quotes_nothing_of_the_event() -> None:
    """The reason does not contain the time of the event."""
    with pytest.raises(Permanent) as failure:
        LIMIT.check(Event(action="LOAN", time=OLD), ENVELOPE)
    assert (failure.value.cause_class, failure.value.field) == ("too-old", "time")
    assert failure.value.reason.startswith("the event is more than 30 days old, ")
    assert "2026" not in str(failure.value)
