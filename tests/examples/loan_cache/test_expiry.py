"""Tests of the times to live, and of the limits behind them."""

import re
from typing import Any

import pytest
from loan_cache import expiry, forget
from loan_cache.expiry import APPLIED_DAYS, KEPT_DAYS, check_not_ahead, expires_at, is_too_old
from loan_cache.fill_requests import DELAY_AFTER_EVENT_SECONDS
from loan_cache.order import FILL_MARGIN_MS

from processor import deliveries
from processor.errors import Permanent
from scripts.aws.template import load
from tests.examples.loan_cache.bodies import NOW
from tests.examples.loan_cache.template import EXAMPLE, properties

DAY = 86_400


def test_the_time_to_live_is_a_whole_number_of_seconds() -> None:
    """It is the given days after the time, never earlier."""
    assert expires_at(1_000_000_000_001) == 1_000_000_001 + KEPT_DAYS * DAY
    assert expires_at(1_000_000_000_000, days=1) == 1_000_000_000 + DAY


@pytest.mark.parametrize("time_ms", [-1, 0, 1_778_577_246, 1_778_577_246_031_000])
def test_a_time_that_is_not_in_milliseconds_is_an_error(time_ms: int) -> None:
    """Seconds and microseconds are noticed at once, and not after months in which nothing is deleted."""
    with pytest.raises(ValueError, match="milliseconds"):
        expires_at(time_ms)


def test_what_is_kept_outlives_every_way_of_an_older_event() -> None:
    """The limit is the sum of all retentions on the way, as the templates and the product have them."""
    pipeline: Any = load()["Resources"]
    kept = {
        "ALMA_RETRIES_DAYS": DAY,
        "WEBHOOK_QUEUE_DAYS": pipeline["WebhookQueue"]["Properties"]["MessageRetentionPeriod"],
        "DEAD_LETTER_DAYS": pipeline["DeadLetterQueue"]["Properties"]["MessageRetentionPeriod"],
        "LOAN_QUEUE_DAYS": properties("LoanQueue")["MessageRetentionPeriod"],
        "LOAN_DEAD_LETTER_DAYS": properties("LoanDeadLetterQueue")["MessageRetentionPeriod"],
        "REPLAY_DAYS": deliveries.KEPT_SECONDS,
    }
    assert {name: getattr(expiry, name) * DAY for name in kept} == kept
    assert sum(kept.values()) == APPLIED_DAYS * DAY
    assert KEPT_DAYS > APPLIED_DAYS > expiry.FILLED_DAYS
    assert properties("FillQueue")["MessageRetentionPeriod"] == forget.FILL_QUEUE_DAYS * DAY
    assert properties("FillDeadLetterQueue")["MessageRetentionPeriod"] == forget.FILL_DEAD_LETTER_DAYS * DAY


def test_the_page_states_the_days() -> None:
    """A changed retention would make it wrong."""
    page = (EXAMPLE.parents[1] / "docs" / "loan-cache.md").read_text("utf-8")
    assert f"It is kept for {KEPT_DAYS} days." in page
    assert f"An event that is older than {APPLIED_DAYS} days is not applied" in page
    days = {
        "loans table, `-loans`": KEPT_DAYS,
        "users table, `-users`": expiry.FILLED_DAYS,
        "the same table, for a forgotten patron": KEPT_DAYS,
        "its backups (point-in-time recovery)": forget.BACKUP_DAYS,
        "event queue, `-events`": expiry.LOAN_QUEUE_DAYS,
        "its dead letters, `-event-dead-letters`": expiry.LOAN_DEAD_LETTER_DAYS,
        "fill queue, `-fills`": forget.FILL_QUEUE_DAYS,
        "its dead letters, `-fill-dead-letters`": forget.FILL_DEAD_LETTER_DAYS,
    }
    assert {place: int(re.findall(rf"(?m)^\| {re.escape(place)} .*\| (\d+)", page)[0]) for place in days} == days


def test_an_event_is_too_old_before_anything_newer_expires() -> None:
    """At the moment at which a tombstone expires, every event before it is too old, with a day to spare."""
    time_ms = round(NOW * 1000)
    gone = expires_at(time_ms)
    assert is_too_old(time_ms, gone - DAY + 1)
    assert not is_too_old(time_ms, gone - DAY - 1)


def test_an_event_from_the_future_is_refused() -> None:
    """Five minutes are allowed, because clocks differ; more would hide all events until then."""
    check_not_ahead(round(NOW * 1000) + 300_000, NOW)
    with pytest.raises(Permanent, match="in the future") as caught:
        check_not_ahead(round(NOW * 1000) + 300_001, NOW)
    assert caught.value.field == "time"


def test_a_fill_after_an_incomplete_event_is_newer_than_the_event() -> None:
    """Even an event from five minutes ahead is older than the fill that it asks for, and SQS accepts the delay."""
    latest_event_ms = expiry.MOST_AHEAD_SECONDS * 1000
    assert latest_event_ms < DELAY_AFTER_EVENT_SECONDS * 1000 - FILL_MARGIN_MS
    assert DELAY_AFTER_EVENT_SECONDS <= 900
