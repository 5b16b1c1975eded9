"""Destroying: rejected while queues hold events in any state; retained resources stay. CloudFormation is stubbed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.deploy.destruction import Destruction, planned
from scripts.deploy.optional_parts import NOTIFICATIONS_PART
from scripts.deploy.retained import Place
from scripts.deploy.stack_part import OBSERVABILITY_PART, PIPELINE_PART
from scripts.project.folder import Project
from tests.scripts.command import run
from tests.scripts.deploy.projects import address_in, project_in
from tests.scripts.deploy.stacks import ID, add_events, add_missing, add_resources, described, event, mark_of

PLACE = Place("stack", "123456789012", "us-east-1")


@pytest.fixture
def stub(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """CloudFormation, of whose stacks the first is enough here: each further one would be asked for too."""
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART,))
    monkeypatch.setattr("scripts.deploy.optional_parts.OPTIONAL", ())
    with Stubber(aws.cloudformation) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def queues(aws: Aws) -> dict[str, str]:
    """Both queues, empty, by the names of the stack's outputs."""
    names = {"QueueUrl": "stack-webhooks", "DeadLetterQueueUrl": "stack-dead-letters"}
    return {output: aws.sqs.create_queue(QueueName=name)["QueueUrl"] for output, name in names.items()}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The project of the stack."""
    return project_in(tmp_path)


def of(aws: Aws, queues: dict[str, str]) -> Destruction:
    return Destruction(aws, PLACE, "dev", described("CREATE_COMPLETE")["Stacks"], [], queues)


@pytest.mark.usefixtures("stub")  # which answers no deletion
@pytest.mark.parametrize(
    ("output", "state", "name"),
    [
        ("QueueUrl", "visible", "webhook queue"),
        ("QueueUrl", "in flight", "webhook queue"),
        ("QueueUrl", "delayed", "webhook queue"),
        ("DeadLetterQueueUrl", "visible", "dead-letter queue"),
        ("DeadLetterQueueUrl", "in flight", "dead-letter queue"),
    ],
)
def test_f52_events_that_wait_forbid_it(output: str, state: str, name: str, aws: Aws, queues: dict[str, str]) -> None:
    """In flight and delayed ones too; nothing is deleted."""
    aws.sqs.send_message(QueueUrl=queues[output], MessageBody="x", DelaySeconds=600 if state == "delayed" else 0)
    if state == "in flight":
        assert aws.sqs.receive_message(QueueUrl=queues[output], VisibilityTimeout=600)["Messages"]
    with pytest.raises(RejectedError, match=f"Nothing was deleted, because the {name} holds about 1 event"):
        of(aws, queues).run(print)


def test_an_empty_stack_is_deleted_and_waited_for(aws: Aws, stub: Stubber, queues: dict[str, str]) -> None:
    """Events that arrived during the deletion are reported: the queues still exist."""
    add_events(stub)
    stub.add_response("delete_stack", {}, {"StackName": "stack"})
    stub.add_response("describe_stacks", described("DELETE_COMPLETE"), {"StackName": ID})
    add_events(stub, event("Api", "DELETE_COMPLETE"))

    def late(_: str) -> None:
        aws.sqs.send_message(QueueUrl=queues["QueueUrl"], MessageBody="x")

    done = of(aws, queues).run(late)
    assert (done["deleted"], done["came"]) == (["stack"], {"webhook queue": 1})


def test_what_is_kept_is_named(aws: Aws, stub: Stubber, project: Project) -> None:
    """Those of the resources that the template keeps which the stack has."""
    outputs = {"QueueUrl": "u", "DeadLetterQueueUrl": "d", "ApiId": "1"}
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", outputs, Stage="dev"))
    add_resources(stub, "WebhookQueue", "OverflowBucket", "DeliveriesTable", "Api")
    found = planned(aws, address_in(project, stack="stack"))
    assert found.queues == {"QueueUrl": "u", "DeadLetterQueueUrl": "d"}
    assert {each.name for each in found.kept} == {
        "stack-webhooks",
        "stack-deliveries",
        "stack-123456789012-us-east-1",
    }


def test_f55_a_stack_that_lacks_the_queues_is_not_said_to_keep_them(aws: Aws, stub: Stubber, project: Project) -> None:
    """A first deployment that failed has rolled back what it would have kept."""
    stub.add_response("describe_stacks", described("ROLLBACK_COMPLETE", Stage="dev"))
    template = 'Metadata: {Mark: {product: alma-webhooks, part: pipeline, version: "1.0.0"}}'
    stub.add_response("get_template", {"TemplateBody": template})
    add_resources(stub)
    assert planned(aws, address_in(project, stack="stack")).kept == []


@pytest.mark.parametrize("foreign", ["stack", "stack-observability"])
def test_f55_a_foreign_stack_under_either_name_is_not_deleted(
    foreign: str, aws: Aws, stub: Stubber, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A foreign stack is not deleted, nor the pipeline stack if the observability stack is foreign."""
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART, OBSERVABILITY_PART))
    for name, part in (("stack-observability", "observability"), ("stack", "pipeline")):
        outputs = {"Url": "x", "Mark": "" if name == foreign else mark_of(part)}
        answer = described("CREATE_COMPLETE", outputs, Stage="dev")
        answer["Stacks"][0]["StackName"] = name
        stub.add_response("describe_stacks", answer, {"StackName": name})
    with pytest.raises(RejectedError, match=f"^Stack {foreign} does not carry the mark of alma-webhooks"):
        planned(aws, address_in(project, stack="stack"))


def test_no_stack_and_a_stack_of_another_stage_are_refused(aws: Aws, stub: Stubber, project: Project) -> None:
    """Nothing can be deleted by the wrong stage's name."""
    add_missing(stub)
    with pytest.raises(ConfigurationError, match="Stack stack not found in us-east-1"):
        planned(aws, address_in(project, stack="stack"))
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", Stage="prod"))
    with pytest.raises(ConfigurationError, match="belongs to stage prod, not dev"):
        planned(aws, address_in(project, stack="stack"))


def test_a_stack_of_another_project_is_not_deleted(aws: Aws, stub: Stubber, tmp_path: Path) -> None:
    """Its folder is somebody else's."""
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", Stage="dev"))
    with pytest.raises(RejectedError, match="belongs to the project alma-webhooks of alma-webhooks, not to library"):
        planned(aws, address_in(project_in(tmp_path, name="library"), stack="stack"))


def test_a_stack_whose_deletion_failed_can_be_deleted_again(aws: Aws, stub: Stubber, project: Project) -> None:
    """A stack in this state cannot be deployed, but it can be deleted."""
    stub.add_response("describe_stacks", described("DELETE_FAILED", Stage="dev"))
    add_resources(stub)
    assert planned(aws, address_in(project, stack="stack")).stacks


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_without_a_terminal_it_must_be_said(command: str) -> None:
    """Nobody can answer there: exit 2 before anything is looked at."""
    done = run(command, "--stage", "dev")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == "alma-webhooks: stdin is not a terminal, so nothing was changed; pass --yes to skip the prompt.\n"
    )


def test_the_order_is_the_reverse_of_deploying(
    aws: Aws, stub: Stubber, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The observability stack is deleted before the pipeline."""
    monkeypatch.setattr("scripts.deploy.stack_deployer.PARTS", (PIPELINE_PART, PIPELINE_PART._replace(suffix="-later")))
    for name in ("stack-later", "stack"):
        answer = described("CREATE_COMPLETE", Stage="dev")
        answer["Stacks"][0]["StackName"] = name
        stub.add_response("describe_stacks", answer, {"StackName": name})
    add_resources(stub)
    add_resources(stub)
    assert [each["StackName"] for each in planned(aws, address_in(project, stack="stack")).stacks] == [
        "stack-later",
        "stack",
    ]


def test_the_notifications_stack_is_deleted_first_with_its_own_queues(
    aws: Aws, stub: Stubber, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is deleted even if the stage does not ask for it any more, and its queues and tables are kept."""
    monkeypatch.setattr("scripts.deploy.optional_parts.OPTIONAL", (NOTIFICATIONS_PART,))
    names = {"stack-notifications": "notifications", "stack": "pipeline"}
    for name, part in (("stack-notifications", "notifications"), *names.items()):  # the optional one twice
        outputs = {"QueueUrl": f"{name}-q", "DeadLetterQueueUrl": f"{name}-d", "Mark": mark_of(part)}
        answer = described("CREATE_COMPLETE", outputs, Stage="dev")
        answer["Stacks"][0]["StackName"] = name
        stub.add_response("describe_stacks", answer, {"StackName": name})
    add_resources(stub, "NotificationQueue", "TopicsTable", "Api")
    add_resources(stub, "WebhookQueue")
    found = planned(aws, address_in(project, stack="stack"))
    assert [each["StackName"] for each in found.stacks] == ["stack-notifications", "stack"]
    kept = ["stack-notifications-queue", "stack-notifications-topics", "stack-webhooks"]
    assert sorted(each.name for each in found.kept) == kept
    assert found.queues == {
        "QueueUrl": "stack-q",
        "DeadLetterQueueUrl": "stack-d",
        "notifications.QueueUrl": "stack-notifications-q",
        "notifications.DeadLetterQueueUrl": "stack-notifications-d",
    }


@pytest.mark.usefixtures("stub")  # which answers no deletion
@pytest.mark.parametrize("output", ["QueueUrl", "DeadLetterQueueUrl"])
def test_f52_notifications_that_wait_forbid_it(output: str, aws: Aws, queues: dict[str, str]) -> None:
    """The sentence says what to do about these, and nothing about events."""
    held = of(aws, {f"notifications.{name}": url for name, url in queues.items()})
    aws.sqs.send_message(QueueUrl=queues[output], MessageBody="x")
    with pytest.raises(
        RejectedError, match=r"holds about 1 notification\. .*Wait until the notifications queue"
    ) as raised:
        held.run(print)
    assert "webhook queue" not in str(raised.value)
    held.aws.sqs.purge_queue(QueueUrl=queues[output])
    held.check()


def test_a_foreign_stack_with_the_name_of_an_optional_one_is_left_alone(
    aws: Aws, stub: Stubber, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deployment has no notifications, so that stack does not stand in its way."""
    monkeypatch.setattr("scripts.deploy.optional_parts.OPTIONAL", (NOTIFICATIONS_PART,))
    for name, part in (("stack-notifications", "pipeline"), ("stack", "pipeline")):
        answer = described("CREATE_COMPLETE", {"Mark": mark_of(part)}, Stage="dev")
        answer["Stacks"][0]["StackName"] = name
        stub.add_response("describe_stacks", answer, {"StackName": name})
    add_resources(stub)
    assert [each["StackName"] for each in planned(aws, address_in(project, stack="stack")).stacks] == ["stack"]
