"""Commands run on one terminal, in the foreground and in the background."""

import os
import sys
from pathlib import Path
from shlex import quote

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.devtools.recording.terminal_session import TerminalSession

ENVIRONMENT = {"PATH": os.environ["PATH"]}

# Prints what is written to a pipe, until Ctrl-C.
FOLLOW = """
from pathlib import Path

try:
    print("up", flush=True)
    while True:
        print(Path("news").read_text("utf-8"), end="", flush=True)
except KeyboardInterrupt:
    Path("stopped").touch()
"""


def test_a_command_runs_on_a_terminal_in_the_folder(tmp_path: Path) -> None:
    """Each command sees a terminal of 80 columns, and `cd` changes the folder of those that follow."""
    (tmp_path / "inside").mkdir()
    with TerminalSession(tmp_path, ENVIRONMENT, poll_seconds=0.01) as session:
        assert session.run("stty size <&1") == "50 80\n"
        assert session.run("cd inside") == ""
        assert session.run("pwd") == f"{tmp_path.resolve()}/inside\n"


def test_a_command_in_the_background_runs_until_the_end(tmp_path: Path) -> None:
    """It returns with the awaited text; what it prints later belongs to the next command; at the end it stops."""
    os.mkfifo(tmp_path / "news")
    (tmp_path / "follow.py").write_text(FOLLOW, "utf-8")
    with TerminalSession(tmp_path, ENVIRONMENT, poll_seconds=0.01) as session:
        assert session.run(f"{quote(sys.executable)} follow.py &", "up") == "up\n"
        assert session.run("echo later > news", "later") == "later\n"
    assert (tmp_path / "stopped").exists()


def test_a_failed_command_is_an_error_with_its_output(tmp_path: Path) -> None:
    """A command that fails, or that is not there, ends the recording with its name and output."""
    with TerminalSession(tmp_path, ENVIRONMENT, poll_seconds=0.01) as session:
        with pytest.raises(FailedError, match=r"sh -c 'echo wrong; exit 3' failed [^\n]+\nwrong"):
            session.run("sh -c 'echo wrong; exit 3'")
        with pytest.raises(FailedError, match="no-such-tool failed"):
            session.run("no-such-tool")


def test_a_text_that_is_not_printed_in_time_is_an_error(tmp_path: Path) -> None:
    """A command that does not print the awaited text within the limit is an error."""
    os.mkfifo(tmp_path / "silent")
    with TerminalSession(tmp_path, ENVIRONMENT, limit=0.05, poll_seconds=0.01) as session:
        with pytest.raises(FailedError, match="took over 0 s"):
            session.run("echo one", "two")
        with pytest.raises(FailedError, match="took over 0 s"):
            session.run("cat silent")  # which ends with the session
