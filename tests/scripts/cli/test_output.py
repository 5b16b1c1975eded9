"""Test that lines fit a terminal, and that files and programs get them whole."""

import shlex

import pytest
from rich.cells import cell_len

from scripts.cli.options import Output
from scripts.cli.output import fitted, print_result

ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:alma-webhooks-prod-with-a-name-that-is-long"


def test_a_file_gets_whole_lines() -> None:
    """Programs such as grep read a line at a time."""
    line = "word " * 100
    assert list(fitted([line], None)) == [line]


def test_a_line_wraps_at_words_below_its_last_column() -> None:
    """The text after a label stays together; a line that fits is not changed."""
    lines = list(fitted(["ok   clock  " + "about " * 5 + "about", "short"], 30))
    assert lines == ["ok   clock  about about about", "            about about about", "short"]


def test_a_line_without_columns_is_indented_a_little() -> None:
    """A column in the right half of the terminal would leave too little room."""
    assert list(fitted(["one two three four"], 9)) == ["one two", "  three", "  four"]
    assert list(fitted(["2026-11-24T12:00:00Z  word word"], 24)) == ["2026-11-24T12:00:00Z", "  word word"]


def test_a_word_that_is_too_long_stays_whole() -> None:
    """An ARN can be copied."""
    assert list(fitted([f"missing  {ARN} is gone"], 40)) == ["missing", f"         {ARN}", "         is gone"]


def test_a_command_can_be_copied_over_a_line_break() -> None:
    """A shell would run the first line alone, perhaps in another stage."""
    command = f"alma-webhooks deploy --parameter Topics=loans,bills --allow-removal {ARN} --stage prod"
    lines = list(
        fitted([f"fix  recreate it, or: {command}; then check again in a few minutes, and once more later"], 60)
    )
    text = "\n".join(lines)
    assert shlex.split(text.replace("\\\n", "").partition("or: ")[2].partition(";")[0]) == shlex.split(command)
    assert not lines[-1].endswith("\\")
    assert not lines[-2].endswith("\\"), "prose needs no continuation"
    assert all(cell_len(line) <= 60 or ARN in line for line in lines)


def test_json_is_never_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters are escaped."""
    print_result(Output.json, {"a": "\x1b" + "word " * 40}, [])
    assert '"\\u001b' in capsys.readouterr().out
