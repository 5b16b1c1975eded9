"""Tables as lines of text: whole cells, and as many columns as there is room for."""

import pytest

from scripts.cli.tables import Column, table

COLUMNS = (Column("id"), Column("event", 1), Column("route", 2), Column("cause"))
ROWS = [["r1", "LOAN_CREATED", "loans", "transient"], ["r22", "图书", "-", "crashed"]]


def test_a_file_gets_every_column() -> None:
    """A table fits any width; cells of two columns a character count as such."""
    assert table(COLUMNS, ROWS, None) == (
        ["id   event         route  cause", "r1   LOAN_CREATED  loans  transient", "r22  图书          -      crashed"],
        [],
    )


@pytest.mark.parametrize(
    ("width", "left_out"),
    [(35, []), (34, ["route"]), (28, ["route"]), (27, ["event", "route"]), (1, ["event", "route"])],
)
def test_columns_are_left_out_until_the_rest_fits(width: int, left_out: list[str]) -> None:
    """By rank, and never those without one; no cell is cut."""
    made = table(COLUMNS, ROWS, width)
    assert made.left_out == left_out
    assert made.lines[1].startswith("r1 ")
    assert made.lines[1].endswith("  transient")
