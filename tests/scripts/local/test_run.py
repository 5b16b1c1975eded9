"""What `run` refuses before it starts anything: one sentence each, exit 2."""

import socket

import pytest

from scripts.errors import ConfigurationError
from scripts.local.run import parse_parameters
from tests.scripts.command import run


def test_parameters_are_names_and_values() -> None:
    """A value may hold anything, an equals sign too, or nothing; the last one counts."""
    assert parse_parameters([]) == {}
    assert parse_parameters(["A=1", "B=a=b,c", "C=", "A=2"]) == {"A": "2", "B": "a=b,c", "C": ""}


@pytest.mark.parametrize("pair", ["", "A", "=1", "A B=1", "é=1"])
def test_what_is_no_parameter_is_refused(pair: str) -> None:
    """The sentence shows what was given."""
    with pytest.raises(ConfigurationError, match="--parameter takes NAME=VALUE, and "):
        parse_parameters([pair])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "80x"], "'80x' is no port; a port is a whole number from 0 to 65535."),
        (["--parameter", "X"], "--parameter takes NAME=VALUE, and 'X' is not that."),
        (["--parameter", "X=1"], "The template has no parameter X; it has AlarmTopicArn, "),
        (["--parameter", "Stage=prod"], "The parameter Stage is set by this command; you can choose AlarmTopicArn, "),
        (["--parameter", "Profiles=b"], "The profile alma is not among the Profiles b."),
        (["--profile", "a/b"], "'a/b' is no profile; it takes lower-case letters, digits and hyphens."),
        (["--endpoint-url", "http://127.0.0.1:9"], "No local engine answers at http://127.0.0.1:9; "),
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
