"""What a terminal gets of text from outside."""

import json

import pytest

from scripts.cli.terminal import escape, escaped_json, escaped_json_pieces

HOSTILE = "\x1b[2J\x9b31m\x7f\r\n\t\u202e\u2028\ud800\U000e0001 ä 图"


def test_f49_no_character_of_a_text_moves_a_cursor() -> None:
    """Escapes, C1 controls, DEL, line ends, right-to-left marks: each is shown as what it is; dead letters stay."""
    shown = escape(HOSTILE)
    assert shown.isprintable()
    assert shown.endswith(" ä 图")
    assert "\\x1b[2J\\x9b31m\\x7f\\r\\n\\t\\u202e\\u2028\\ud800\\U000e0001" in shown


def test_f49_json_is_escaped_and_means_the_same() -> None:
    """JSON itself would leave C1 controls, DEL and right-to-left marks as they are."""
    data = {HOSTILE: [HOSTILE, 1.5, None, True]}
    shown = escaped_json(data)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert json.loads(shown) == data
    assert "ä 图" in shown


@pytest.mark.parametrize("data", [[], {}, {"a": "b\nc"}])
def test_json_reads_back(data: object) -> None:
    """Any value survives."""
    assert json.loads(escaped_json(data)) == data


def test_long_json_comes_in_short_pieces() -> None:
    """A list of thousands of dead letters is never in memory as text; each piece is escaped."""
    data = [HOSTILE] * 3_000
    pieces = list(escaped_json_pieces(data))
    assert max(map(len, pieces)) < 5 * 4096
    assert len(pieces) > 10
    assert json.loads("".join(pieces)) == data
    assert not any("\x1b" in piece for piece in pieces)
