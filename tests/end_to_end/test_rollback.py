"""`rollback`, `upgrade-check` and `destroy --everything` on the emulator: what is restored, shown and deleted."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scripts.alma_client.client import post, signature
from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.aws.clients import Aws
from scripts.cli.signals import Interrupts
from scripts.local.observe import subscribed
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.running import eventually
from tests.samples import body_of
from tests.scripts.command import run

pytestmark = pytest.mark.full  # several deployments

PROJECT = """
schema: 1
name: library
stages:
  dev:
    alma_profiles: [alma]
    parameters: {ProcessorTimeout: 15, VisibilityTimeout: VISIBILITY}
"""
ROUTES = """
topics: [TOPIC]
routes:
  - {name: all, fallback: true, deliver: [{topic: TOPIC}]}
"""


class Library(NamedTuple):
    """The project folder of a library, and the stack on an emulator that it describes."""

    folder: Path
    name: str
    aws: Aws
    endpoint_url: str

    def write(self, topic: str, visibility: int) -> None:
        """Write both files of the project."""
        (self.folder / "alma-webhooks.yaml").write_text(PROJECT.replace("VISIBILITY", str(visibility)))
        (self.folder / "routes.yaml").write_text(ROUTES.replace("TOPIC", topic))

    def command(self, name: str, *arguments: str) -> Any:
        """Run a command without a terminal."""
        where = ("--stage", "dev", "--stack", self.name, "--endpoint-url", self.endpoint_url)
        return run(name, *where, "--project", str(self.folder), *arguments)

    def done(self, name: str, *arguments: str) -> Any:
        """Run a command that succeeds, and return its JSON data."""
        completed = self.command(name, "--output=json", *arguments)
        assert completed.returncode == 0, completed.stderr
        return json.loads(completed.stdout)

    def topic_of_an_event(self) -> str:
        """Post an event, and return the topic that it is delivered to."""
        found = stacks.read(self.aws, self.name)
        url = emulator.Emulator(self.endpoint_url).webhook_url(found.outputs["ApiId"], "alma")
        name = "/alma-webhooks/dev/alma/secret"
        secret = self.aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        body = body_of("loan-returned").replace(b'"action":', b'"token":"%s","action":' % secrets.token_hex(4).encode())
        with subscribed(self.aws, found.topics, Interrupts()) as subscriptions:
            reply = as_alma(lambda: post(url, body, signed=signature(body, secret=secret)))

            def seen() -> list[str]:
                subscriptions.receive(1)
                return [each.topic for each in subscriptions.sightings if each.receipt_id == reply.receipt_id]

            return str(eventually(seen, seconds=60)[0])


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Start an emulator, and make a folder without files."""
    with emulator.started(ports.free(0), Interrupts()) as running:
        address = running.endpoint_url
        yield Library(tmp_path, f"alma-{secrets.token_hex(4)}", Aws.local(address, emulator.REGION), address)


def test_rollback_restores_routes_and_parameters_and_everything_can_be_removed(library: Library) -> None:
    """After a rollback the old route delivers; after `destroy --everything` nothing of the stack is left."""
    library.write("old-topic", 16)
    library.done("deploy", "--yes")
    nothing = library.command("rollback", "--yes")
    assert (nothing.returncode, "no earlier deployment of this stack is recorded" in nothing.stderr) == (3, True)
    same = library.command("upgrade-check", "--output=json")
    assert (same.returncode, json.loads(same.stdout)["groups"]) == (0, {}), same.stdout

    library.write("new-topic", 20)
    library.done("deploy", "--yes", "--allow-removal=old-topic", "--allow-removal=all")
    assert library.topic_of_an_event() == "new-topic"

    shown = library.done("rollback", "--dry-run")
    changes = {(each["kind"], each["name"]): (each["before"], each["after"]) for each in shown["differences"]}
    assert changes["parameter", "VisibilityTimeout"] == ("20", "16")
    assert {("topic", "old-topic"), ("topic", "new-topic"), ("code", "processor"), ("route", "all")} <= set(changes)
    unnamed = library.command("rollback", "--yes")
    assert (unnamed.returncode, "--allow-removal new-topic" in unnamed.stderr) == (3, True), unnamed.stderr

    restored = library.done("rollback", "--yes", "--allow-removal=new-topic", "--allow-removal=all")
    assert restored["proof"]["state"] == "proven"
    assert library.topic_of_an_event() == "old-topic"
    described = stacks.parameters_of(stacks.describe(library.aws, library.name))
    assert described["VisibilityTimeout"] == "16"
    assert library.command("upgrade-check").returncode == 5, "the folder is ahead of the stack"

    removed = library.done("destroy", "--everything", "--yes")
    assert removed["failed"] == {}
    assert f"queue {library.name}-webhooks" in removed["deleted"]
    assert "secret /alma-webhooks/dev/alma/secret" in removed["deleted"]
    assert library.aws.sqs.list_queues(QueueNamePrefix=library.name).get("QueueUrls", []) == []
    assert [each for each in library.aws.dynamodb.list_tables()["TableNames"] if library.name in each] == []
    assert [each for each in library.aws.s3.list_buckets()["Buckets"] if library.name in each["Name"]] == []
    assert library.aws.ssm.describe_parameters()["Parameters"] == []
