"""`run --watch`: a changed project is deployed to the running emulator, and one with mistakes is not."""

from pathlib import Path

import pytest

from scripts.alma_client.client import post, signature
from scripts.alma_client.samples import load_all
from scripts.project import new_folder, scaffold
from scripts.project.scaffold import ProjectRequest
from scripts.routes.route_text import NewRoute, with_route
from tests.end_to_end.running import Running, eventually

pytestmark = pytest.mark.full  # two deployments


def test_a_changed_project_is_deployed_and_one_with_mistakes_is_not(tmp_path: Path) -> None:
    """An event arrives at the new topic, also after a mistake in the file; the mistake is reported with its line."""
    folder = tmp_path / "library"
    new_folder.write(folder, scaffold.files(ProjectRequest("library")))
    routes, [sample] = folder / "routes.yaml", load_all(folder / "events")
    with Running(tmp_path, "--watch", "--no-samples", "--port", "0", cwd=folder) as running:
        facts = running.facts
        running.said("applying changes")
        text = with_route(routes.read_text("utf-8"), NewRoute("new", "new", ["LOAN"]))
        routes.write_text(text, "utf-8")
        running.said("changes applied")
        routes.write_text(text + "  - {name: wrong}\n", "utf-8")
        running.said("route wrong: deliver is missing")
        running.said("the routes of before stay in force")
        reply = post(facts["webhook_url"], sample.body, signed=signature(sample.body, secret=facts["secret"]))
        line = eventually(lambda: next((each for each in running.out if f"receipt {reply.receipt_id}" in each), None))
        assert "delivered  loans → topic:loans (delivered), new → topic:new (delivered)" in line
        assert running.end() == 130
