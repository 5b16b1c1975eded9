"""Applying the changes of a project folder: when it is deployed again, and from what."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.aws.emulator import Emulator
from scripts.cli.exit_codes import ConfigurationError
from scripts.local import pipeline
from scripts.local.pipeline import Pipeline, RunPlan
from scripts.local.watched_project import WatchedProject
from scripts.project import folder, new_folder, scaffold
from scripts.project.folder import Project
from scripts.project.scaffold import ProjectRequest
from tests.further_part import PART, write_part


class Deployments(list[RunPlan]):
    """The plans that were deployed. `error` is raised by the next plan, which else has these `topics`."""

    error: Exception | None = None
    topics: Any = None


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project as `init` writes it."""
    new_folder.write(tmp_path / "library", scaffold.files(ProjectRequest("library")))
    return Project(tmp_path / "library", folder.read(tmp_path / "library" / folder.FILE), "--project")


@pytest.fixture
def deployments(monkeypatch: pytest.MonkeyPatch) -> Deployments:
    """Planning and deploying are noted only."""
    made = Deployments()

    def plan(*given: Any) -> RunPlan:
        if made.error:
            raise made.error
        return planned(given[4])._replace(topics=made.topics)

    monkeypatch.setattr(pipeline, "plan", plan)
    monkeypatch.setattr(pipeline, "deploy", lambda _, new, __: made.append(new))
    return made


def planned(project: Project, *more: Path) -> RunPlan:
    """A plan that read the project's two files, and these."""
    return RunPlan(
        0, None, "alma", project, project.routes, {}, [], (project.path, project.routes, project.notifications, *more)
    )


def watched(project: Project, *more: Path, notifications: Any = None) -> WatchedProject:
    nothing: Any = None
    running = Pipeline(Emulator("http://127.0.0.1:1"), nothing, nothing, "", "alma", "invented", ("", "invented"))
    return WatchedProject(planned(project, *more), running._replace(notifications=notifications))


def change(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text("utf-8") if path.exists() else "") + "\n# more\n", "utf-8")


@pytest.mark.parametrize("name", ["routes.yaml", "alma-webhooks.yaml", "state-machines/new.json", "machine.json"])
def test_each_file_that_says_what_is_deployed_is_watched(
    name: str, project: Project, deployments: Deployments, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change is deployed once; without one nothing is done."""
    subject = watched(project, project.folder / "machine.json")
    subject.apply_changes()
    assert deployments == []
    change(project.folder / name)
    subject.apply_changes()
    subject.apply_changes()
    assert [each.project.folder for each in deployments] == [project.folder]
    assert "changes applied after " in capsys.readouterr().err


def test_the_code_of_a_further_part_is_watched(project: Project, deployments: Deployments) -> None:
    """Also a file that is added to it."""
    write_part(project.folder)
    project.path.write_text(project.path.read_text("utf-8") + f"parts: {json.dumps({'shelf': PART})}\n", "utf-8")
    subject = watched(project._replace(file=folder.read(project.path)))
    for name in ("handler.py", "added.py"):
        change(project.folder / "shelf" / name)
        subject.apply_changes()
    assert len(deployments) == 2


def test_a_part_is_not_removed_while_the_pipeline_runs(
    project: Project, deployments: Deployments, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its stack would stay on the emulator."""
    before = project.path.read_text("utf-8")
    project.path.write_text(before + f"parts: {json.dumps({'shelf': PART})}\n", "utf-8")
    subject = watched(project._replace(file=folder.read(project.path)))
    project.path.write_text(before, "utf-8")
    subject.apply_changes()
    assert deployments == []
    assert "To remove the part shelf, stop the run and start it again." in capsys.readouterr().err


def test_the_changed_project_file_is_used(project: Project, deployments: Deployments) -> None:
    """Its stages and parameters, not those of the start."""
    subject = watched(project)
    path = project.path
    path.write_text(path.read_text("utf-8").replace("alma_profiles: [alma]", "alma_profiles: [alma, b]"), "utf-8")
    subject.apply_changes()
    assert deployments[0].project.file.stages["dev"].alma_profiles == ["alma", "b"]


def test_a_mistake_is_reported_once_and_its_correction_is_deployed(
    project: Project, deployments: Deployments, capsys: pytest.CaptureFixture[str]
) -> None:
    """What runs stays as it is."""
    subject = watched(project)
    deployments.error = ConfigurationError("routes.yaml has 2 problems.", ["line 1: a", "line 2: b"])
    change(project.routes)
    subject.apply_changes()
    subject.apply_changes()
    expected = ["line 1: a", "line 2: b", "routes.yaml has 2 problems.", "the routes of before stay in force"]
    assert capsys.readouterr().err.splitlines() == expected
    deployments.error = None
    change(project.routes)
    subject.apply_changes()
    assert len(deployments) == 1


def test_the_warnings_of_changed_routes_are_printed(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are deployed all the same."""
    subject = watched(project)
    monkeypatch.setattr(pipeline, "plan", lambda *_: planned(project)._replace(warnings=("routes.yaml: warning: a",)))
    monkeypatch.setattr(pipeline, "deploy", lambda *_: None)
    change(project.routes)
    subject.apply_changes()
    assert capsys.readouterr().err.splitlines()[0] == "routes.yaml: warning: a"


def test_a_change_during_a_deployment_is_deployed_next(
    project: Project, deployments: Deployments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are compared with those that were read."""
    subject = watched(project)

    def deploy(_: Any, new: RunPlan, __: Any) -> None:
        if not deployments:
            change(project.routes)
        deployments.append(new)

    monkeypatch.setattr(pipeline, "deploy", deploy)
    change(project.routes)
    subject.apply_changes()
    subject.apply_changes()
    subject.apply_changes()
    assert len(deployments) == 2


class AppliedTopics(list[Any]):
    """Notifications that run: the topics that were applied."""

    apply = list.append


def test_topics_are_applied_after_the_deployment(project: Project, deployments: Deployments) -> None:
    """The deployment can have undone what lets the sender reach the receiver."""
    applied: Any = AppliedTopics()
    subject = watched(project, notifications=applied)
    deployments.topics = ()
    change(project.notifications)
    subject.apply_changes()
    assert (len(deployments), applied) == (1, [()])


@pytest.mark.parametrize(("before", "after"), [(None, ()), (AppliedTopics(), None)])
def test_notifications_are_not_switched_on_or_off(
    before: Any, after: Any, project: Project, deployments: Deployments, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their stack would have no receiver, or would stay; the running one is not changed."""
    subject = watched(project, notifications=before)
    deployments.topics = after
    change(project.path)
    subject.apply_changes()
    assert deployments == []
    assert "stop the run and start it again" in capsys.readouterr().err
