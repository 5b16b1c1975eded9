"""`destroy --everything`: exports first, names everything, keeps what got events meanwhile. AWS is moto or a stub."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.address import resolve
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.options import StackFlags, StageName
from scripts.deploy import everything
from scripts.deploy.destruction import Destruction
from scripts.deploy.everything import Everything
from scripts.deploy.leftovers import LOG_GROUP, SECRET, Leftover
from scripts.deploy.optional_parts import NOTIFICATIONS_PART
from scripts.deploy.retained import Place, Retained
from scripts.deploy.stack_part import PIPELINE_PART
from scripts.project.folder import Project
from scripts.project.models import ProjectFile
from tests.scripts.dead_letters.notified import NotificationQueues
from tests.scripts.dead_letters.queues import Queues
from tests.scripts.deploy.stacks import add_resources, described, mark_of

PLACE = Place("stack", "123456789012", "us-east-1")
AUDIT = "/alma-webhooks/stack/audit"


@pytest.fixture
def outputs(aws: Aws, queues: Queues) -> dict[str, str]:
    """The outputs of a stack with queues, a bucket and an audit log of one line."""
    aws.s3.create_bucket(Bucket="overflow")
    aws.logs.create_log_group(logGroupName=AUDIT)
    aws.logs.create_log_stream(logGroupName=AUDIT, logStreamName="s")
    now = int(datetime.now(UTC).timestamp() * 1000)
    aws.logs.put_log_events(
        logGroupName=AUDIT, logStreamName="s", logEvents=[{"timestamp": now, "message": '{"message":"replayed"}'}]
    )
    return {
        "QueueUrl": queues.webhooks_url,
        "DeadLetterQueueUrl": queues.dead_letters_url,
        "OverflowBucketName": "overflow",
        "AuditLogGroupName": AUDIT,
    }


@pytest.fixture
def planned(aws: Aws, outputs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Everything:
    """A plan whose stacks are gone at once: CloudFormation is not asked."""
    found = Destruction(aws, PLACE, "dev", [], [], {"QueueUrl": outputs["QueueUrl"]})
    monkeypatch.setattr(Destruction, "run", lambda *_: {"deleted": ["stack-observability", "stack"]})
    context = StackContext(aws, resolve(StackFlags(), {}, None), Stack("stack", outputs), PLACE.account)
    names = {"AWS::SQS::Queue": "dead-letters", "AWS::S3::Bucket": "overflow", LOG_GROUP: AUDIT}
    return Everything(found, context, [Leftover(kind, name) for kind, name in names.items()], tmp_path)


def test_the_data_is_exported_and_everything_is_deleted_and_named(
    planned: Everything, queues: Queues, aws: Aws, tmp_path: Path
) -> None:
    """Both files can be read by their owner only."""
    queues.put(receipt_id="r1")
    result = planned.run(print)
    result.check()
    dead_letters, audit = sorted(tmp_path.iterdir(), reverse=True)
    assert [str(dead_letters), str(audit)] == result.files
    assert json.loads(dead_letters.read_text())["attributes"]["receipt_id"] == "r1"
    assert audit.read_text() == '{"message":"replayed"}\n'
    assert {path.stat().st_mode & 0o777 for path in (dead_letters, audit)} == {0o600}
    assert result.deleted == [
        *("stack stack-observability", "stack stack", "queue dead-letters", "bucket overflow"),
        f"log group {AUDIT}",
    ]
    assert aws.s3.list_buckets()["Buckets"] == []


def test_events_on_the_webhook_queue_reject_before_anything(planned: Everything, queues: Queues, aws: Aws) -> None:
    """Nothing is exported either."""
    aws.sqs.send_message(QueueUrl=queues.webhooks_url, MessageBody="{}")
    with pytest.raises(RejectedError, match="the webhook queue holds about 1 event"):
        planned.destruction.check()


def test_a_queue_that_got_events_meanwhile_is_kept_with_its_bodies(
    planned: Everything, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead letter that came after the export is in no file. Exit 1 names what is left."""

    def run(*_: Any) -> dict[str, Any]:
        queues.put(receipt_id="late")
        return {"deleted": ["stack"]}

    monkeypatch.setattr(Destruction, "run", run)
    result = planned.run(print)
    assert set(result.failed) == {"queue dead-letters", "bucket overflow"}
    assert "1 event on the dead-letter queue arrived during the deletion" in result.failed["bucket overflow"]
    assert f"log group {AUDIT}" in result.deleted
    with pytest.raises(FailedError, match=r"^2 items could not be deleted: queue dead-letters, bucket overflow"):
        result.check()


def test_without_an_export_nothing_is_deleted(planned: Everything, queues: Queues, aws: Aws) -> None:
    """Another reader holds a dead letter, so it could not be exported."""
    queues.put()
    queues.dead_letters.receive(30, 0)
    with pytest.raises(FailedError, match="Nothing was deleted, because not every dead letter could be exported"):
        planned.run(print)
    assert [each["Name"] for each in aws.s3.list_buckets()["Buckets"]] == ["overflow"]


def test_what_aws_does_not_delete_is_reported_and_the_rest_is_deleted(planned: Everything) -> None:
    """One refused deletion does not stop the others."""
    kept = planned._replace(leftovers=[Leftover("AWS::X::Y", "odd"), *planned.leftovers])
    result = kept.run(print)
    assert result.failed == {"AWS::X::Y odd": "this version cannot delete a resource of the type AWS::X::Y"}
    assert "bucket overflow" in result.deleted


@pytest.fixture
def with_notifications(planned: Everything, notified: NotificationQueues) -> Everything:
    """The same plan with a notifications stack."""
    assert planned.context is not None
    notifications = planned.context._replace(stack=Stack("stack-notifications", notified.outputs))
    left = Leftover("AWS::SQS::Queue", "alma-webhooks-dev-notifications-dead-letters")
    return planned._replace(notifications=notifications, leftovers=[left, *planned.leftovers])


def test_the_dead_letters_of_notifications_are_exported_to_a_file_of_their_own(
    with_notifications: Everything, notified: NotificationQueues, queues: Queues, tmp_path: Path
) -> None:
    """Its format says whose they are, and the queue is deleted."""
    notified.put()
    queues.put(receipt_id="r2")
    lines: list[str] = []
    result = with_notifications.run(lines.append)
    result.check()
    [file] = tmp_path.glob("stack-notifications-dead-letters-*.jsonl")
    assert str(file) in result.files
    line = json.loads(file.read_text())
    assert (line["format"], line["from"]["stack"]) == ("alma-webhooks-notification-dead-letter", "stack-notifications")
    assert lines[0] == "exported 1 dead letter, 1 dead letter of notifications and 1 line of the audit log"
    assert "queue alma-webhooks-dev-notifications-dead-letters" in result.deleted


def test_a_notification_that_failed_meanwhile_is_kept(
    with_notifications: Everything, notified: NotificationQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in no file."""

    def run(*_: Any) -> dict[str, Any]:
        notified.put(receipt_id="late")
        return {"deleted": ["stack"]}

    monkeypatch.setattr(Destruction, "run", run)
    failed = with_notifications.run(print).failed
    assert "1 notification on the dead-letter queue of notifications arrived" in failed["bucket overflow"]


def test_without_an_export_of_notifications_nothing_is_deleted(
    with_notifications: Everything, notified: NotificationQueues, aws: Aws
) -> None:
    """Another reader holds one."""
    notified.put()
    notified.queues.dead_letters.receive(30, 0)
    with pytest.raises(FailedError, match="Nothing was deleted, because not every dead letter could be exported"):
        with_notifications.run(print)
    assert [each["Name"] for each in aws.s3.list_buckets()["Buckets"]] == ["overflow"]


@pytest.fixture
def stub(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART,))
    monkeypatch.setattr("scripts.deploy.optional_parts.OPTIONAL", ())
    with Stubber(aws.cloudformation) as stub:
        yield stub
        stub.assert_no_pending_responses()


def secrets_to_delete(aws: Aws, stub: Stubber, other: dict[str, Any], *stored: str) -> list[str]:
    """Return whose secrets of the stage dev go with a stack that serves alma and mine."""
    for profile in stored:
        aws.ssm.put_parameter(Name=f"/alma-webhooks/dev/{profile}/secret", Value="x", Type="SecureString")
    mine = described("CREATE_COMPLETE", {}, Stage="dev", Profiles="alma,mine", RetiredProfiles="kept")
    stub.add_response("describe_stacks", mine)
    add_resources(stub, "WebhookQueue")
    other["Stacks"][0]["StackName"] = "other"
    stub.add_response("describe_stacks", other)
    file = ProjectFile.model_validate({"schema": 1, "name": "alma-webhooks", "stages": {"dev": {}}})
    address = resolve(StackFlags(stage=StageName.dev, stack="stack"), {}, Project(Path(), file, "--project"))
    found = everything.planned(aws, address)
    assert Leftover("AWS::SQS::Queue", "stack-webhooks") in found.leftovers
    assert found.destruction.kept == [Retained("WebhookQueue", "AWS::SQS::Queue", "stack-webhooks")]
    return [each.name.split("/")[3] for each in found.leftovers if each.kind == SECRET]


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "CREATE_IN_PROGRESS"])
def test_secrets_that_another_stack_of_the_stage_needs_are_kept(aws: Aws, stub: Stubber, status: str) -> None:
    """They are by stage and profile, so two stacks of a stage share them, that of the heartbeat too."""
    other = described(status, {}, Stage="dev", Profiles="alma,new")
    assert secrets_to_delete(aws, stub, other, "alma", "mine", "new", "heartbeat") == ["mine"]


def test_secrets_that_no_stack_uses_now_are_kept(aws: Aws, stub: Stubber) -> None:
    """A stack that was destroyed earlier kept the secrets of its Alma profiles, and a new deployment needs them."""
    other = described("CREATE_COMPLETE", {}, Stage="prod", Profiles="alma")
    assert secrets_to_delete(aws, stub, other, "alma", "kept", "heartbeat") == ["alma"]


def test_the_secret_of_the_heartbeat_goes_with_the_last_one_of_the_stage(aws: Aws, stub: Stubber) -> None:
    """Nothing of the stage is left then."""
    other = described("CREATE_COMPLETE", {}, Stage="prod", Profiles="alma")
    assert secrets_to_delete(aws, stub, other, "alma", "mine", "heartbeat") == ["alma", "heartbeat", "mine"]


@pytest.mark.parametrize("other_part", ["notifications", "pipeline"])
def test_secrets_of_notifications_that_another_stack_needs_are_kept(
    aws: Aws, stub: Stubber, monkeypatch: pytest.MonkeyPatch, other_part: str
) -> None:
    """API keys and secrets of integrations are by stage, so two notifications stacks of a stage share them."""
    monkeypatch.setattr("scripts.deploy.optional_parts.OPTIONAL", (NOTIFICATIONS_PART,))
    for name in ("api-key", "slack-team"):
        aws.ssm.put_parameter(Name=f"/alma-webhooks/dev/notifications/{name}", Value="x", Type="SecureString")
    own = described(
        "CREATE_COMPLETE", {"Mark": mark_of("notifications"), "SenderLogGroupName": "/aws/lambda/sender"}, Stage="dev"
    )
    own["Stacks"][0]["StackName"] = "stack-notifications"
    other = described("CREATE_COMPLETE", {"Mark": mark_of(other_part)}, Stage="dev")
    other["Stacks"][0]["StackName"] = "other"
    for answer in (own, own, described("CREATE_COMPLETE", Stage="dev")):  # whether it is there, and both as they are
        stub.add_response("describe_stacks", answer)
    add_resources(stub)
    add_resources(stub)
    stub.add_response("describe_stacks", {"Stacks": [*own["Stacks"], *other["Stacks"]]})
    file = ProjectFile.model_validate({"schema": 1, "name": "alma-webhooks", "stages": {"dev": {}}})
    address = resolve(StackFlags(stage=StageName.dev, stack="stack"), {}, Project(Path(), file, "--project"))
    found = everything.planned(aws, address).leftovers
    secrets = [each.name.rpartition("/")[2] for each in found if each.kind == SECRET]
    assert secrets == ([] if other_part == "notifications" else ["api-key", "slack-team"])
    assert Leftover(LOG_GROUP, "/aws/lambda/sender") in found
