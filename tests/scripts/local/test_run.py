"""What `run` rejects before it starts anything: one sentence each, exit 2."""

import socket

import pytest

from scripts.routes.check import ROUTES
from tests.scripts.command import run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "80x"], "'80x' is not a port; pass a whole number from 0 to 65535."),
        (["--parameter", "X"], "--parameter takes NAME=VALUE, not 'X'."),
        (["--parameter", "X=1"], "The template has no parameter X; it has Architecture, "),
        (["--parameter", "LogRetentionDays=3"], "The parameter LogRetentionDays must be one of 14, 30, "),
        (["--parameter", "Stage=prod"], "The parameter Stage is set by this command; you can choose Architecture, "),
        (["--parameter", "Profiles=b"], "The profile alma is not in the parameter Profiles (b)."),
        (
            ["--alma-profile", "a/b"],
            "'a/b' is not the name of an Alma profile: use lower-case letters, digits and hyphens.",
        ),
        (["--parameter", "Topics=a-b,ab"], "Resources: 'a-b' and 'ab' both become Topicab. Rename one of them."),
        (["--parameter", "Topics="], f"{ROUTES}: line "),
        (["--endpoint-url", "http://127.0.0.1:9"], "No emulator answers at http://127.0.0.1:9; "),
    ],
)
def test_a_wrong_choice_is_a_wrong_configuration(arguments: list[str], sentence: str) -> None:
    """One sentence on stderr, nothing on stdout."""
    done = run("run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"alma-webhooks: {sentence}")
    assert done.stderr.count("\n") == 1


def test_a_busy_port_is_a_wrong_configuration() -> None:
    """Found out before anything starts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        busy = str(server.getsockname()[1])
        done = run("run", "--port", busy)
    assert done.returncode == 2
    assert done.stderr == f"alma-webhooks: Port {busy} is in use; choose another, or 0 for any that is free.\n"
