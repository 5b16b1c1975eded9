"""The plan: the same posts for the same seed, and every injection as often as asked for."""

import hashlib
import os
import subprocess
import sys

import pytest

from scripts.devtools.simulator.planned_posts import Injections, PlannedPost
from tests.scripts.devtools.simulator.simulated import plan

EVERYTHING = Injections(duplicates=0.2, reorder=0.2, bad_signatures=0.1, odd_bytes=0.2)


def digest(posts: list[PlannedPost]) -> str:
    return hashlib.sha256(repr(posts).encode()).hexdigest()


def test_a_seed_gives_the_same_posts_in_every_process() -> None:
    """To the byte, also where Python's own hashes are others."""
    code = (
        "from tests.scripts.devtools.simulator.test_planned_posts import *\n"
        "print(digest(plan(EVERYTHING, 100, seed=5)))"  # no comma: one program
    )
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest(plan(EVERYTHING, 100, seed=5))
    assert digest(plan(EVERYTHING, 100, seed=6)) != digest(plan(EVERYTHING, 100, seed=5))


def test_without_injections_events_come_one_after_the_other() -> None:
    """Numbered from 1, each once, none forged or strange."""
    posts = plan(Injections())
    assert [post.number for post in posts] == list(range(1, 201))
    assert len({post.body for post in posts}) == 200
    assert not any(post.is_forged or post.is_odd or post.duplicate_of for post in posts)


def test_an_injection_changes_no_other_event() -> None:
    """The event that is neither forged nor strange has the bytes that it has without any injection."""
    plain = {post.body for post in plan(Injections())}
    injected = [post for post in plan(EVERYTHING) if not post.is_odd]
    assert {post.body for post in injected} < plain


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_a_duplicate_is_the_same_bytes_later(share: float) -> None:
    """It has a number of its own and names the post that it repeats; no duplicate is repeated."""
    posts = plan(Injections(duplicates=share))
    by_number = {post.number: post for post in posts}
    duplicates = [post for post in posts if post.duplicate_of]
    assert len(duplicates) == pytest.approx(200 * share, abs=15 if 0 < share < 1 else 0)
    assert len(by_number) == len(posts) == 200 + len(duplicates)
    for post in duplicates:
        original = by_number[post.duplicate_of or 0]
        assert original.duplicate_of is None
        assert (post.body, post.event, post.content_type) == (original.body, original.event, original.content_type)
        assert post.number > original.number


def test_a_reordering_swaps_neighbours() -> None:
    """Nobody moves by more than one place, and nobody is lost."""
    posts = plan(Injections(reorder=0.3))
    moves = [post.number - place for place, post in enumerate(posts, 1)]
    assert set(moves) == {-1, 0, 1}
    assert moves.count(1) == moves.count(-1) == pytest.approx(200 * 0.3 / 1.3, abs=20)
    assert sorted(post.number for post in posts) == list(range(1, 201))


def test_everything_can_be_swapped() -> None:
    """Of an odd number of events the last one stays, and is posted."""
    posts = plan(Injections(reorder=1.0), events=5)
    assert [post.number for post in posts] == [2, 1, 4, 3, 5]


def test_bad_signatures_are_on_whole_events_that_come_once() -> None:
    """Somebody else signs what looks like an event; nobody expects to see it again."""
    posts = plan(Injections(duplicates=1.0, bad_signatures=0.2))
    forged = [post for post in posts if post.is_forged]
    assert len(forged) == pytest.approx(40, abs=20)
    assert {post.body for post in forged} <= {post.body for post in plan(Injections())}
    assert not {post.number for post in forged} & {post.duplicate_of for post in posts}
    assert all(post.is_forged for post in plan(Injections(bad_signatures=1.0)))


def test_odd_bytes_take_an_events_place() -> None:
    """They are called by what is odd about them, and are no forgeries."""
    posts = plan(Injections(bad_signatures=0.3, odd_bytes=0.3))
    odd = [post for post in posts if post.is_odd]
    assert len(odd) == pytest.approx(60, abs=25)
    assert not any(post.is_forged for post in odd)
    assert all(post.event.startswith("odd-") for post in odd)
    assert all(post.is_odd for post in plan(Injections(odd_bytes=1.0), events=30))
