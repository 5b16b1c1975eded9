"""The example projects: valid files, routes that can be deployed, and events that are delivered as each index says."""

import json
import re
from pathlib import Path

import pytest

from notifications.integrations.table import INTEGRATIONS
from notifications.topic_file import read_topics
from scripts.alma_client.samples import load_all
from scripts.project import event_families, folder
from scripts.project.scaffold import STAGES, ProjectRequest, files
from scripts.routes import state_machine_files
from scripts.routes.check import declared_names
from scripts.routes.checked_routes import check_deployable
from scripts.routes.explain import as_data, explain, received_now

EXAMPLES = Path(__file__).parents[1] / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/alma-webhooks.yaml"))


def delivered(project: Path) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Return the outcome and the deliveries (route, target) of each sample by the project's routes at stage dev."""
    compiled, found = check_deployable(project / "routes.yaml"), {}
    for sample in load_all(project / "events"):
        explained = as_data(
            explain(
                received_now(sample.body, sample.profile or "alma"),
                compiled,
                declared_names(compiled.file.routes),
                stage="dev",
            )
        )
        outcome = "dead" if explained["failure"] else "delivered" if explained["deliveries"] else "ignored"
        found[sample.name] = (outcome, [(each["route"], each["target"]) for each in explained["deliveries"]])
    return found


def expected(project: Path) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Return what the index says of each sample."""
    return {
        sample.name: (
            sample.expect.outcome,
            [(each.route, each.target) for each in sample.expect.deliveries],
        )
        for sample in load_all(project / "events")
    }


def test_the_examples_are_found() -> None:
    """The tests below have at least these four folders."""
    assert {"complete", "job-sms", "minimal", "mit-pipelines"} <= {path.name for path in FOLDERS}


@pytest.mark.parametrize("project", FOLDERS, ids=lambda path: path.name)
def test_the_files_of_an_example_are_valid_and_complete(project: Path) -> None:
    """The configuration is read, the routes can be deployed, and every state machine has its files."""
    read = folder.read(project / folder.FILE)
    assert set(read.stages) <= set(STAGES)
    routes = check_deployable(project / "routes.yaml").file
    machines = state_machine_files.read_all(project, routes)
    assert set(machines) == {name for name, each in routes.routes.state_machines.items() if each.definition is not None}
    assert {"README.md", ".gitignore"} <= {path.name for path in project.iterdir()}


@pytest.mark.parametrize("project", FOLDERS, ids=lambda path: path.name)
def test_the_events_of_an_example_are_delivered_as_its_index_says(project: Path) -> None:
    """Outcome, route and target of every sample are the expected ones."""
    assert delivered(project) == expected(project)
    assert expected(project)


def test_the_jobs_of_mit_pipelines_start_executions_with_the_same_input() -> None:
    """The example has the input of examples/complete for every execution."""
    inputs = {
        name: {
            sample.name: [each.input for each in sample.expect.deliveries]
            for sample in load_all(EXAMPLES / name / "events")
        }
        for name in ("complete", "mit-pipelines")
    }
    assert {name: inputs["complete"][name] for name in inputs["mit-pipelines"]} == inputs["mit-pipelines"]
    assert sum(any(each) for each in inputs["mit-pipelines"].values()) == 4


def test_the_topics_of_job_sms_are_those_that_its_events_reach() -> None:
    """No event is notified to a missing topic, and none of the topics is left over."""
    topics = read_topics((EXAMPLES / "job-sms" / "notifications.yaml").read_text("utf-8"), INTEGRATIONS)
    reached = {target for _, deliveries in expected(EXAMPLES / "job-sms").values() for _, target in deliveries}
    assert {f"notification:{each.channel}/{each.topic}" for each in topics} == reached


def test_the_readme_of_job_sms_says_how_its_secrets_are_stored() -> None:
    """Each name in notifications.yaml has a command."""
    folder = EXAMPLES / "job-sms"
    text, readme = (folder / "notifications.yaml").read_text("utf-8"), (folder / "README.md").read_text("utf-8")
    names = set(re.findall(r"{ssm: ([a-z0-9-]+)}", text))
    assert names == set(re.findall(r"alma-webhooks topics secret ([a-z0-9-]+)", readme))


def test_minimal_is_what_init_writes_without_any_choice() -> None:
    """A new project begins as examples/minimal. To write the example again, use `init` with its name."""
    minimal = EXAMPLES / "minimal"
    made = files(ProjectRequest("minimal"))
    assert {name: content.decode() for name, content in made.items()} == {
        path.relative_to(minimal).as_posix(): path.read_text("utf-8") for path in minimal.rglob("*") if path.is_file()
    }


def test_a_new_project_with_every_family_is_valid_and_delivers_its_samples(tmp_path: Path) -> None:
    """Each family's sample goes to the family's topic, and no file needs an edit."""
    everything = [family.name for family in event_families.FAMILIES]
    request = ProjectRequest("all", "eu-central-1", STAGES, ("alma", "no", "12"), 'a"b@library.example', everything)
    for name, content in files(request).items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        assert b"\r" not in content
    read = folder.read(tmp_path / folder.FILE)
    assert read.stages["prod"].alma_profiles == ["alma", "no", "12"]
    assert read.stages["stg"].alarm_email == 'a"b@library.example'
    assert (read.name, read.region, read.stage) == ("all", "eu-central-1", "dev")
    assert delivered(tmp_path) == expected(tmp_path)
    assert len(expected(tmp_path)) == len(everything)
    assert json.loads((tmp_path / "events" / "loan-created.json").read_text("utf-8"))["action"] == "LOAN"
