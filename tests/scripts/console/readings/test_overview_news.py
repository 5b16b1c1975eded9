"""Test what an open overview announces: a sentence on a change, and not more often than every 30 seconds."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from scripts.console.readings.overview_news import Announced, news_of
from scripts.overview.verdict import Health, Verdict

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEALTHY = Verdict(Health.healthy, "Healthy: all.")
UNHEALTHY = Verdict(Health.unhealthy, "Unhealthy: 2 dead letters.")
UNKNOWN = Verdict(Health.unknown, "Unknown: the logs.")
SEEN = Announced(9, "unhealthy", 7, NOW - timedelta(minutes=5))


def announced(dead_letters: int | None, verdict: Verdict, before: Announced = SEEN) -> str:
    return news_of(before, dead_letters, verdict, NOW)[0]


@pytest.mark.parametrize(
    ("dead_letters", "sentence"),
    [
        (9, ""),
        (12, "3 new dead letters, 12 waiting."),
        (10, "1 new dead letter, 10 waiting."),
        (1, "1 dead letter left."),
        (0, "No dead letters left."),
        (None, ""),
    ],
)
def test_a_change_of_the_dead_letters_is_announced(dead_letters: int | None, sentence: str) -> None:
    """A number that is not known is no change."""
    assert announced(dead_letters, UNHEALTHY) == sentence


def test_a_change_of_the_verdict_is_announced() -> None:
    """One that is not known is none, because it passes when everything was read."""
    assert announced(0, HEALTHY) == "No dead letters left. Healthy: all."
    assert announced(9, UNKNOWN) == ""
    assert announced(9, HEALTHY, SEEN._replace(health="unknown")) == ""
    assert announced(9, UNHEALTHY, SEEN._replace(health="healthy")) == "Unhealthy: 2 dead letters."


def test_what_is_not_known_keeps_what_was() -> None:
    """The next change is that from the last known number."""
    assert news_of(SEEN, None, UNKNOWN, NOW) == ("", SEEN)
    assert announced(12, UNHEALTHY, SEEN) == "3 new dead letters, 12 waiting."


def test_announcements_are_at_least_half_a_minute_apart() -> None:
    """A change in between is announced afterwards, with its sum."""
    _, first = news_of(SEEN, 12, UNHEALTHY, NOW)
    assert (first.at, first.dead_letters) == (NOW, 12)
    assert news_of(first, 15, UNHEALTHY, NOW + timedelta(seconds=29)) == ("", first)
    sentence, _ = news_of(first, 17, UNHEALTHY, NOW + timedelta(seconds=30))
    assert sentence == "5 new dead letters, 17 waiting."


def test_a_page_that_knew_nothing_announces_no_first_number() -> None:
    """It appears on the page."""
    sentence, after = news_of(Announced(None, "unknown", None), 5, UNHEALTHY, NOW)
    assert (sentence, after.dead_letters, after.health) == ("", 5, "unhealthy")


@pytest.mark.parametrize("value", [SEEN, Announced(None, "", None), Announced(0, "unhealthy", 0)])
def test_a_page_sends_what_it_has_announced(value: Announced) -> None:
    """The query is the whole state; the server keeps none."""
    assert Announced.of(dict(parse_qsl(value.query))) == value


def test_other_queries_count_as_not_known() -> None:
    """Nothing else reaches the page."""
    empty = Announced.of({})
    assert empty == Announced(None, "", None)
    assert Announced.of({"dead": "-1", "at": "9" * 12}) == empty
    assert Announced.of({"dead": "1e3", "at": "x"}) == empty
