"""The groups of `upgrade-check`, its exit codes, and the deprecated keys of a project."""

from pathlib import Path

import pytest

from scripts.aws import mark
from scripts.aws.clients import Aws
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.differences import Difference
from scripts.deploy.removals import Removal, Removals
from scripts.deploy.retained import Place
from scripts.deploy.upgrade_check import DEPRECATED, UpgradeCheck, deprecated_in
from scripts.deploy.upgrade_output import check_lines
from scripts.project.folder import Project
from scripts.project.models import ProjectFile
from tests.scripts.deploy.stacks import mark_of

DIFFERENCES = (
    Difference("template", "alma-webhooks-dev"),
    Difference("parameter", "ProcessorMemory", "512", "1024"),
    Difference("parameter", "VisibilityTimeout", "90", "120"),
    Difference("code", "ingest"),
    Difference("topic", "loans", None, ""),
)


def check_of(aws: Aws, *differences: Difference, removals: Removals | None = None) -> UpgradeCheck:
    place = Place("alma-webhooks-dev", "123456789012", "us-east-1")
    artefacts = Artefacts(aws, place.account, place.region)
    plan = DeploymentPlan(place, "dev", {"VisibilityTimeout": "120"}, [], [], [], artefacts)
    plan = plan._replace(differences=differences, removals=removals or Removals())
    return UpgradeCheck(plan, "0.9.0", "1.0.0", ())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "alma-webhooks.yaml").write_text("schema: 1\nname: mine\nstages:\n  dev:\n    color: red\n")
    (tmp_path / "routes.yaml").write_text("routes:\n  - name: a\n    old: 1\n  - name: b\n")
    file = ProjectFile.model_validate({"schema": 1, "name": "mine", "stages": {"dev": {}}})
    return Project(tmp_path, file, "--project")


def test_the_differences_are_grouped_by_their_cause(aws: Aws) -> None:
    """A parameter that the project sets did not change by its default."""
    found = check_of(aws, *DIFFERENCES)
    names = {group: [each.name for each in several] for group, several in found.groups.items()}
    assert names == {
        "templates": ["alma-webhooks-dev"],
        "defaults": ["ProcessorMemory"],
        "code": ["ingest"],
        "project": ["VisibilityTimeout", "loans"],
    }
    assert list(check_lines(found))[:5] == [
        "deployed by  version 0.9.0",
        "installed    version 1.0.0",
        "changed by the templates of this version:",
        "  update  template of the pipeline stack alma-webhooks-dev",
        "parameters whose default changed:",
    ]


def test_the_exit_code_says_changes_and_removals(aws: Aws) -> None:
    """0 for nothing, 4 for changes, 5 for removals: those of `deploy --dry-run --exit-code`."""
    removals = Removals((Removal("topic", "loans", "gone"),))
    assert check_of(aws).plan.exit_code == 0
    assert "nothing would change" in list(check_lines(check_of(aws)))
    assert check_of(aws, *DIFFERENCES).plan.exit_code == 4
    removed = check_of(aws, *DIFFERENCES, removals=removals)
    assert removed.plan.exit_code == 5


def test_removals_are_shown_once_with_their_flags(aws: Aws) -> None:
    """Not among the changes too; a group without other changes has no heading."""
    gone = Difference("topic", "loans", "", None)
    lines = list(check_lines(check_of(aws, gone, removals=Removals((Removal("topic", "loans", "gone"),)))))
    assert lines[2:4] == ["removed (a deployment needs --allow-removal loans):", "  REMOVE  topic loans: gone"]
    assert "changed by the project:" not in lines


def test_deprecated_keys_are_found_with_their_line(project: Project) -> None:
    """Invented entries: a key of a stage, whichever it is, and a key of a route, at any place in the list."""
    table = {
        "alma-webhooks.yaml": {"stages.*.color": "remove it"},
        "routes.yaml": {"routes.*.old": "use new", "routes.*.never": "x"},
    }
    assert [str(each) for each in deprecated_in(project, table)] == [
        "alma-webhooks.yaml, line 5: stages.dev.color is deprecated; remove it",
        "routes.yaml, line 3: routes.0.old is deprecated; use new",
    ]


def test_nothing_is_deprecated_yet(project: Project) -> None:
    """The table of this version is empty."""
    assert all(keys == {} for keys in DEPRECATED.values())
    assert list(deprecated_in(project)) == []


def test_the_mark_says_which_version_deployed() -> None:
    """A stack without a mark, or with a damaged one, was deployed by an unknown version."""
    assert mark.version_of({"Mark": mark_of()}) == "1.0.0"
    assert (mark.version_of({}), mark.version_of({"Mark": "{"}), mark.version_of({"Mark": "[]"})) == ("", "", "")
    assert (mark.part_of({"Mark": mark_of("observability")}), mark.part_of({"Mark": "{}"})) == ("observability", "")
