"""Tests for the comparison of content with the expected one."""

from typing import Any

import pytest

from scripts.alma_client.changed_body import json_or_text
from scripts.routes.expected_content import is_as_expected, unequal


@pytest.mark.parametrize(
    ("expected", "message", "is_same"),
    [
        (None, "anything", True),
        ({"a": 1, "b": [True]}, '{"b": [true], "a": 1}', True),
        ({"a": 1}, '{"a": true}', False),
        ([0], "[false]", False),
        ("7", '"7"', True),
        ("7", "7", False),
        ("7 is lost", "7 is lost", True),
    ],
)
def test_content_is_compared_as_json(expected: Any, message: str, *, is_same: bool) -> None:
    """The order of members does not matter, and 1 is not true. A message that is not JSON is compared as text."""
    found = json_or_text(message)
    assert is_as_expected(expected, found) is is_same
    assert expected is None or (not list(unequal("input", expected, found))) is is_same
