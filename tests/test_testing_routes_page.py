"""The page on explaining and testing routes: its example does what the page shows."""

import re
from pathlib import Path

import pytest

from scripts.alma_client.sample_entries import Expectation, ExpectedDelivery, SampleEntry
from tests.samples import EVENTS
from tests.scripts.command import run

PAGE = (Path(__file__).parents[1] / "docs" / "testing-routes.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the page; the event of the job that failed is the sample with another status."""
    events = tmp_path / "events"
    events.mkdir()
    routes, index = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "routes.yaml").write_text(routes)
    (events / "index.yaml").write_text(index)
    succeeded = (EVENTS / "job-end-pod.json").read_text("utf-8")
    (events / "succeeded.json").write_text(succeeded)
    (events / "failed.json").write_text(succeeded.replace("COMPLETED_SUCCESS", "COMPLETED_FAILED"))
    return tmp_path


def test_the_outputs_are_true(folder: Path) -> None:
    """The page shows what the commands print."""
    explained, tested, compared = re.findall(r"```\n((?:event|differs) .*?)```", PAGE, re.DOTALL)
    [command] = re.findall(r"```sh\nalma-webhooks (.*?)\n```", PAGE)
    words = [str(folder / word) if word.startswith(("events/", "routes.yaml")) else word for word in command.split()]
    assert run(*words).stdout == explained
    assert run("routes", "test", str(folder)).stdout == tested
    old = folder / "routes.yaml"
    changed = old.read_text("utf-8").replace("topics: [other]", "topics: [failed]")
    changed = changed.replace("topic: other", "topic: failed").replace("{{ job_instance.id }}", "x")
    (folder / "new.yaml").write_text(changed)
    options = f"--samples={folder / 'events'}"
    assert run("routes", "diff", str(old), str(folder / "new.yaml"), options).stdout == compared


def test_every_member_of_the_index_is_in_the_table() -> None:
    """A new member needs its row."""
    known = {name for model in (SampleEntry, Expectation, ExpectedDelivery) for name in model.model_fields}
    rows = re.findall(r"^\| (`[^|]+) \|", PAGE, re.MULTILINE)
    named = {name.rpartition(".")[2] for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    assert named == known - {"expect"}
