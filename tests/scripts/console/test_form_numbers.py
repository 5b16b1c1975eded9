"""Numbers of forms and addresses: any text is parsed."""

from typing import Any

import pytest

from scripts.console.form_numbers import number_of


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("12", 12), ("007", 7), ("9" * 12, 10**12 - 1)])
def test_digits_are_a_number(text: str, number: int) -> None:
    """Up to twelve of them."""
    assert number_of(text) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", " 1", "1.0", "1_000", "1,000", "²", "٣", "x", None, 5, "9" * 13, "9" * 5_000]
)
def test_anything_else_is_none(text: Any) -> None:
    """Also digits of other scripts, and more of them than Python takes."""
    assert number_of(text) is None
