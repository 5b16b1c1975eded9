"""Topics of notifications from the file to the mailbox of the emulator, with the commands of an operator."""

import json
import re
import shlex
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.aws import emulator, ports
from scripts.cli.signals import Interrupts
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import Deployed
from tests.scripts.command import run

pytestmark = pytest.mark.full  # a deployment of three stacks

SENDER = "alma@library.example"
TOPICS = """\
channels:
  library:
    jobs:
      integrations:
        - name: desk
          type: email
          model: "The job $title ended."
          configuration: {from: alma@library.example, to: [desk@library.example], subject: "Job: {{ title }}"}
    chat:
      integrations:
        - {name: team, type: slack, model: "$title", configuration: {url: {ssm: slack-team}}}
"""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A deployment with notifications that may send mail, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"))
        project.set(notifications=True)
        project.set_parameters(EmailIdentity="library.example")
        (project.path / "notifications.yaml").write_text(TOPICS, "utf-8")
        found = Deployed.planned(started.endpoint_url, project)
        sesv2: Any = found.aws.session.client("sesv2", endpoint_url=started.endpoint_url)
        sesv2.create_email_identity(EmailIdentity="library.example")
        sesv2.create_email_identity(EmailIdentity=SENDER)
        done = found.command("deploy", "--yes")
        assert done.returncode == 0, done.stderr
        assert re.search(r"  URL +'http://127\.0\.0\.1:\d+/.*/\$default/v1/notifications/CHANNEL/TOPIC'", done.stdout)
        yield found


def mails(deployed: Deployed) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{deployed.endpoint_url}/_ministack/ses/messages") as answer:  # noqa: S310 - the emulator
        found = json.load(answer)["messages"]
    return [message for messages in found.values() for message in messages]


def data_of(deployed: Deployed, command: str, *arguments: str) -> Any:
    done = deployed.command(command, *arguments, "--output=json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_topic_is_applied_posted_to_and_tested(deployed: Deployed) -> None:
    """Apply, create a key, post, and send a test: each mail is in the emulator's SES once."""
    applied = data_of(deployed, "topics apply", "--yes")
    assert [each["change"] for each in applied["topics"]] == ["create", "create"]
    assert [each["change"] for each in data_of(deployed, "topics apply", "--yes")["topics"]] == ["unchanged"] * 2
    data_of(deployed, "topics api-key create")

    posted = [data_of(deployed, "notify library/jobs", "title=Backup", "--idempotency-key=nightly") for _ in range(2)]
    assert [set(each["ids"]) for each in posted] == [{"desk"}, {"desk"}]
    [mail] = eventually(lambda: mails(deployed), seconds=60)
    assert (mail["Subject"], mail["BodyText"]) == ("Job: Backup", "The job Backup ended.")

    tested = data_of(deployed, "topics test library/jobs", "--integration=desk", "title=Test", "--yes")
    assert (tested["outcome"], bool(tested["reference"])) == ("accepted", True)
    assert [each["Subject"] for each in mails(deployed)] == ["Job: Backup", "Job: Test"]


def test_f74_the_commands_that_are_printed_lead_on(deployed: Deployed) -> None:
    """The command for a missing secret is the same in `list` and `test`, and reads the secret; a test names no path."""
    data_of(deployed, "topics apply", "--yes")
    [missing] = next(each for each in data_of(deployed, "topics list")["topics"] if each["topic"] == "library/chat")[
        "missing_secrets"
    ]
    failed = deployed.command("topics test library/chat", "--integration=team", "--yes")
    assert (failed.returncode, missing["store"] in failed.stderr) == (2, True)
    rejected = run(*shlex.split(missing["store"])[1:], environment=deployed.project.environment)
    assert (rejected.returncode, "standard input is empty" in rejected.stderr.lower()) == (2, True)
    name = "/alma-webhooks/dev/notifications/slack-team"
    value = f"https://127.0.0.1:{ports.free(0)}/canary"
    deployed.aws.ssm.put_parameter(Name=name, Value=value, Type="SecureString")
    refused = deployed.command("topics test library/chat", "--integration=team", "--yes")
    assert (refused.returncode, refused.stdout.startswith("refused: 127.0.0.1")) == (1, True), refused.stderr
    assert "canary" not in refused.stdout + refused.stderr


def test_a_topic_is_deleted(deployed: Deployed) -> None:
    """With its condition, which DynamoDB checks; then posts to it are rejected."""
    data_of(deployed, "topics apply", "--yes")
    topic_id = data_of(deployed, "topics show library/chat")["id"]
    assert data_of(deployed, "topics delete library/chat", "--yes") == {"deleted": "library/chat", "id": topic_id}
    assert [each["topic"] for each in data_of(deployed, "topics list")["topics"]] == ["library/jobs"]
    assert "There is no topic library/chat" in deployed.command("notify library/chat").stderr
