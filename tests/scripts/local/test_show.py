"""What a run prints where stdout is no terminal: whole lines, whatever their length."""

import json

import pytest

from scripts.local.show import RunOutput
from scripts.local.trial import SampleResult

ROW = SampleResult("LOAN_LOST", "loans", "topic:loan-lost", "delivered", 12, "", "r-1")


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_ready_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """However long it is: programs read it line by line."""
    facts = {"topics": {f"topic-{number}": "arn:" + "x" * 100 for number in range(20)}, "secret": "[bold]é"}
    RunOutput().ready(facts)
    [line] = printed(capsys)
    assert line.startswith("ready {")
    assert json.loads(line.removeprefix("ready ")) == facts


def test_the_table_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns stand under their headings, and no cell is cut."""
    long = ROW._replace(target="topic:" + "t" * 200)
    RunOutput().rows([ROW, long])
    lines = printed(capsys)
    assert lines[0].split() == ["EVENT", "ROUTE", "TARGET", "OUTCOME", "MS"]
    assert lines[1].split() == ["LOAN_LOST", "loans", "topic:loan-lost", "delivered", "12"]
    assert long.target in lines[2]
    assert lines[0].index("MS") == lines[1].index("12")
    assert lines[3].startswith("MS: milliseconds from the POST")


def test_what_went_wrong_is_said_below(capsys: pytest.CaptureFixture[str]) -> None:
    """With the receipt id to search the logs for; what is unknown is a hyphen."""
    RunOutput().rows([SampleResult("LOAN_LOST", "", "", "rejected", None, "response 401: no")])
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
    RunOutput().event(line)
    [shown] = printed(capsys)
    assert shown[10:] == "LOAN_LOST  delivered  loans → topic:loan-lost (delivered)  receipt r-1"


def test_a_failed_attempt_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """It has no outcome yet, perhaps not even an action; its reason is shown, and when it comes back."""
    failed = {"receipt_id": "r-1", "failure": {"reason": "Throttled"}, "seconds_away": 180, "deliveries": []}
    RunOutput().event({"message": "retry", **failed})
    [shown] = printed(capsys)
    assert shown[10:] == "event  failed, will be retried in 180 s: Throttled  receipt r-1"


def test_a_dead_letter_is_a_line_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """What it died of stands beside it."""
    line = {"receipt_id": "r-1", "outcome": "dead", "failure": {"reason": "not JSON"}, "deliveries": []}
    RunOutput().event(line)
    assert printed(capsys)[0][10:] == "event  dead: not JSON  receipt r-1"


def test_dead_letters_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """The number, whenever it changes."""
    RunOutput().dead_letters(3)
    assert printed(capsys)[0].endswith("dead letters: 3")


def test_the_output_fits_a_terminal_of_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table leaves out columns by rank, and the lines below are wrapped at words."""
    monkeypatch.setattr("scripts.cli.output.width_of", lambda _: 80)
    monkeypatch.setattr("scripts.local.show.width_of", lambda _: 80)
    shown = RunOutput()
    shown.rows([ROW, ROW._replace(target="state_machine:" + "s" * 60, wrong="expected the route loans to " + "t" * 40)])
    shown.progress("starting the emulator on 127.0.0.1:4566")
    delivery = {"route": "job-end-timdex", "target": "state_machine:timdex", "outcome": "delivered"}
    shown.event({"receipt_id": "0" * 32, "event": "JOB_END", "outcome": "delivered", "deliveries": [delivery] * 2})
    shown.dead_letters(1)
    lines = "".join(capsys.readouterr()).splitlines()
    assert lines[0].split() == ["EVENT", "OUTCOME", "MS"]
    assert max(map(len, lines)) <= 80
    shown.rows([ROW._replace(event="REQUEST_PLACED_ON_SHELF", target="topic:request-placed-on-shelf", route="r" * 20)])
    assert capsys.readouterr().out.splitlines()[0].split() == ["EVENT", "TARGET", "OUTCOME", "MS"]
