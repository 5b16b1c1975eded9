"""Lines of code are counted without comments, docstrings and blank lines."""

from scripts.devtools.code_lines import code_lines

MODULE = '''"""A module.

With a second paragraph.
"""

LIMIT = 3  # a reason
"""What the limit is."""

# a comment


def double(number: int) -> int:
    """Return twice the number."""
    return (
        2
        * number
    )


TEXT = """one
two"""
'''


def test_comments_docstrings_and_blank_lines_do_not_count() -> None:
    """A text that is a value counts with all its lines, as does an expression over several lines."""
    assert code_lines(MODULE) == 1 + 5 + 2


def test_an_empty_module_has_no_code() -> None:
    """Nor has one of a docstring alone."""
    assert (code_lines(""), code_lines('"""A package."""\n')) == (0, 0)
