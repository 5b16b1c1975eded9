"""Lines fit a terminal: they are wrapped at words, with a hanging indent; a shell command can still be copied."""

import subprocess

import pytest

from scripts.cli.output import wrapped


def test_a_line_that_fits_stays_as_it_is() -> None:
    """Trailing spaces included."""
    assert list(wrapped("  a  b ", 7)) == ["  a  b "]


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("one two three four", ["one two", "    three", "    four"]),
        ("  one two three", ["  one two", "     three"]),
        ("cause  one two three", ["cause  one", "     two", "     three"]),
        ("a 0123456789abcdef b", ["a", "    0123456789abcdef", "    b"]),
        ("字字 字字 字字", ["字字 字字", "    字字"]),
    ],
    ids=["prose", "indented", "label", "long word", "wide characters"],
)
def test_a_long_line_is_wrapped_at_words(line: str, pieces: list[str]) -> None:
    """A word that is longer than the terminal stays whole, so that it can be copied."""
    assert list(wrapped(line, 10)) == pieces


def test_a_label_keeps_its_text_below_itself() -> None:
    """Up to half of the width."""
    assert list(wrapped("  cause     the stack has no such topic", 30)) == [
        "  cause     the stack has no",
        "            such topic",
    ]


def test_a_wrapped_command_is_one_command_for_a_shell() -> None:
    """Each of its lines but the last ends with a backslash; the words before the command do not."""
    line = "next: see the page, or: alma-webhooks trace 0123456789abcdef --stage prod"
    pieces = list(wrapped(line, 42))
    assert pieces == ["next: see the page, or: alma-webhooks \\", "    trace 0123456789abcdef --stage prod"]
    _, _, command = "\n".join(pieces).partition("alma-webhooks")
    echoed = subprocess.run(["sh", "-c", f"echo {command}"], capture_output=True, text=True, check=True)  # noqa: S603, S607 -- ours
    assert echoed.stdout == "trace 0123456789abcdef --stage prod\n"
