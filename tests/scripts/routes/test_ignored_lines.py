"""Test the comments that ignore warnings."""

import pytest

from scripts.routes.ignored_lines import IgnoredLines


@pytest.mark.parametrize(
    ("line", "ignored"),
    [
        ("when: {} # alma-webhooks: ignore", {"a", "b"}),
        ("when: {} #alma-webhooks:ignore", {"a", "b"}),
        ("# alma-webhooks: ignore[a]", {"a"}),
        ("when: {} # alma-webhooks: ignore[c, a] because", {"a"}),
        ("when: {} # alma-webhooks: ignored", set()),
        ("when: {} # alma-webhooks", set()),
        ("when: {}", set()),
    ],
)
def test_a_comment_ignores_all_warnings_or_those_it_names(line: str, ignored: set[str]) -> None:
    """Only on its own line."""
    lines = IgnoredLines(f"first\n{line}\nthird")
    assert {name for name in ("a", "b") if lines.has(2, name)} == ignored
    assert not lines.has(1, "a")
    assert not lines.has(3, "a")
