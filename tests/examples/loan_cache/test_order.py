"""Tests of the order of events."""

import itertools

import pytest
from loan_cache.order import FILL_MARGIN_MS, OrderValue, Rank, milliseconds_of, order_of_event, order_of_fill

from processor.errors import Permanent

MS = 1_778_577_246_031  # 2026-05-12T09:14:06.031Z


@pytest.mark.parametrize(
    ("time", "milliseconds"),
    [
        ("2026-05-12T09:14:06.031Z", MS),
        ("2026-05-12T09:14:06.0310Z", MS),
        ("2026-05-12T09:14:06.031999999Z", MS),
        ("2026-05-12T11:14:06.031+02:00", MS),
        ("2026-05-12T11:14:06.031+0200", MS),
        ("2026-05-11T23:44:06.031-09:30", MS),
        ("2026-05-12T09:14:06Z", MS - 31),
        ("2026-05-12T09:14:06.0Z", MS - 31),
        ("2026-05-12T09:14:06.1Z", MS + 69),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_every_form_of_a_time_becomes_milliseconds_in_utc(time: str, milliseconds: int) -> None:
    """Offsets are applied, fractions of any length are read, and nothing is rounded up."""
    assert milliseconds_of(time) == milliseconds


@pytest.mark.parametrize("time", ["2026-05-12T09:14:06", "2026-05-12T09:14:06.031"])
def test_a_time_without_an_offset_is_rejected(time: str) -> None:
    """The cause names the field, because a guess would be wrong by hours."""
    with pytest.raises(Permanent, match="no offset from UTC") as caught:
        milliseconds_of(time)
    assert (caught.value.cause_class, caught.value.field) == ("not-parsed", "time")


@pytest.mark.parametrize(
    "time",
    [
        None,
        "",
        "2026-05-12",
        "2026-05-12Z",
        "today",
        "2026-13-12T09:14:06Z",
        "2026-02-30T09:14:06Z",
        "٢026-05-12T09:14:06Z",
        "2026-05-12T09:14:60Z",
        "2026-05-12T09:14:06+99:99",
        "1778577246031",
    ],
)
def test_anything_else_is_rejected(time: str | None) -> None:
    """No other form is taken for a time, and no exception but Permanent is raised."""
    with pytest.raises(Permanent) as caught:
        milliseconds_of(time)
    assert (caught.value.cause_class, caught.value.field) == ("not-parsed", "time")


def test_times_as_text_would_be_in_another_order() -> None:
    """What DynamoDB compares is the number: as text `…06Z` is after `…06.1Z`, and offsets are ignored."""
    times = ["2026-05-12T09:14:06Z", "2026-05-12T09:14:06.1Z", "2026-05-12T11:14:06.2+02:00", "2026-05-12T09:14:07Z"]
    numbers = [order_of_event(time, Rank.CHANGED, b"").number for time in times]
    assert numbers == sorted(numbers)
    assert times != sorted(times)


def test_time_counts_first_then_the_rank_then_the_digest() -> None:
    """The stored pair of number and text is in the order of the order values."""
    values = [OrderValue(*each) for each in itertools.product([MS, MS + 1], Rank, ["0a", "ff"])]
    assert sorted(values) == values
    assert sorted(values, key=lambda value: (value.number, value.digest)) == values
    assert [OrderValue.stored(value.number, value.digest) for value in values] == values


def test_the_digest_is_that_of_the_body() -> None:
    """Two copies of an event have one order value; two events of one millisecond have two."""
    one, copy, other = (order_of_event("2026-05-12T09:14:06Z", Rank.CHANGED, body) for body in (b"1", b"1", b"2"))
    assert one == copy
    assert one != other
    assert len(one.digest) == 64


def test_every_event_of_the_last_minute_is_newer_than_a_fill() -> None:
    """A fill counts from a minute before its start, and below every event of that millisecond."""
    fill = order_of_fill(MS)
    assert fill.time_ms == MS - FILL_MARGIN_MS
    assert all(OrderValue(MS - FILL_MARGIN_MS, rank, "00") > fill for rank in Rank)
    assert OrderValue(MS - FILL_MARGIN_MS - 1, Rank.FINAL, "ff") < fill
