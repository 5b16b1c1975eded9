"""What a simulated Alma posts, in order: events, and what is done to them, all by seed. Signs and posts nothing."""

import itertools
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from scripts.cli.exit_codes import ConfigurationError
from scripts.devtools.simulator.odd_bodies import odd_body
from scripts.devtools.simulator.simulated_events import EventMaker

# A duplicate comes so many posts after its original, at most.
_FARTHEST: Final = 20


class PlannedPost(NamedTuple):
    """One post. `number` counts them before any is moved; a forged one is signed with another secret than Alma's."""

    number: int
    event: str
    body: bytes
    content_type: str
    is_forged: bool = False
    is_odd: bool = False
    duplicate_of: int | None = None


class Injections(NamedTuple):
    """Shares between 0 and 1 of all events: posted twice, swapped with the next, signed wrongly, of strange bytes."""

    duplicates: float = 0.0
    reorder: float = 0.0
    bad_signatures: float = 0.0
    odd_bytes: float = 0.0

    def check(self) -> None:
        """Raises ConfigurationError, naming the flag, unless these are shares."""
        for name, share in self._asdict().items():
            if not 0 <= share <= 1:
                raise ConfigurationError(f"--{name.replace('_', '-')} is {share}; it must be between 0 and 1.")
        if self.bad_signatures + self.odd_bytes > 1:
            raise ConfigurationError("--bad-signatures and --odd-bytes together are more than 1: more than all events.")


def planned_posts(maker: EventMaker, injections: Injections, seed: int, events: int) -> Iterator[PlannedPost]:
    """So many events and their duplicates in the order of posting, made one by one as they are asked for.

    What is done to one event depends on seed and injections alone, its bytes on seed and mix alone.
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
    """The posts, numbered anew, and the same bytes again some posts later; what is forged comes once."""
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
