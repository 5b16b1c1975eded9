"""Test the output and exit codes of the command `doctor`.

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
from scripts.doctor.check import Finding, Health
from scripts.main import app
from tests.scripts.doctor.subjects import subject_of

FINE = Finding("clock", Health.ok, "within a minute")
HINT = Finding("last event", Health.ok, "alma: none in the last 24 h", Fix("see Alma"))
UNHEALTHY = Finding("dead letters", Health.unhealthy, "about 1 \x1b[31m", Fix("list them"))
UNKNOWN = Finding("queue", Health.unknown, "access denied")

Doctor = Callable[..., Result]


@pytest.fixture
def doctor(scope: StackContext, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Run `alma-webhooks doctor …` on a stack with these findings."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    monkeypatch.setattr("scripts.doctor.checks.open_subject", lambda *_: subject_of(scope, {}))

    def command(*arguments: str, findings: list[Finding], **environment: str) -> Result:
        monkeypatch.setattr("scripts.doctor.checks.run_checks", lambda _: findings)
        return CliRunner().invoke(app, ["doctor", *arguments], env=environment)

    return command


def test_each_finding_is_a_line_with_its_fix_below(doctor: Doctor) -> None:
    """The state is a word, control characters are escaped, and an unhealthy check exits 1."""
    result = doctor(findings=[FINE, UNHEALTHY, UNKNOWN])
    assert result.stdout.splitlines() == [
        "alma-webhooks-dev, us-east-1: 1 unhealthy, 1 unknown",
        "unhealthy       dead letters",
        "unknown         queue",
        "queue           access denied",
        r"dead letters    about 1 \x1b[31m",
        "",
        "ok         clock         within a minute",
        r"unhealthy  dead letters  about 1 \x1b[31m",
        "                         → list them",
        "unknown    queue         access denied",
        "1 unhealthy, 1 unknown",
    ]
    assert result.exit_code == 1


@pytest.mark.parametrize(("findings", "code"), [([FINE, HINT], 0), ([FINE, UNHEALTHY], 1), ([UNKNOWN], 1)])
def test_only_a_healthy_stack_exits_0(doctor: Doctor, findings: list[Finding], code: int) -> None:
    """An unknown check is not healthy; a healthy one may have a hint."""
    result = doctor(findings=findings)
    assert result.exit_code == code
    assert (result.stdout.splitlines()[-1] == "healthy") == (code == 0)


def test_json_has_all_findings(doctor: Doctor) -> None:
    """It also says whether the stack is healthy."""
    result = doctor("--output", "json", findings=[FINE, UNHEALTHY])
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert (data["stack"], data["region"], data["healthy"]) == ("alma-webhooks-dev", "us-east-1", False)
    assert data["findings"][0] == {"check": "clock", "state": "ok", "message": "within a minute", "fix": ""}
    assert json.loads(doctor("--output", "json", findings=[FINE]).stdout)["healthy"] is True


def test_a_terminal_shows_the_states_in_color(doctor: Doctor) -> None:
    """Healthy is green, unhealthy red, unknown yellow."""
    result = doctor(findings=[FINE, UNHEALTHY, UNKNOWN], FORCE_COLOR="1", TERM="xterm", NO_COLOR="")
    green, red, yellow = (f"\x1b[{number}m{word}" for number, word in ((32, "ok"), (31, "unhealthy"), (33, "unknown")))
    assert all(word in result.stdout for word in (green, red, yellow))


def test_an_interruption_is_one_sentence(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is 130."""

    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("scripts.doctor.checks.open_subject", interrupted)
    result = doctor(findings=[])
    assert isinstance(result.exception, StoppedError)
    assert "Interrupted" in str(result.exception)
