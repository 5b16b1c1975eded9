"""What `run` shows to a person, and the line for programs."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from scripts.alma_client.samples import Sample, load_all
from scripts.cli.options import Output
from scripts.local.run_console import RunConsole
from scripts.local.run_display import RunDisplay, program, to_try
from scripts.local.trial import SampleResult

ROW = SampleResult("loan-lost", "json", "loans", "topic:loan-lost", "delivered", 12, "", "r-1")
FACTS = {"webhook_url": "http://127.0.0.1:1/$default/webhooks/alma", "endpoint_url": "http://127.0.0.1:1"}
DISPLAY = RunDisplay(Output.text)
TOKEN = "t" * 32
CONSOLE = RunConsole("http://127.0.0.1:12345/", f"http://127.0.0.1:12345/sign-in?token={TOKEN}")


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is a terminal of 80 columns."""
    monkeypatch.setattr("scripts.cli.output.width_of", lambda _: 80)
    monkeypatch.setattr("scripts.local.run_display.width_of", lambda _: 80)


def test_ready_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """However long it is: programs read it line by line. What a person would try is not printed."""
    facts = {"topics": {f"topic-{number}": "arn:" + "x" * 100 for number in range(20)}, "secret": "[bold]é"}
    DISPLAY.ready(facts, "loan-lost")
    [line] = printed(capsys)
    assert line.startswith("ready {")
    assert json.loads(line.removeprefix("ready ")) == facts


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_the_url_and_what_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of the ready line; the URL is quoted, because it has a dollar sign."""
    DISPLAY.ready(FACTS, "loan-lost")
    lines = printed(capsys)
    url = ["", "Webhook URL:", "  'http://127.0.0.1:1/$default/webhooks/alma'"]
    assert lines[:4] == [*url, "Try in another terminal:"]
    assert [line.strip() for line in lines[4:]] == list(to_try(FACTS, "loan-lost", "alma-webhooks"))
    DISPLAY.ready(FACTS, "")
    assert printed(capsys) == url


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_the_way_into_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    """With its token, in one line of at most 80 columns, so that it can be clicked or copied."""
    DISPLAY.ready(FACTS, "loan-lost", CONSOLE)
    lines = printed(capsys)
    assert "Console; this URL works once:" in lines
    assert f"  {CONSOLE.sign_in_url}" in lines
    assert max(map(len, lines)) <= 80


def test_a_program_gets_no_token(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in the ready line nor on standard error, which may be a log."""
    DISPLAY.ready(FACTS, "loan-lost", CONSOLE)
    captured = capsys.readouterr()
    assert json.loads(captured.out.removeprefix("ready ")) == FACTS | {"console_url": CONSOLE.url}
    assert TOKEN not in captured.out + captured.err


def test_a_person_gets_the_token_on_the_other_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If standard output is a pipe and standard error is not."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    DISPLAY.ready(FACTS, "loan-lost", CONSOLE)
    captured = capsys.readouterr()
    assert TOKEN not in captured.out
    assert TOKEN in captured.err


@pytest.mark.usefixtures("terminal")
def test_json_output_has_the_ready_line_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal too; all the rest goes to standard error."""
    display = RunDisplay(Output.json)
    display.rows([ROW])
    display.ready(FACTS, "loan-lost")
    display.event({"receipt_id": "r-1", "event": "LOAN_LOST", "outcome": "delivered"})
    display.dead_letters(1)
    captured = capsys.readouterr()
    assert captured.out == f"ready {json.dumps(FACTS)}\n"
    assert [line.split()[0] for line in captured.err.splitlines()[:2]] == ["SAMPLE", "loan-lost"]
    assert "LOAN_LOST  delivered" in captured.err
    assert "dead letters: 1" in captured.err


def test_the_table_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """A row a sample; columns stand under their headings, and no cell is cut."""
    long = ROW._replace(target="state_machine:" + "t" * 200)
    DISPLAY.rows([ROW, long])
    lines = printed(capsys)
    assert lines[0].split() == ["SAMPLE", "FORMAT", "OUTCOME", "ROUTE", "TARGET", "MS"]
    assert lines[1].split() == ["loan-lost", "json", "delivered", "loans", "loan-lost", "12"]
    assert long.target in lines[2]
    assert lines[0].index("TARGET") == lines[1].index("loan-lost", 10)
    assert lines[3].startswith("MS: milliseconds from the POST")
    assert len(lines) == 4


def test_cold_starts_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """The mark is explained below the table."""
    DISPLAY.rows([ROW._replace(met_cold_start=True), ROW])
    lines = printed(capsys)
    assert [lines[1].split()[-1], lines[2].split()[-1]] == ["12*", "12"]
    assert lines[1].index("12*") == lines[2].index("12")
    assert lines[-1] == "*: a function started meanwhile (cold start of the emulator)"


def test_what_went_wrong_is_said_below(capsys: pytest.CaptureFixture[str]) -> None:
    """With the receipt id to search the logs for; what is unknown is a hyphen."""
    DISPLAY.rows([SampleResult("loan-lost", "json", "", "", "rejected", None, "response 401: no")])
    lines = printed(capsys)
    assert lines[1].split() == ["loan-lost", "json", "rejected", "-", "-", "-"]
    assert lines[-1] == "FAILED: loan-lost (no receipt id): response 401: no"


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
    DISPLAY.event(line)
    [shown] = printed(capsys)
    assert shown[10:] == "LOAN_LOST  delivered  loans → topic:loan-lost (delivered)  receipt r-1"


def test_an_event_for_a_topic_of_notifications_is_queued(capsys: pytest.CaptureFixture[str]) -> None:
    """Whether its integrations get it is not known yet; in the table of the samples neither."""
    target = "notification:jobs/team"
    delivery = {"route": "jobs", "target": target, "outcome": "delivered"}
    DISPLAY.event({"receipt_id": "r-1", "event": "JOB_END", "outcome": "delivered", "deliveries": [delivery]})
    DISPLAY.rows([ROW._replace(target=target)])
    shown, _, row, _ = printed(capsys)
    assert shown[10:] == "JOB_END  queued  jobs → notification:jobs/team (queued)  receipt r-1"
    assert row.split()[2] == "queued"


def test_a_failed_attempt_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """It has no outcome yet, perhaps not even an action; its reason is shown, and when it comes back."""
    failed = {"receipt_id": "r-1", "failure": {"reason": "Throttled"}, "seconds_away": 180, "deliveries": []}
    DISPLAY.event({"message": "retry", **failed})
    [shown] = printed(capsys)
    assert shown[10:] == "event  failed, will be retried in 180 s: Throttled  receipt r-1"


def test_a_dead_letter_is_a_line_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """Its cause stands beside it, with the route and the target that failed."""
    DISPLAY.event({"receipt_id": "r-1", "outcome": "dead", "failure": {"reason": "not JSON"}, "deliveries": []})
    assert printed(capsys)[0][10:] == "event  dead: not JSON  receipt r-1"
    failure = {"class": "no-target", "reason": "no such topic", "route": "r", "target": "topic:t"}
    DISPLAY.event({"receipt_id": "r-1", "outcome": "dead", "failure": failure, "deliveries": []})
    shown = " ".join(" ".join(printed(capsys)).split())
    assert shown[9:] == "event dead: no-target: no such topic (route r, target topic:t) receipt r-1"


def test_dead_letters_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """The number, whenever it changes."""
    DISPLAY.dead_letters(3)
    assert printed(capsys)[0].endswith("dead letters: 3")


@pytest.mark.usefixtures("terminal")
def test_the_output_fits_a_terminal_of_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """The table of the samples keeps all but the route; a wider one leaves out more, and lines wrap at words."""
    longest = ROW._replace(sample="request-placed-on-shelf-xml", target="topic:request-placed-on-shelf")
    DISPLAY.rows([longest._replace(milliseconds=12345, met_cold_start=True)])
    lines = printed(capsys)
    assert lines[0].split() == ["SAMPLE", "FORMAT", "OUTCOME", "TARGET", "MS"]
    DISPLAY.rows([ROW, ROW._replace(sample="s" * 38, wrong="expected the route loans to " + "t" * 40)])
    delivery = {"route": "job-end-timdex", "target": "state_machine:timdex", "outcome": "delivered"}
    DISPLAY.event({"receipt_id": "0" * 32, "event": "JOB_END", "outcome": "delivered", "deliveries": [delivery] * 2})
    DISPLAY.dead_letters(1)
    url = f"http://127.0.0.1:45661/_aws/execute-api/{'0' * 8}/$default/webhooks/alma"
    DISPLAY.ready(FACTS | {"webhook_url": url}, "request-placed-on-shelf-xml")
    lines += printed(capsys)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ["-c", "pytest"])
def test_a_program_of_another_name_is_called_by_ours(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python itself runs it, such as in a test."""
    monkeypatch.setattr(sys, "argv", [name])
    assert program() == "alma-webhooks"


def test_a_program_that_is_not_on_the_path_is_called_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the folder, if it is in it, as after `make`; one of the PATH by its name."""
    ours = tmp_path / "my bin" / "alma-webhooks"
    ours.parent.mkdir()
    ours.write_text("")
    monkeypatch.setattr(sys, "argv", [str(ours)])
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert program() == f"'{ours}'"
    monkeypatch.chdir(tmp_path)
    assert program() == "'my bin/alma-webhooks'"
    monkeypatch.setattr(shutil, "which", lambda _: str(ours))
    assert program() == "alma-webhooks"


PAGE = (Path(__file__).parents[3] / "docs" / "local.md").read_text("utf-8")


@pytest.mark.usefixtures("terminal")
def test_the_readme_shows_the_true_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Its rows, what stands below them, and what to try; only the milliseconds are those of one run."""
    [block] = re.findall(r"```\n(SAMPLE .*?)```", PAGE, re.DOTALL)
    samples = {each.name: each for each in load_all()}
    rows = [line.split() for line in block.splitlines() if line]
    shown = {words[0]: words[-1] for words in rows if words[0] in samples}
    DISPLAY.rows([row_of(each, shown.get(each.name, "1")) for each in samples.values()])
    url = re.findall(r"Webhook URL:\n  '(.*)'", block)[0]
    console = RunConsole("", re.findall(r"works once:\n  (.*)", block)[0])
    DISPLAY.ready({"webhook_url": url, "endpoint_url": url.partition("/_aws")[0]}, next(iter(samples)), console)
    printed_lines = printed(capsys)
    assert [line for line in block.splitlines() if line != "…" and line not in printed_lines] == []
    assert block.splitlines()[-11:] == printed_lines[-11:]


def row_of(sample: Sample, milliseconds: str) -> SampleResult:
    target = sample.expect.deliveries[0].target if sample.expect.deliveries else ""
    number, is_cold = int(milliseconds.rstrip("*")), milliseconds.endswith("*")
    return SampleResult(
        sample.name, sample.format, "r", target, sample.expect.outcome, number, "", met_cold_start=is_cold
    )
