"""Counts agree in number."""

import pytest

from scripts.plural import plural


@pytest.mark.parametrize(
    ("count", "one", "many", "expected"),
    [
        (0, "letter", "", "0 letters"),
        (1, "letter", "", "1 letter"),
        (1200, "letter", "", "1,200 letters"),
        (1, "copy", "copies", "1 copy"),
        (2, "copy", "copies", "2 copies"),
        (1, "is", "are", "1 is"),
    ],
)
def test_counts_agree_with_what_they_count(count: int, one: str, many: str, expected: str) -> None:
    """One, none and many; nouns and verbs."""
    assert plural(count, one, many) == expected
