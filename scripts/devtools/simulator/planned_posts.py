"""Plan the posts of a simulated Alma in order, with the injected anomalies, reproducibly by seed."""

import itertools
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from scripts.devtools.simulator.simulated_events import EventMaker, odd_body

# The maximum number of posts between an event and its duplicate.
_FARTHEST: Final = 20


class PlannedPost(NamedTuple):
    """One post. `number` is its place before reordering; a forged post is signed with a wrong secret.

    Every attempt sends the same body and signature.
    """

    number: int
    event: str
    body: bytes
    content_type: str
    is_forged: bool = False
    is_odd: bool = False
    duplicate_of: int | None = None
    signature: str = ""


class Injections(NamedTuple):
    """Shares (0 to 1) of events: posted twice, swapped with the next, signed with a wrong secret, with odd bytes."""

    duplicates: float = 0.0
    reorder: float = 0.0
    bad_signatures: float = 0.0
    odd_bytes: float = 0.0


def planned_posts(maker: EventMaker, injections: Injections, seed: int, events: int) -> Iterator[PlannedPost]:
    """Yield `events` events and their duplicates in the order of posting.

    The anomalies of an event depend only on seed and injections, its bytes only on seed and mix.
    """
    made = (_event(maker, injections, seed, number) for number in range(1, events + 1))
    return _reordered(_with_duplicates(made, injections.duplicates, seed), injections.reorder, seed)


def _event(maker: EventMaker, injections: Injections, seed: int, number: int) -> PlannedPost:
    chance = Random(f"{seed}/injection/{number}")  # noqa: S311 -- chance for a test, no secret
    place = chance.random()
    if injections.bad_signatures <= place < injections.bad_signatures + injections.odd_bytes:
        odd = odd_body(maker.identifier(number), chance)
        return PlannedPost(number, f"odd-{odd.kind}", odd.body, odd.content_type, is_odd=True)
    source, body = maker.make(number)
    return PlannedPost(number, source.event, body, source.content_type, is_forged=place < injections.bad_signatures)


def _with_duplicates(made: Iterator[PlannedPost], share: float, seed: int) -> Iterator[PlannedPost]:
    """Yield the posts, renumbered, and duplicates some posts later. Forged posts have no duplicates."""
    chance = Random(f"{seed}/duplicates")  # noqa: S311 -- as above
    numbers = itertools.count(1)
    later: list[tuple[int, PlannedPost]] = []
    for place, post in enumerate(made):
        original = post._replace(number=next(numbers))
        yield original
        if chance.random() < share and not post.is_forged:
            later.append((place + chance.randint(1, _FARTHEST), original))
        due = [each for at, each in later if at <= place]
        later = [(at, each) for at, each in later if at > place]
        yield from (each._replace(number=next(numbers), duplicate_of=each.number) for each in due)
    yield from (each._replace(number=next(numbers), duplicate_of=each.number) for _, each in later)


def _reordered(posts: Iterator[PlannedPost], share: float, seed: int) -> Iterator[PlannedPost]:
    chance = Random(f"{seed}/reorder")  # noqa: S311 -- as above
    for post in posts:
        following = next(posts, None) if chance.random() < share else None
        if following:
            yield following
        yield post
