"""A recorded session becomes an SVG with the names that are the same everywhere."""

import re

from scripts.devtools.recording.picture import RecordedCommand, picture_of, renamed
from tests.scripts.devtools.recording.drawn import lines_of

RECORDED = [
    RecordedCommand("tool check", "\x1b[31mwrong\x1b[0m in /srv/x1/routes.yaml\n"),
    RecordedCommand("cd /srv/x1", ""),
]


def test_commands_have_a_prompt_and_their_output_below() -> None:
    """Commands and output are lines of text, in their order, and a command without output has one line."""
    assert lines_of(picture_of(RECORDED, "title", {"/srv/x1": "~"})) == [
        "$ tool check",
        "wrong in ~/routes.yaml",
        "$ cd ~",
    ]


def test_colors_are_kept() -> None:
    """A text that a command printed in color has a class of its own, and no escape sequence is left."""
    plain = picture_of([RecordedCommand("tool check", "wrong\n")], "title", {})
    colored = picture_of(RECORDED[:1], "title", {})
    assert "\x1b" not in colored
    assert len(re.findall(r"\.terminal-r\d+ \{", colored)) == len(re.findall(r"\.terminal-r\d+ \{", plain)) + 1


def test_a_long_command_continues_on_the_next_line() -> None:
    """A command that is too long for the terminal ends its lines with a backslash, so that it can be copied."""
    command = "alma-webhooks send renewals 'http://127.0.0.1:4566/a-long-path/of-a-webhook-url/webhooks/alma' --wait"
    first, *_, last = lines_of(picture_of([RecordedCommand(command, "")], "title", {}))
    assert first == "$ alma-webhooks send renewals \\"
    assert last.strip().endswith("--wait")


def test_nothing_is_loaded_from_another_host() -> None:
    """The SVG has no font, style or image of another host."""
    picture = picture_of(RECORDED, "title", {})
    assert not re.search(r"@font-face|@import|href|url\((?!#)", picture)


def test_every_name_is_replaced() -> None:
    """Each occurrence of each name is replaced."""
    assert renamed("a/b a:1", {"a/b": "~", "a:1": "a:2"}) == "~ a:2"
