"""Codes: which texts of an event are shown."""

import pytest

from processor.codes import code, is_code


@pytest.mark.parametrize("text", ["LOAN", "LOAN_CREATED", "01EXAMPLE_INST", "job-end", "x" * 100])
def test_a_code_is_shown(text: str) -> None:
    """Codes have letters, digits, underscores and hyphens."""
    assert (code(text), is_code(text)) == (text, True)


@pytest.mark.parametrize("text", ["Ada Example", "a@example.org", "x" * 101, "LOAN\n", "é", "\x1b[2J", "1.2", "٣"])
def test_f65_a_text_that_is_not_a_code_is_not_shown(text: str) -> None:
    """Any other text is not shown, because it can contain personal data."""
    assert (code(text), is_code(text)) == ("(not a code)", False)


def test_an_empty_code_stays_empty() -> None:
    """A JOB_END has no event."""
    assert (code(""), is_code("")) == ("", False)
