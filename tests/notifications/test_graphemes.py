"""Tests of cutting between characters as a reader sees them."""

import time

import pytest

from notifications.graphemes import cut

CLUSTERS = [
    "e\u0301",  # a base and its accent
    "n\u0303\u0323",
    "ก\u0e34",  # a consonant and a vowel above it
    "\u0915\u093f",  # a consonant and a spacing mark
    "❤\ufe0f",  # a variation selector
    "1\ufe0f\u20e3",  # a keycap
    "👍🏽",  # a tone of skin
    "👩🏽‍🏫",  # a teacher
    "👨‍👩‍👧‍👦",  # a family
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
    "🇩🇪",
    "\u1112\u1161\u11ab",  # a syllable of three jamo
    "각",
    "ｶ\uff9e",
    "\r\n",
]


@pytest.mark.parametrize("cluster", CLUSTERS, ids=ascii)
def test_a_cluster_is_kept_or_left_out(cluster: str) -> None:
    """At every length, each cluster is whole or missing, and the mark comes after it."""
    text = cluster * 3 + "xxx"
    for length in range(1, len(text)):
        beginning = cut(text, length)
        assert len(beginning) <= length
        assert beginning[-1] == "…"
        whole = min((len(beginning) - 1) // len(cluster), 3)
        assert beginning[:-1] == text[: max(whole * len(cluster), len(beginning) - 1 if whole == 3 else 0)]


def test_as_much_as_possible_is_kept() -> None:
    """The cut is at the last boundary before the length."""
    text = "abc👩🏽‍🏫d"
    assert [cut(text, length) for length in (1, 2, 4, 5, 7, 8, 9)] == [
        "…",
        "a…",
        "abc…",
        "abc…",
        "abc…",
        text,
        text,
    ]
    assert cut("abcdef", 4) == "abc…"


@pytest.mark.parametrize("length", [3, 4, 100])
def test_a_text_that_fits_is_unchanged(length: int) -> None:
    """There is no mark where nothing is cut."""
    assert cut("abc", length) == "abc"


def test_flags_are_pairs_from_the_beginning_of_their_row() -> None:
    """A row of regional indicators is cut after every second one."""
    text = "x" + "🇩🇪🇫🇷🇮🇹"
    assert [cut(text, length) for length in (2, 3, 4, 5, 6)] == ["x…", "x…", "x🇩🇪…", "x🇩🇪…", "x🇩🇪🇫🇷…"]


def test_two_emoji_side_by_side_are_two() -> None:
    """Only a joiner connects emoji."""
    assert cut("📚📚📚", 2) == "📚…"


def test_a_cluster_without_end_is_cut_in_bounded_time() -> None:
    """A base with a million marks is cut inside its marks, and so is a row of joiners or flags."""
    for endless in ("\u0301" * 1_000_000, "\u200d" * 1_000_000, "🇩" * 1_000_000):
        started = time.process_time()
        text = "a" + endless
        assert all(len(cut(text, length)) >= 899_000 for length in range(900_000, 900_030))
        assert time.process_time() - started < 1
