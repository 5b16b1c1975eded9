"""Test the output and exit codes of `routes check`, `routes explain` and `routes test`."""

import json
import re
import shutil
from pathlib import Path

from typer.testing import CliRunner

from scripts.alma_client.samples import load_all
from scripts.project.folder import EXAMPLE
from scripts.routes.commands import routes_app
from tests.scripts.command import run

USED = f"using {EXAMPLE} (the shipped example, because no project was found)\n"


def test_check_passes_the_default_routes() -> None:
    """The output has the number of routes."""
    done = run("routes", "check")
    assert (done.returncode, done.stderr) == (0, USED)
    assert re.search(r"\d+ routes, no problems", done.stdout)


def test_check_names_file_line_route_and_reason(tmp_path: Path) -> None:
    """Editors can jump to each line; the exit code is that of a configuration error."""
    path = tmp_path / "my.yaml"
    path.write_text("stages: {dev: {}, stg: {}, prod: {}}\nroutes:\n  - {name: a, deliver: [{topic: nosuch}]}\n")
    done = run("routes", "check", "--routes", str(path))
    assert done.returncode == 2
    assert done.stdout.startswith(f"{path}: line 3, route a, deliver[0].topic: the stack has no topic nosuch")
    assert done.stderr == f"alma-webhooks: {path} has 1 problem; it cannot be deployed.\n"


def test_check_prints_json(tmp_path: Path) -> None:
    """It has the same facts."""
    path = tmp_path / "my.yaml"
    path.write_text("stages: {dev: {}, stg: {}}\nroutes:\n  - {name: a, deliver: [{topic: other}]}\n")
    done = run("routes", "check", "--routes", str(path), "--output", "json")
    [problem] = json.loads(done.stdout)["problems"]
    assert problem == {"line": 1, "route": "", "field": "stages", "reason": "the stage prod is missing"}
    assert done.returncode == 2


def test_explain_shows_what_each_target_would_get() -> None:
    """The routes that match, the reasons of the others, and the exact input are shown."""
    done = run("routes", "explain", "examples/complete/events/job-end-pod.json")
    assert done.returncode == 0
    assert 'route    loans: no\n         when: action is "JOB_END", expected ["LOAN"]\n' in done.stdout
    assert "route    pod: fires\n" in done.stdout
    assert '             "filename-prefix": "exlibris/pod/POD_ALMA_EXPORT_20260513"\n' in done.stdout


def test_explain_takes_a_stage() -> None:
    """A job of another stage is ignored, and the reason names the marker of the stage."""
    done = run("routes", "explain", "examples/complete/events/job-end-pod.json", "--stage", "prod")
    assert done.returncode == 0
    assert "ignored  no route matches this event" in done.stdout
    assert "PPOD EXPORT to prod" in done.stdout


def test_explain_prints_json() -> None:
    """The message of a topic is the unchanged body with its attributes."""
    done = run("routes", "explain", "examples/complete/events/loan-lost.json", "--output", "json")
    [delivery] = json.loads(done.stdout)["deliveries"]
    assert delivery["target"] == "topic:loan-lost"
    assert delivery["message"].encode() == Path("examples/complete/events/loan-lost.json").read_bytes()
    assert delivery["attributes"]["event"] == "LOAN_LOST"


def test_explain_names_the_failure_of_a_dead_letter(tmp_path: Path) -> None:
    """Class, route and field are shown, and the exit code is 1."""
    path = tmp_path / "event.json"
    path.write_text(Path("examples/complete/events/job-end-pod.json").read_text().replace("end_time", "ended"))
    done = run("routes", "explain", str(path))
    assert done.returncode == 1
    assert "dead     template: " in done.stdout
    assert "(route pod, deliver[0].input.filename-prefix)" in done.stdout


def test_explain_of_an_invalid_event(tmp_path: Path) -> None:
    """It is explained without a traceback."""
    path = tmp_path / "event.json"
    path.write_bytes(b"<a/>")
    done = run("routes", "explain", str(path), "--output", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["failure"]["class"] == "not-parsed"


def test_a_missing_file_is_one_sentence() -> None:
    """The file is named, and the exit code is that of a usage error."""
    done = run("routes", "explain", "no/such.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == USED + (
        "alma-webhooks: No file or sample no/such.json found. List all samples with alma-webhooks routes samples.\n"
    )


def test_the_samples_are_listed() -> None:
    """Each is on its own line, by the name that send and explain take; JSON has the same names."""
    names = [sample.name for sample in load_all()]
    assert [line.split()[0] for line in run("routes", "samples").stdout.splitlines()] == names
    listed = json.loads(run("routes", "samples", "--output", "json").stdout)["samples"]
    assert [each["sample"] for each in listed] == names


def test_a_project_uses_the_shipped_samples_too() -> None:
    """The project's own samples come first, and a shipped one can be explained by its name."""
    project = "--project=examples/minimal"
    own = [sample.name for sample in load_all(Path("examples/minimal/events"))]
    shipped = [sample.name for sample in load_all() if sample.name not in own]
    lines = run("routes", "samples", project).stdout.splitlines()
    assert [line.split()[0] for line in lines] == own + shipped
    assert "job-end-pod" in shipped
    assert run("routes", "explain", "job-end-pod", project).returncode == 0


def test_explain_takes_a_samples_name() -> None:
    """`send` takes it too."""
    assert "deliver  topic:loan-lost by route loans" in run("routes", "explain", "loan-lost").stdout


def test_explain_takes_standard_input_and_several_events(tmp_path: Path) -> None:
    """Each is explained below its name; the exit code is the worst."""
    path = tmp_path / "broken.json"
    path.write_bytes(b"<a/>")
    given = Path("examples/complete/events/loan-lost.json").read_bytes()
    result = CliRunner().invoke(routes_app, ["explain", str(path), "-", "job-end-other"], input=given)
    assert result.exit_code == 1
    blocks = [block.splitlines() for block in result.stdout.split("\n\n")]
    assert [block[0] for block in blocks] == [f"from     {path}", "from     -", "from     job-end-other"]
    assert "deliver  topic:loan-lost by route loans" in blocks[1]
    assert blocks[2][-1] == "ignored  no route matches this event"


def test_explain_of_several_events_prints_json() -> None:
    """A list has an object for each, the same as for a single event."""
    one = json.loads(run("routes", "explain", "loan-lost", "--output=json").stdout)
    many = json.loads(run("routes", "explain", "loan-lost", "job-end-other", "--output=json").stdout)
    assert set(many) == {"events"}
    assert [each["source"] for each in many["events"]] == ["loan-lost", "job-end-other"]
    assert many["events"][0].keys() == one.keys()


def test_explain_reads_standard_input_once() -> None:
    """A second - would be an empty event."""
    done = run("routes", "explain", "-", "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "alma-webhooks: Standard input (-) can be read only once; name it once.\n"


def test_the_routes_of_the_product_pass_their_test() -> None:
    """Every sample has its line."""
    done = run("routes", "test")
    assert (done.returncode, done.stderr) == (0, USED)
    count = len(load_all())
    assert done.stdout.splitlines()[-1] == f"{count} events: {count} ok"


def test_a_difference_fails_the_test_of_a_folder(tmp_path: Path) -> None:
    """JSON has the same; another stage changes what the events of a job do."""
    shutil.copytree(EXAMPLE / "events", tmp_path / "events")
    shutil.copy(EXAMPLE / "routes.yaml", tmp_path)
    done = run("routes", "test", str(tmp_path), "--stage=prod")
    assert (done.returncode, done.stderr) == (1, "")
    assert "differs  job-end-pod (stage prod)\n         outcome ignored, expected delivered\n" in done.stdout
    data = json.loads(run("routes", "test", str(tmp_path), "--stage=prod", "--output=json").stdout)
    assert data["differ"] == 8
    assert len([event for event in data["events"] if not event["as_expected"]]) == 8


def test_a_wrong_folder_is_a_wrong_configuration(tmp_path: Path) -> None:
    """Each mistake is a line, and the sentence counts them."""
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "index.yaml").write_text("a: {file: a.json, expect: {outcome: lost}}\n")
    done = run("routes", "test", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    routes, index, summary = done.stderr.splitlines()
    assert routes == f"{tmp_path}/routes.yaml cannot be read: No such file or directory"
    assert index == f"{tmp_path}/events/index.yaml:1: a.expect.outcome: must be delivered, ignored or dead"
    assert summary == f"alma-webhooks: {tmp_path} has 2 problems; nothing was tested."


def test_explain_escapes_control_characters(tmp_path: Path) -> None:
    """Text of an event moves no cursor and is not markup."""
    path = tmp_path / "event.json"
    path.write_bytes(b'{"action":"X\\u001b[31m[/red]","event":{"value":"\\u009b1m"}}')
    done = run("routes", "explain", str(path))
    assert done.returncode == 0
    assert "event    X\\x1b[31M[/RED] \\x9b1m" in done.stdout
    assert not any(sign in done.stdout for sign in "\x1b\x9b")
