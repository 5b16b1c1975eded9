"""Warnings about the Alma profiles of routes."""

from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.checked_routes import check_file

ROUTES = """topics: [loans]
state_machines: {pod: {arn: "arn:aws:states:us-east-1:123456789012:stateMachine:pod"}}
routes:
  - {name: published, deliver: [{topic: loans}]}
  - {name: started, deliver: [{state_machine: pod}]}
"""
ONE = "schema: 1\nname: library\nstages: {dev: {alma_profiles: [alma]}, prod: {alma_profiles: [main]}}\n"
SEVERAL = ONE.replace("[main]", "[main, partner]")


def warnings(folder: Path, routes: str, project: str = "") -> list[str]:
    """Return the warnings about a routes file beside this alma-webhooks.yaml, if any."""
    (folder / "routes.yaml").write_text(routes, "utf-8")
    if project:
        (folder / "alma-webhooks.yaml").write_text(project, "utf-8")
    return [str(warning) for warning in check_file(folder / "routes.yaml").warnings]


def test_f59_a_route_that_any_profile_can_start_is_warned_about(tmp_path: Path) -> None:
    """On a stack with several; a topic is no concern, and neither is a route that names its profiles."""
    assert warnings(tmp_path, ROUTES, SEVERAL) == [
        "warning: line 5, route started, name: events of each profile (main, partner) start it; list those that may "
        "under profiles [no-profiles]"
    ]
    named = ROUTES.replace("name: started,", "name: started, profiles: [main],")
    assert warnings(tmp_path, named, SEVERAL) == []
    assert warnings(tmp_path, ROUTES, ONE) == []


def test_f59_a_profile_that_no_stage_serves_is_warned_about(tmp_path: Path) -> None:
    """With the nearest name. A file outside of a project is not compared, and a comment ignores the warning."""
    named = ROUTES.replace("name: started,", "name: started, profiles: [alma, mian],")
    assert warnings(tmp_path, named) == []
    [warning] = warnings(tmp_path, named, SEVERAL)
    assert "profiles[1]: no stage of alma-webhooks.yaml has the Alma profile mian; did you mean main?" in warning
    ignored = named.replace("deliver: [{state", "deliver: [{state").replace("pod}]}", "pod}]} # alma-webhooks: ignore")
    assert warnings(tmp_path, ignored, SEVERAL) == []


def test_a_project_file_with_mistakes_is_an_error(tmp_path: Path) -> None:
    """Its profiles are not known then."""
    with pytest.raises(ConfigurationError):
        warnings(tmp_path, ROUTES, "schema: 1\n")
