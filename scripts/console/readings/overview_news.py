"""Decide what an open overview announces to screen readers: only a change, and rarely. Calls no AWS, reads no clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlencode

from scripts.cli.plural import plural
from scripts.console.form_numbers import number_of
from scripts.overview.verdict import Health, Verdict

_LEAST_PAUSE: Final = timedelta(seconds=30)
_NEVER: Final = datetime.fromtimestamp(0, UTC)


class Announced(NamedTuple):
    """What an open page has announced, or showed when it was loaded; it sends this with each request.

    `dead_letters` is None if their number was not known yet. `shown` is how many dead letters there were when the page
    got the causes, None if it has none. `at` is when the last announcement was.
    """

    dead_letters: int | None
    health: str
    shown: int | None
    at: datetime = _NEVER

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Announced":
        """Parse a query; values that no page sends count as not known."""
        seconds = number_of(query.get("at", ""))
        at = datetime.fromtimestamp(seconds, UTC) if seconds and seconds < 1 << 37 else _NEVER
        return cls(number_of(query.get("dead", "")), query.get("health", ""), number_of(query.get("shown", "")), at)

    @property
    def query(self) -> str:
        """The values as a query."""
        numbers = {"dead": self.dead_letters, "shown": self.shown, "at": int(self.at.timestamp())}
        known = {name: number for name, number in numbers.items() if number is not None}
        return urlencode({"health": self.health, **known})


def news_of(before: Announced, dead_letters: int | None, verdict: Verdict, now: datetime) -> tuple[str, Announced]:
    """Compare the page with what is known now. Within 30 seconds after an announcement nothing is announced.

    Return the sentence to announce, empty if there is nothing new, and what has been announced then.
    """
    if now - before.at < _LEAST_PAUSE:
        return "", before
    known = dead_letters if dead_letters is not None else before.dead_letters
    health = verdict.health.value if verdict.health is not Health.unknown else before.health
    sentences = [_of_dead_letters(before.dead_letters, known), _of_health(before.health, health, verdict)]
    sentence = " ".join(filter(None, sentences))
    return sentence, before._replace(dead_letters=known, health=health, at=now if sentence else before.at)


def _of_dead_letters(before: int | None, now: int | None) -> str:
    if before is None or now is None or now == before:
        return ""
    if now > before:
        return f"{plural(now - before, 'new dead letter')}, {now:,} waiting."
    return f"{plural(now, 'dead letter')} left." if now else "No dead letters left."


def _of_health(before: str, now: str, verdict: Verdict) -> str:
    """Return the verdict if it has changed; the first one is on the page already."""
    is_change = before and before != Health.unknown and now != before
    return verdict.sentence if is_change else ""
