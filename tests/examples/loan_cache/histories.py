"""Random histories of one loan or request: its events, and an order in which they arrive, some more than once."""

import hashlib
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from loan_cache.expiry import APPLIED_DAYS, KEPT_DAYS

from tests.examples.loan_cache.bodies import NOW, loan, request

_EVENTS: Final = {
    loan: ("LOAN_CREATED", "LOAN_RENEWED", "LOAN_DUE_DATE", "LOAN_LOST", "LOAN_CLAIMED_RETURNED", "LOAN_RETURNED"),
    request: ("REQUEST_CREATED", "REQUEST_PLACED_ON_SHELF", "REQUEST_CANCELED", "REQUEST_CLOSED"),
}
_LAST: Final = {"LOAN_RETURNED", "REQUEST_CANCELED", "REQUEST_CLOSED"}
_FIRST: Final = {"LOAN_CREATED", "REQUEST_CREATED"}
_FORMS: Final = ("{}Z", "{}+00:00", "{}.000Z", "{}.0000+00:00")


class Arrival(NamedTuple):
    """A body that arrives at a time, in seconds since 1970."""

    body: bytes
    at: float


class History(NamedTuple):
    """Arrivals in their order."""

    arrivals: list[Arrival]

    @property
    def bodies(self) -> list[bytes]:
        """The events, each once, in the order that the cache has to end in, by rules that are written again here."""
        return sorted({each.body for each in self.arrivals}, key=_place)

    def last_body(self) -> bytes | None:
        """Return the event that decides in the end, None if every event came too late."""
        applied = {each.body for each in self.arrivals if each.at - time_of(each.body) <= APPLIED_DAYS * 86_400}
        return max(applied, key=_place, default=None)


def history(seed: int, *, is_late: bool = False) -> History:
    """Return a history by its number. If it is late, events come up to half a year after they happened."""
    chance = random.Random(seed)  # noqa: S311 -- histories are to be random, and the same for the same number
    make = chance.choice(list(_EVENTS))
    start = datetime.fromtimestamp(NOW, UTC) - timedelta(seconds=10)
    bodies = []
    for number in range(chance.randint(1, 7)):
        moment = start + timedelta(seconds=chance.choice([0, 0, 0, 1, 2, 5]))
        text = chance.choice(_FORMS).format(moment.strftime("%Y-%m-%dT%H:%M:%S"))
        bodies.append(make(chance.choice(_EVENTS[make]), text, title=f"Invented {number}"))
    arriving = bodies + chance.choices(bodies, k=chance.randint(0, 5))
    chance.shuffle(arriving)
    latest = (KEPT_DAYS + 60) * 86_400 if is_late else 0
    times = sorted(NOW + chance.choice([0, chance.uniform(0, latest)]) for _ in arriving)
    return History([Arrival(*each) for each in zip(arriving, times, strict=True)])


def title_of(body: bytes) -> str | None:
    """Return the title that the cache shows after this event, None if it shows nothing."""
    members = json.loads(body)
    if members["event"]["value"] in _LAST:
        return None
    title: str = _object(members)["title"]
    return title


def time_of(body: bytes) -> float:
    """Return the time of an event in seconds since 1970."""
    return datetime.fromisoformat(json.loads(body)["time"]).timestamp()


def _place(body: bytes) -> tuple[float, int, str]:
    event = json.loads(body)["event"]["value"]
    return time_of(body), 0 if event in _FIRST else 2 if event in _LAST else 1, hashlib.sha256(body).hexdigest()


def _object(members: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = members.get("item_loan") or members["user_request"]
    return found
