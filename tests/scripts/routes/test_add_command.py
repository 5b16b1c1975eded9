"""The command `routes add`: what it adds to a project folder, and what it rejects without a change."""

import json
import stat
from pathlib import Path

import pytest

from scripts.alma_client.samples import load_all
from scripts.project import new_folder, scaffold
from scripts.project.scaffold import ProjectRequest
from tests.scripts.command import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project folder as `init` writes it, with the route `loans`."""
    new_folder.write(tmp_path / "library", scaffold.files(ProjectRequest("library")))
    return tmp_path / "library"


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their paths."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_route_is_added_with_its_topic_and_a_sample_event(folder: Path) -> None:
    """The printed `routes test` passes for this folder; the sample expects every route that matches it."""
    done = run("routes", "add", "overdue", "--event", "LOAN_LOST", "--event", "LOAN_DUE_DATE", "--project", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("added the route overdue, which delivers to the topic overdue, to ")
    assert "topics: [loans, overdue] # what the stack creates" in (folder / "routes.yaml").read_text()
    sample = {each.name: each for each in load_all(folder / "events")}["overdue"]
    assert [each.route for each in sample.expect.deliveries] == ["loans", "overdue"]
    program, *words = done.stdout.splitlines()[-1].removeprefix("next: ").partition("; then ")[0].split()
    assert program == "alma-webhooks"
    tested = run(*words)
    assert (tested.returncode, tested.stdout.splitlines()[-1]) == (0, "2 events: 2 ok")


def test_links_and_permissions_stay(folder: Path, tmp_path: Path) -> None:
    """A routes file that is a link to one elsewhere is written there, and may be read and written as before."""
    elsewhere = tmp_path / "shared" / "library-routes.yaml"
    elsewhere.parent.mkdir()
    (folder / "routes.yaml").rename(elsewhere)
    (folder / "routes.yaml").symlink_to(elsewhere)
    elsewhere.chmod(0o640)
    done = run("routes", "add", "overdue", "--event", "LOAN_LOST", "--project", str(folder))
    assert done.returncode == 0, done.stderr
    assert (folder / "routes.yaml").readlink() == elsewhere
    assert "- name: overdue" in elsewhere.read_text("utf-8")
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o640
    assert [path.name for path in elsewhere.parent.iterdir()] == [elsewhere.name]


def test_a_route_whose_events_have_no_sample_is_added_alone(folder: Path) -> None:
    """A new kind of event can be routed too; programs read that there is no sample."""
    flags = ("--action", "NEW", "--topic", "loans", "--project", str(folder), "--output", "json")
    done = run("routes", "add", "new", *flags)
    assert json.loads(done.stdout) == {"folder": str(folder), "route": "new", "topic": "loans", "sample": None}
    assert [each.name for each in load_all(folder / "events")] == ["loan-created"]
    assert run("routes", "check", "--project", str(folder)).returncode == 0


def test_an_event_value_that_is_not_known_is_added_with_a_warning(folder: Path) -> None:
    """It can be new; the nearest known one is shown, and warnings about other routes are not."""
    done = run("routes", "add", "lost", "--event", "LOAN_LSOT", "--project", str(folder))
    assert (done.returncode, done.stderr.count("warning")) == (0, 1)
    assert "unknown value 'LOAN_LSOT' of event.value; did you mean 'LOAN_LOST'?" in " ".join(done.stderr.split())
    assert "added no sample event: no shipped one has this action and event\n" in done.stdout
    assert run("routes", "add", "other", "--action", "BIB", "--project", str(folder)).stderr == ""


def test_an_event_that_another_route_fails_on_is_not_added(folder: Path) -> None:
    """The index stays valid: an event that becomes a dead letter has no deliveries to expect."""
    routes = folder / "routes.yaml"
    routes.write_text(routes.read_text().replace("- topic: loans", '- topic: "{{ nothing }}"'))
    done = run("routes", "add", "lost", "--event", "LOAN_LOST", "--project", str(folder))
    assert done.returncode == 0
    assert "added no sample event: these routes fail on the shipped one, loan-lost\n" in done.stdout
    assert [each.name for each in load_all(folder / "events")] == ["loan-created"]


def test_an_event_of_that_name_is_kept(folder: Path) -> None:
    """Nothing in events/ is replaced."""
    before = contents(folder / "events")
    done = run("routes", "add", "loan-created", "--action", "LOAN", "--project", str(folder))
    assert "/events has one of this name" in " ".join(done.stdout.split())
    assert contents(folder / "events") == before


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["new"], "Pass --action or --event"),
        (["loans", "--action", "LOAN"], "A route loans is there already."),
        (["a b", "--action", "LOAN"], "The route is not valid. Nothing was changed."),
        (["new", "--action", "LOAN", "--topic", "a_b"], "the name of a topic has letters, digits and hyphens only"),
    ],
)
def test_a_rejected_route_changes_nothing(folder: Path, arguments: list[str], error: str) -> None:
    """Exit code 2, and every file as before."""
    before = contents(folder)
    done = run("routes", "add", *arguments, "--project", str(folder))
    assert done.returncode == 2
    assert error in done.stdout + done.stderr
    assert contents(folder) == before


@pytest.mark.parametrize("file", ["routes.yaml", "events/index.yaml"])
def test_a_file_with_mistakes_is_reported_first(folder: Path, file: str) -> None:
    """It is not made worse."""
    (folder / file).write_text("nothing: here\n")
    before = contents(folder)
    done = run("routes", "add", "lost", "--event", "LOAN_LOST", "--project", str(folder))
    assert done.returncode == 2
    assert contents(folder) == before


def test_the_shipped_example_is_not_changed() -> None:
    """Without a project there is nothing to add a route to."""
    done = run("routes", "add", "lost", "--event", "LOAN_LOST")
    assert done.returncode == 2
    assert "No project found" in done.stderr
