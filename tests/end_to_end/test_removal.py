"""Removals by a deployment, on the emulator: rejected until allowed by name; a profile answers 503, later 404."""

import json
from collections.abc import Iterator

import pytest

from scripts.alma_client.client import Reply, post, signature
from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.cli.signals import Interrupts
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.test_deploy import SHORT, Deployed
from tests.samples import body_of

pytestmark = pytest.mark.full  # several deployments


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Deploy a stack with the profiles alma and consortium, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as running:
        path = tmp_path_factory.mktemp("project")
        project = ProjectFolder.create(path, profiles=("alma", "consortium"), parameters=SHORT)
        found = Deployed.planned(running.endpoint_url, project)
        found.changed()
        yield found
        found.delete()


def posted(deployed: Deployed, profile: str, secret: str) -> Reply:
    url = emulator.Emulator(deployed.endpoint_url).webhook_url(deployed.outputs["ApiId"], profile)
    body = body_of("loan-returned")
    return post(url, body, signed=signature(body, secret=secret))


def secret_of(deployed: Deployed, profile: str) -> str:
    name = f"/alma-webhooks/dev/{profile}/secret"
    return deployed.aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


def rejected(deployed: Deployed, *arguments: str) -> str:
    """Deploy with --yes, require a rejection, and return the message."""
    before = stacks.describe(deployed.aws, deployed.name)
    completed = deployed.command("deploy", "--yes", *arguments)
    assert (completed.returncode, completed.stdout) == (3, ""), completed.stderr
    assert stacks.describe(deployed.aws, deployed.name) == before, "nothing was changed"
    return str(completed.stderr)


def test_f56_a_removed_profile_answers_503_and_404_after_its_secret_is_deleted(deployed: Deployed) -> None:
    """A profile is removed only by name, answers 503 until its secret is deleted, and 404 afterwards."""
    own = secret_of(deployed, "alma")
    assert posted(deployed, "alma", own).status == 200
    deployed.project.set(alma_profiles=["consortium"])
    assert "add --allow-removal alma." in rejected(deployed)
    assert posted(deployed, "alma", own).status == 200

    shown = deployed.command("deploy", "--yes", "--allow-removal=alma")
    assert shown.returncode == 0, shown.stderr
    assert "REMOVE  Alma profile alma: its path answers 503" in shown.stderr
    retired_reply = posted(deployed, "alma", own)
    assert (retired_reply.status, retired_reply.error) == (
        503,
        "This profile is not served at present; send the request again later.",
    )
    assert posted(deployed, "nobody", own).status == 404
    found = json.loads(deployed.command("doctor", "--output=json").stdout)["findings"]
    [retired] = [each for each in found if each["check"] == "retired"]
    assert (retired["state"], retired["message"][:4]) == ("warning", "alma")

    assert deployed.command("secret delete", "consortium", "--confirm-name=consortium").returncode == 3
    deleted = deployed.command("secret delete", "alma", "--confirm-name=alma")
    assert deleted.returncode == 0, deleted.stderr
    assert posted(deployed, "alma", own).status == 503, "until the next deployment"
    assert {"action": "change", "type": "AWS::Lambda::Function", "resource": "IngestFunction"} in deployed.changed()
    assert posted(deployed, "alma", own).status == 404
    assert posted(deployed, "consortium", secret_of(deployed, "consortium")).status == 200

    deployed.project.set(alma_profiles=["consortium", "alma"])
    deployed.changed()
    assert deployed.outputs["Profiles"].split(",") == ["heartbeat", "consortium", "alma"]
    assert posted(deployed, "alma", secret_of(deployed, "alma")).status == 200


def test_f56_a_topic_and_the_alarm_address_are_removed_by_name(deployed: Deployed) -> None:
    """A deployment names each removal with its consequences, and makes them once all are allowed."""
    routes = deployed.project.routes
    deployed.project.topics = [*deployed.project.topics, "extra"]
    deployed.project.set(alarm_email="library@example.org")
    deployed.changed()
    arn = deployed.outputs["TopicArnPrefix"] + "extra"
    deployed.aws.sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="subscriber@example.org")
    deployed.project.routes = routes
    deployed.project.set(alarm_email=None)
    sentence = rejected(deployed, "--allow-removal=another")
    assert "topic extra: 1 subscription is deleted with it" in sentence
    assert "add --allow-removal extra --allow-removal library@example.org." in sentence
    changes = deployed.changed("--allow-removal=extra", "--allow-removal=library@example.org")
    removed = {change["resource"] for change in changes if change["action"] == "remove"}
    assert "Topicextra" in removed


def test_f56_a_route_is_removed_by_name(deployed: Deployed) -> None:
    """A deployment that removes a deployed route is rejected until the removal is allowed by name."""
    routes = deployed.project.routes
    extra = "  - name: extra\n    when: {action: [LOAN]}\n    deliver: [{topic: other}]\n"
    deployed.project.routes = f"{routes.rstrip()}\n\n{extra}"
    deployed.changed()
    deployed.project.routes = routes
    assert "removes route extra: " in rejected(deployed)
    deployed.changed("--allow-removal=extra")
    assert deployed.changed() == []
