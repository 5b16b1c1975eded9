"""Notifications as a part of a deployment on the emulator: added, removed, added again, destroyed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.cli.signals import Interrupts
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.test_deploy import Deployed

pytestmark = pytest.mark.full  # five deployments, each of some seconds


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    """A deployment with notifications, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path / "project")
        project.set(notifications=True)
        project.set_parameter("EmailIdentity", "library.example")
        found = Deployed.planned(started.endpoint_url, project)
        found.changed()
        yield found


def test_f52_notifications_can_be_added_and_removed(deployed: Deployed) -> None:
    """What the stack keeps is kept until the next deployment adopts it, and until `destroy` after that."""
    name = f"{deployed.name}-notifications"
    outputs = stacks.read(deployed.aws, name).outputs
    assert json.loads(outputs["Mark"])["part"] == "notifications"
    assert outputs["EmailEventLogGroupName"] == f"/aws/events/{name}-email"
    assert deployed.changed() == []
    deployed.aws.dynamodb.put_item(TableName=f"{name}-topics", Item={"Name": {"S": "library+jobs"}})

    parameters = {**deployed.project.stage["parameters"]}
    del parameters["EmailIdentity"]  # no other part has it
    deployed.project.set(notifications=False, parameters=parameters)
    rejected = deployed.command("deploy", "--yes")
    assert (rejected.returncode, "--allow-removal notifications" in rejected.stderr) == (3, True)
    deployed.changed("--allow-removal=notifications")
    assert stacks.describe(deployed.aws, name) is None
    assert deployed.changed() == []

    deployed.project.set(notifications=True)
    imported = [each for each in deployed.changed() if each["action"] == "import"]
    assert {each["resource"] for each in imported} == {
        "NotificationQueue",
        "DeadLetterQueue",
        "TopicsTable",
        "SendingsTable",
        "ContactsTable",
    }
    assert deployed.aws.dynamodb.scan(TableName=f"{name}-topics")["Count"] == 1

    done = deployed.command("destroy", "--yes", "--output=json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["deleted"] == [name, f"{deployed.name}-observability", deployed.name]
    assert {"type": "AWS::DynamoDB::Table", "name": f"{name}-topics"} in result["kept"]
