"""The strange bodies: each is as strange as its name says."""

import json
from collections import Counter
from random import Random

import pytest

from scripts.devtools.simulator.odd_bodies import KINDS, OddBody, odd_body

MADE = [odd_body(f"{number:018}", Random(number)) for number in range(1, 1000)]  # noqa: S311 -- chance for a test
BY_KIND = {odd.kind: odd for odd in MADE}


def test_every_kind_comes_and_the_largest_seldom() -> None:
    """1.2 MB now and then only, so that a long run is not about them."""
    counts = Counter(odd.kind for odd in MADE)
    assert set(counts) == set(KINDS)
    assert min(counts, key=lambda kind: counts[kind]) == "1200-kb"


def test_no_two_are_equal() -> None:
    """They would be one event, and a duplicate that nobody planned."""
    assert len({odd.body for odd in MADE}) == len(MADE)


@pytest.mark.parametrize(
    ("kind", "oddity"),
    [
        ("nul", b"\0"),
        ("invalid-utf-8", b"\xff\xfe"),
        ("u-fffe", b"\xef\xbf\xbe"),
        ("bom", b"\xef\xbb\xbf{"),
        ("deep-nesting", b"[" * 10_000),
        ("300-kb", b"Much. " * 50_000),
        ("1200-kb", b"Much. " * 200_000),
    ],
)
def test_a_kind_has_its_oddity(kind: str, oddity: bytes) -> None:
    """In the bytes themselves, not as an escape."""
    assert oddity in BY_KIND[kind].body


def test_not_json_is_not() -> None:
    """Not even nearly."""
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(BY_KIND["not-json"].body)


@pytest.mark.parametrize("odd", BY_KIND.values(), ids=lambda odd: odd.kind)
def test_no_gateway_changes_the_bytes(odd: OddBody) -> None:
    """API Gateway replaces what is no UTF-8 under a type of text, so that has another type."""
    try:
        odd.body.decode()
    except UnicodeDecodeError:
        assert odd.content_type == "application/octet-stream"
    else:
        assert odd.content_type == "application/json"
    assert (odd.content_type != "application/json") is (odd.kind == "invalid-utf-8")
