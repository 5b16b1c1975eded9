"""The command `doctor`: what it prints and how it ends.

tests/end_to_end/test_doctor.py runs it as an operator does.
"""

import json
import signal
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from scripts.aws.context import StackContext
from scripts.cli.advice import Fix
from scripts.cli.exit_codes import StoppedError
from scripts.doctor.finding import Finding, Health
from scripts.main import app
from tests.scripts.doctor.subjects import subject_of

FINE = Finding("clock", Health.ok, "it is AWS'")
HINT = Finding("last event", Health.ok, "alma: none in the last 24 h", Fix("see Alma"))
BAD = Finding("dead letters", Health.unhealthy, "about 1 \x1b[31m", Fix("list them"))
UNKNOWN = Finding("queue", Health.unknown, "it may not be looked at")

Doctor = Callable[..., Result]


@pytest.fixture
def doctor(scope: StackContext, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Runs `alma-webhooks doctor …` on a stack of which this is found."""
    monkeypatch.setattr("scripts.doctor.commands.open_stack_context", lambda *_: scope)
    monkeypatch.setattr("scripts.doctor.commands.open_subject", lambda *_: subject_of(scope, {}))

    def command(*arguments: str, findings: list[Finding], **environment: str) -> Result:
        monkeypatch.setattr("scripts.doctor.commands.examine", lambda _: findings)
        return CliRunner().invoke(app, ["doctor", *arguments], env=environment)

    return command


def test_each_finding_is_a_line_with_its_fix_below(doctor: Doctor) -> None:
    """The state is a word; what AWS says moves no cursor; something bad exits 1."""
    result = doctor(findings=[FINE, BAD, UNKNOWN])
    assert result.stdout.splitlines() == [
        "alma-webhooks-dev, us-east-1",
        "ok       clock         it is AWS'",
        r"bad      dead letters  about 1 \x1b[31m",
        "                       → list them",
        "unknown  queue         it may not be looked at",
        "1 bad, 1 unknown",
    ]
    assert result.exit_code == 1


@pytest.mark.parametrize(("findings", "code"), [([FINE, HINT], 0), ([FINE, BAD], 1), ([UNKNOWN], 1)])
def test_only_what_is_well_exits_0(doctor: Doctor, findings: list[Finding], code: int) -> None:
    """What could not be looked at is not well; a hint is."""
    result = doctor(findings=findings)
    assert result.exit_code == code
    assert (result.stdout.splitlines()[-1] == "all is well") == (code == 0)


def test_programs_get_all_of_it_as_json(doctor: Doctor) -> None:
    """With the verdict."""
    result = doctor("--output", "json", findings=[FINE, BAD])
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert (data["stack"], data["region"], data["well"]) == ("alma-webhooks-dev", "us-east-1", False)
    assert data["findings"][0] == {"check": "clock", "state": "ok", "message": "it is AWS'", "fix": ""}
    assert json.loads(doctor("--output", "json", findings=[FINE]).stdout)["well"] is True


def test_a_terminal_has_colours_beside_the_words(doctor: Doctor) -> None:
    """Green, red, yellow."""
    result = doctor(findings=[FINE, BAD, UNKNOWN], FORCE_COLOR="1", TERM="xterm", NO_COLOR="")
    green, red, yellow = (f"\x1b[{number}m{word}" for number, word in ((32, "ok"), (31, "bad"), (33, "unknown")))
    assert all(word in result.stdout for word in (green, red, yellow))


def test_an_interruption_says_that_nothing_is_known(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 130, one sentence."""

    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("scripts.doctor.commands.open_subject", interrupted)
    result = doctor(findings=[])
    assert isinstance(result.exception, StoppedError)
    assert "Interrupted" in str(result.exception)
