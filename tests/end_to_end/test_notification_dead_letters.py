"""Dead letters of notifications on the emulator: why they failed, what a replay would do, and that it sends once."""

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ingest.envelope import Envelope, QueuedMessage, rfc3339
from ingest.sqs_text import typed
from notifications.notification import Notification
from notifications.publisher import PROFILE
from notifications.sending_records import record_id_of
from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.cli.advice import Advice
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised, exercises, is_of
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.scripts.command import ROOT, run

pytestmark = pytest.mark.full  # a deployment with notifications, and functions of its own

SITE = "alma-notified"
QUEUE = "--queue=notifications"
MAIL: Any = {
    "type": "email",
    "from": "jobs@library.example",
    "to": ["team@library.example"],
    "subject": "A job has ended",
}
SLACK: Any = {"type": "slack", "url": {"ssm": "slack-team"}}
SMS: Any = {"type": "sms", "to": "+4930123456"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """A deployment with notifications, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"))
        project.set(notifications=True)
        site = Advised.on(started.endpoint_url, SITE, project)
        site.changed()
        yield site


def outputs(site: Advised) -> dict[str, str]:
    """Return the outputs of the notifications stack."""
    return stacks.read(site.aws, f"{SITE}-notifications").outputs


def notification(number: int, text: str = "invented text", **credentials: Any) -> Notification:
    """Return a notification, a different one for each number."""
    return Notification("team", credentials, text, f"{number:064x}", "library+jobs")


def queue(site: Advised, output: str, sent: Notification, **more: Any) -> str:
    """Put a notification on a queue as the producer does, and return its receipt ID."""
    receipt_id = f"{sent.identity[-4:]}{time.time_ns():028x}"
    now = rfc3339(time.time())
    message: QueuedMessage = Envelope(
        sent.encode().encode(), receipt_id, now, PROFILE, content_type="application/json", **more
    ).encode()
    attributes: Any = typed(message.attributes)
    site.aws.sqs.send_message(QueueUrl=outputs(site)[output], MessageBody=message.body, MessageAttributes=attributes)
    return receipt_id


def dead_letters(site: Advised, *arguments: str) -> dict[str, Any]:
    """Return the JSON output of a `dead-letters` command about notifications."""
    done = run("dead-letters", *arguments, QUEUE, *site.options.split(), "--output=json")
    return dict(json.loads(done.stdout))


def listed(site: Advised, receipt_id: str) -> dict[str, Any]:
    """Wait for the dead letter of a notification."""

    def look() -> list[dict[str, Any]]:
        return [each for each in dead_letters(site, "list")["dead_letters"] if each["id"] == receipt_id]

    return eventually(look, seconds=60)[0]


def mails(site: Advised) -> list[str]:
    """Return the texts that SES has accepted."""
    with urllib.request.urlopen(f"{site.endpoint_url}/_ministack/ses/messages") as answer:  # noqa: S310 -- the emulator
        accounts = json.load(answer)["messages"]
    return [each["BodyText"] for messages in accounts.values() for each in messages]


@exercises(Advice.replay, Advice.discard_accepted)
def test_f79_a_notification_that_failed_is_repaired_replayed_and_accepted_once(site: Advised) -> None:
    """The identity of the sender is missing in SES; a second replay of the same notification sends nothing."""
    sent = notification(1, **MAIL)
    receipt_id = queue(site, "QueueUrl", sent)
    found = listed(site, receipt_id)
    names = [found[name] for name in ("topic", "integration", "service")]
    assert names == ["library+jobs", "team", "email"]
    assert (found["cause"]["class"], found["cause"]["target"]) == ("refused", "email:team@library+jobs")
    assert dead_letters(site, "list", "--target=library+jobs", "--cause=refused")["matching"] == 1

    shown = run("dead-letters", "show", receipt_id, QUEUE, *site.options.split()).stdout
    assert "not verified" in shown
    assert ("invented text" in shown, "team@library.example" in shown) == (False, False)

    ses = site.aws.session.client("sesv2", endpoint_url=site.endpoint_url)
    ses.create_email_identity(EmailIdentity="library.example")
    site.follow(site.next_after(receipt_id, QUEUE, code=0), Advice.replay)
    assert mails(site) == ["invented text"]

    again = queue(site, "DeadLetterQueueUrl", sent)
    verdict, fix = site.explained(again, QUEUE, code=0)[-2:]
    assert "would not be sent: the service has accepted it already" in verdict
    site.follow(fix.removeprefix("next: "), Advice.discard_accepted, "--count=1")
    again = queue(site, "DeadLetterQueueUrl", sent)
    done = run("dead-letters", "replay", again, QUEUE, *site.options.split(), "--yes", "--wait", "--output=json")
    assert [each["outcome"] for each in json.loads(done.stdout)["outcomes"]] == ["duplicate"]
    assert mails(site) == ["invented text"]


@exercises(Advice.redeliver)
def test_f79_after_a_lost_answer_only_redeliver_sends(site: Advised) -> None:
    """An SMS is not repeated by itself, because the first may have been sent."""
    sent = notification(2, **SMS)
    record = {"state": "started", "write_id": "invented"}
    numbers = {"slot": 0, "until": 1000, "expiration": 2**32}
    item: Any = {"id": {"S": record_id_of(sent.delivery_key())}}
    item |= {name: {"S": text} for name, text in record.items()}
    item |= {name: {"N": str(number)} for name, number in numbers.items()}
    site.aws.dynamodb.put_item(TableName=outputs(site)["SendingsTableName"], Item=item)
    receipt_id = queue(site, "QueueUrl", sent)
    assert listed(site, receipt_id)["cause"]["class"] == "unknown"

    site.follow(site.next_after(receipt_id, QUEUE), Advice.redeliver)
    with urllib.request.urlopen(f"{site.endpoint_url}/_ministack/sns/sms-messages") as answer:  # noqa: S310 -- the emulator
        assert "invented text" in answer.read().decode()
    assert dead_letters(site, "list")["matching"] == 0


def test_a_missing_secret_is_named(site: Advised) -> None:
    """The cause and the next step have the name of the parameter, before and after it exists."""
    name = "/alma-webhooks/dev/notifications/slack-team"
    receipt_id = queue(site, "QueueUrl", notification(3, **SLACK))
    assert listed(site, receipt_id)["cause"]["reason"] == f"the parameter {name} does not exist"
    assert is_of(site.next_after(receipt_id, QUEUE), Advice.store_secret)
    site.aws.ssm.put_parameter(Name=name, Value="https://hooks.slack.invalid/x", Type="SecureString")
    assert is_of(site.next_after(receipt_id, QUEUE, code=0), Advice.replay)


def test_everything_is_exported_before_it_is_deleted(site: Advised) -> None:
    """The dead letters of notifications are in a file of their own, and their queue is gone."""
    queue(site, "DeadLetterQueueUrl", notification(4, **MAIL))
    url = outputs(site)["DeadLetterQueueUrl"]
    done = site.command("destroy", "--everything", "--yes", "--output=json")
    assert done.returncode == 0, done.stderr
    files = [ROOT / each for each in json.loads(done.stdout)["files"]]  # in the folder of the command
    [file] = [each for each in files if each.name.startswith(f"{SITE}-notifications-dead-letters-")]
    formats = {json.loads(line)["format"] for line in file.read_text().splitlines()}
    for each in files:
        each.unlink()
    assert formats == {"alma-webhooks-notification-dead-letter"}
    with pytest.raises(ClientError, match="NonExistentQueue"):
        site.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
