"""A further part of a project on the emulator: deployed, checked, changed, rolled back, removed, added, destroyed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.aws.queues import queue_count
from scripts.cli.signals import Interrupts
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import Deployed
from tests.further_part import PART, write_part
from tests.samples import body_of

pytestmark = pytest.mark.full  # several deployments, each of some seconds


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    """A deployment with the part `shelf`, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path / "project")
        write_part(project.path)
        project.set_parts({"shelf": PART})
        found = Deployed.planned(started.endpoint_url, project)
        found.changed()
        yield found


def queues_of(deployed: Deployed) -> dict[str, str]:
    """Return the URLs of the queue and of its dead letters."""
    found: dict[str, Any] = json.loads(stacks.read(deployed.aws, f"{deployed.name}-shelf").outputs["Queues"])
    return dict(found["returns"])


def test_f52_a_part_is_deployed_with_mark_alarm_and_code(deployed: Deployed) -> None:
    """The pipeline names it, its function takes events, and the doctor checks it; deploying again changes nothing."""
    name = f"{deployed.name}-shelf"
    mark = json.loads(stacks.read(deployed.aws, name).outputs["Mark"])
    assert (mark["part"], mark["project"]) == ("shelf", "library")
    assert deployed.outputs["Parts"] == "shelf"
    prefix = f"{deployed.name}-observability-shelf-returns"
    [alarm] = deployed.aws.cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["Threshold"]) == (f"{prefix}-queue-age", 3600.0)
    assert deployed.changed() == []

    urls = queues_of(deployed)
    assert deployed.outcome(deployed.accepted(body_of("loan-returned"))) == "delivered"
    eventually(lambda: queue_count(deployed.aws.sqs, urls["queue"]) == 0, seconds=60)
    assert queue_count(deployed.aws.sqs, urls["dead_letters"]) == 0
    checks = json.loads(deployed.command("doctor", "--output=json").stdout)["findings"]
    found = {each["check"]: each["state"] for each in checks}
    assert {found[name] for name in ("part shelf", "returns mapping", "returns queue", "returns dead letters")} == {
        "ok"
    }

    deployed.aws.sqs.send_message(QueueUrl=urls["queue"], MessageBody="broken")
    eventually(lambda: queue_count(deployed.aws.sqs, urls["dead_letters"]) == 1, seconds=90)
    rejected = deployed.command("destroy", "--yes")
    assert (rejected.returncode, "the dead-letter queue of returns holds about 1 message" in rejected.stderr) == (
        3,
        True,
    )
    assert "dead-letters list --queue returns" in rejected.stderr


def test_a_queue_that_was_deleted_by_hand_is_restored(deployed: Deployed) -> None:
    """The doctor reports it, and `doctor --fix` creates it again with its mapping."""
    queue = queues_of(deployed)["queue"]
    deployed.aws.sqs.delete_queue(QueueUrl=queue)
    findings = json.loads(deployed.command("doctor", "--output=json").stdout)["findings"]
    [finding] = [each for each in findings if each["check"] == "returns queue"]
    assert (finding["state"], "doctor --fix" in finding["fix"]) == ("unhealthy", True)
    assert deployed.command("doctor", "--fix", "--yes").returncode == 0
    assert queue_count(deployed.aws.sqs, queue) == 0
    function = f"{deployed.name}-shelf-returns"
    [mapping] = deployed.aws.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    assert mapping["State"] == "Enabled"


def test_f56_a_part_is_changed_rolled_back_removed_and_added_again(deployed: Deployed) -> None:
    """Its removal needs the flag and deletes its stack; what it retains is imported when it is added again."""
    name = f"{deployed.name}-shelf"
    handler = deployed.project.path / "shelf" / "handler.py"
    handler.write_text(handler.read_text("utf-8") + "# changed\n", "utf-8")
    deployed.project.set_parameter("ReturnsAgeLimit", "7200")
    shown = deployed.command("deploy", "--dry-run").stderr
    assert "update  code of the part shelf" in shown
    assert "update  parameter ReturnsAgeLimit: 3600 → 7200" in shown
    deployed.changed()
    key = stacks.read(deployed.aws, name).parameters["CodeKey"]
    assert deployed.command("rollback", "--yes").returncode == 0
    assert stacks.read(deployed.aws, name).parameters["CodeKey"] != key

    deployed.project.set(parameters={})
    deployed.project.set_parts({})
    rejected = deployed.command("deploy", "--yes")
    assert (rejected.returncode, "--allow-removal shelf" in rejected.stderr) == (3, True)
    deployed.changed("--allow-removal=shelf")
    assert stacks.describe(deployed.aws, name) is None
    assert "Parts" not in deployed.outputs
    assert deployed.changed() == []

    deployed.project.set_parts({"shelf": PART})
    imported = [each["resource"] for each in deployed.changed() if each["action"] == "import"]
    assert imported == ["ReturnDeadLetterQueue"]

    done = deployed.command("destroy", "--yes", "--output=json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["deleted"] == [name, f"{deployed.name}-observability", deployed.name]
    assert {"type": "AWS::SQS::Queue", "name": f"{name}-return-dead-letters"} in result["kept"]
