"""Which texts are shown as codes."""

import pytest

from processor.codes import code, is_code


@pytest.mark.parametrize("text", ["LOAN", "LOAN_CREATED", "01EXAMPLE_INST", "job-end", "x" * 100])
def test_a_code_is_shown(text: str) -> None:
    """Letters, digits, underscores and hyphens."""
    assert (code(text), is_code(text)) == (text, True)


@pytest.mark.parametrize("text", ["Ada Example", "a@example.org", "x" * 101, "LOAN\n", "é", "\x1b[2J", "1.2", "٣"])
def test_f65_what_has_not_the_form_of_a_code_is_not_shown(text: str) -> None:
    """It may be anything that somebody has put there, a name among it."""
    assert (code(text), is_code(text)) == ("(not a code)", False)


def test_nothing_stays_nothing() -> None:
    """A JOB_END has no event."""
    assert (code(""), is_code("")) == ("", False)
