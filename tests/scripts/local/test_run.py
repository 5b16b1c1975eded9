"""What `run` rejects before it starts anything, and what it prints where stdout is no terminal: whole lines."""

import json
import socket

import pytest

from scripts.cli.output import notice
from scripts.local.run import show_dead_letters, show_event, show_ready, show_rows
from scripts.local.trial import SampleResult
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


ROW = SampleResult("LOAN_LOST", "loans", "topic:loan-lost", "delivered", 12, "", "r-1")


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_ready_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """However long it is: programs read it line by line."""
    facts = {"topics": {f"topic-{number}": "arn:" + "x" * 100 for number in range(20)}, "secret": "[bold]é"}
    show_ready(facts)
    [line] = printed(capsys)
    assert line.startswith("ready {")
    assert json.loads(line.removeprefix("ready ")) == facts


def test_the_table_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns stand under their headings, and no cell is cut."""
    long = ROW._replace(target="topic:" + "t" * 200)
    show_rows([ROW, long])
    lines = printed(capsys)
    assert lines[0].split() == ["EVENT", "ROUTE", "TARGET", "OUTCOME", "MS"]
    assert lines[1].split() == ["LOAN_LOST", "loans", "topic:loan-lost", "delivered", "12"]
    assert long.target in lines[2]
    assert lines[0].index("MS") == lines[1].index("12")
    assert lines[3].startswith("MS: milliseconds from the POST")


def test_what_went_wrong_is_said_below(capsys: pytest.CaptureFixture[str]) -> None:
    """With the receipt id to search the logs for; what is unknown is a hyphen."""
    show_rows([SampleResult("LOAN_LOST", "", "", "rejected", None, "response 401: no")])
    lines = printed(capsys)
    assert lines[1].split() == ["LOAN_LOST", "-", "-", "rejected", "-"]
    assert lines[-1] == "FAILED: LOAN_LOST (no receipt id): response 401: no"


def test_an_event_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Event, outcome, each route and target, receipt id."""
    delivery = {"route": "loans", "target": "topic:loan-lost", "outcome": "delivered"}
    line = {
        "receipt_id": "r-1",
        "action": "LOAN",
        "event": "LOAN_LOST",
        "outcome": "delivered",
        "deliveries": [delivery],
    }
    show_event(line)
    [shown] = printed(capsys)
    assert shown[10:] == "LOAN_LOST  delivered  loans → topic:loan-lost (delivered)  receipt r-1"


def test_a_failed_attempt_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """It has no outcome yet, perhaps not even an action; its reason is shown, and when it comes back."""
    failed = {"receipt_id": "r-1", "failure": {"reason": "Throttled"}, "seconds_away": 180, "deliveries": []}
    show_event({"message": "retry", **failed})
    [shown] = printed(capsys)
    assert shown[10:] == "event  failed, will be retried in 180 s: Throttled  receipt r-1"


def test_a_dead_letter_is_a_line_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """What it died of stands beside it."""
    line = {"receipt_id": "r-1", "outcome": "dead", "failure": {"reason": "not JSON"}, "deliveries": []}
    show_event(line)
    assert printed(capsys)[0][10:] == "event  dead: not JSON  receipt r-1"


def test_dead_letters_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """The number, whenever it changes."""
    show_dead_letters(3)
    assert printed(capsys)[0].endswith("dead letters: 3")


def test_the_output_fits_a_terminal_of_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table leaves out columns by rank, and the lines below are wrapped at words."""
    monkeypatch.setattr("scripts.cli.output.width_of", lambda _: 80)
    monkeypatch.setattr("scripts.local.run.width_of", lambda _: 80)
    show_rows([ROW, ROW._replace(target="state_machine:" + "s" * 60, wrong="expected the route loans to " + "t" * 40)])
    notice("starting the emulator on 127.0.0.1:4566")
    delivery = {"route": "job-end-timdex", "target": "state_machine:timdex", "outcome": "delivered"}
    show_event({"receipt_id": "0" * 32, "event": "JOB_END", "outcome": "delivered", "deliveries": [delivery] * 2})
    show_dead_letters(1)
    lines = "".join(capsys.readouterr()).splitlines()
    assert lines[0].split() == ["EVENT", "OUTCOME", "MS"]
    assert max(map(len, lines)) <= 80
    show_rows([ROW._replace(event="REQUEST_PLACED_ON_SHELF", target="topic:request-placed-on-shelf", route="r" * 20)])
    assert capsys.readouterr().out.splitlines()[0].split() == ["EVENT", "TARGET", "OUTCOME", "MS"]
