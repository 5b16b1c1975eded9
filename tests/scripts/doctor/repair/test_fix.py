"""Test that a fix changes nothing else in a stack, how it ends after a failure, and that only our stacks are fixed."""

from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.deploy import change_sets
from scripts.deploy.change_sets import ChangeSet, ChangeSetRequest, ResourceChange
from scripts.doctor.repair.faults import Remedy, ResourceFault, all_faults
from scripts.doctor.repair.fix import StackRepair, watch
from scripts.doctor.repair.stack_parts import StackResource, StackResources
from tests.scripts.deploy.stacks import mark_of
from tests.scripts.doctor.subjects import described

TOPIC = StackResource("Topic", "AWS::SNS::Topic", "arn:aws:sns:us-east-1:123456789012:s-a")
TEMPLATE: dict[str, Any] = {"Parameters": {"P": {}}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Other": {}}}
STACK = StackResources("s", TEMPLATE, (TOPIC,))
FAULT = ResourceFault(STACK, TOPIC, Remedy.recreate, "the topic is not there")
REMOVAL, ADDITION = (
    ResourceChange("remove", "AWS::SNS::Topic", "Topic"),
    ResourceChange("add", "AWS::SNS::Topic", "Topic"),
)


class Made:
    """A fake CloudFormation that returns these changes, one list for each change set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *changes: list[ResourceChange]) -> None:
        self.wanted: list[ChangeSetRequest] = []
        self.executed = self.discarded = 0
        answers = list(changes)

        def create(_: Aws, wanted: ChangeSetRequest) -> ChangeSet:
            self.wanted.append(wanted)
            return ChangeSet("set", "id", wanted, answers.pop(0))

        def execute(*_: object, **__: object) -> None:
            self.executed += 1

        def discard(*_: object) -> None:
            self.discarded += 1

        monkeypatch.setattr(change_sets, "create", create)
        monkeypatch.setattr(change_sets, "execute", execute)
        monkeypatch.setattr(change_sets, "discard", discard)


def recreate(scope: StackContext) -> None:
    StackRepair(scope, "123456789012", lambda _: None).recreate([FAULT])


def test_f74_a_missing_resource_is_removed_and_added_again(
    scope: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deployed template and all parameters stay the same."""
    made = Made(monkeypatch, [REMOVAL, ResourceChange("change", "AWS::Lambda::Function", "Other")], [ADDITION])
    recreate(scope)
    first, second = made.wanted
    assert '"Topic"' not in first.template["TemplateBody"]
    assert '"Topic"' in second.template["TemplateBody"]
    assert first.parameters == second.parameters == [{"ParameterKey": "P", "UsePreviousValue": True}]
    assert (made.executed, made.discarded) == (2, 0)


@pytest.mark.parametrize(
    "other",
    [
        ResourceChange("remove", "AWS::SNS::Topic", "Other"),
        ResourceChange("add", "AWS::SNS::Topic", "Other"),
        ResourceChange("replace", "AWS::Lambda::Function", "Other"),
        ResourceChange("may replace", "AWS::SQS::Queue", "Other"),
    ],
)
def test_f74_a_change_set_that_does_more_is_not_executed(
    scope: StackContext, monkeypatch: pytest.MonkeyPatch, other: ResourceChange
) -> None:
    """A change set that could lose events is not executed either."""
    made = Made(monkeypatch, [REMOVAL, other])
    with pytest.raises(FailedError, match=f"{other.action} Other.*not executed"):
        recreate(scope)
    assert (made.executed, made.discarded) == (0, 1)


def test_a_change_set_without_the_expected_change_is_not_executed(
    scope: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This happens if somebody changed the stack in the meantime."""
    made = Made(monkeypatch, [])
    with pytest.raises(FailedError, match="does not remove Topic"):
        recreate(scope)
    assert (made.executed, made.discarded) == (0, 0)


def test_a_fix_that_fails_after_the_removal_says_how_to_continue(
    scope: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stack lacks the resource then, so a deployment adds it."""
    Made(monkeypatch, [REMOVAL], [])
    with pytest.raises(
        FailedError, match=r"The stack s now lacks Topic. .* add them: alma-webhooks deploy --stage dev$"
    ):
        recreate(scope)


@pytest.mark.parametrize("shown", ["", mark_of("pipeline")])
def test_f55_a_foreign_stack_beside_the_pipeline_is_not_repaired(scope: StackContext, shown: str) -> None:
    """Both stacks are verified before any is searched; an unexpected call would fail the test."""
    name = scope.stack.name
    beside = f"{name}-observability"
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", described(name), {"StackName": name})
        stub.add_response("describe_stacks", described(beside, Mark=shown), {"StackName": beside})
        with pytest.raises(RejectedError, match=f"^Stack {beside} (does not carry|is the pipeline)"):
            all_faults(scope)


def test_a_pipeline_without_alarm_stack_is_searched_alone(scope: StackContext) -> None:
    """The other stacks are optional."""
    name = scope.stack.name
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", described(name))
        for _ in ("observability", "notifications"):
            stub.add_client_error("describe_stacks", "ValidationError", "Stack with id x does not exist")
        asked = {"StackName": name, "TemplateStage": "Processed"}
        stub.add_response("get_template", {"TemplateBody": "Resources: {}"}, asked)
        stub.add_response("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": name})
        assert all_faults(scope) == []


@pytest.mark.parametrize(
    ("shown", "is_ours"), [(mark_of("notifications"), True), (mark_of("pipeline"), False), ("", False)]
)
def test_the_notifications_stack_is_searched_unless_it_is_foreign(
    scope: StackContext, shown: str, *, is_ours: bool
) -> None:
    """Its alarms have the name of the alarm stack, so they are looked up by the name of the pipeline."""
    name = scope.stack.name
    notifications = f"{name}-notifications"
    alarm = {"LogicalResourceId": "Age", "ResourceType": "AWS::CloudWatch::Alarm", "ResourceStatus": "CREATE_COMPLETE"}
    alarm["LastUpdatedTimestamp"] = "2026-11-24T12:00:00Z"
    names = [f"{name}-observability-notifications-{each}" for each in ("age", "gone")]
    put_alarm(scope, names[0])
    of_alarms: Any = {"StackResourceSummaries": [alarm | {"PhysicalResourceId": each} for each in names]}
    with Stubber(scope.aws.cloudformation) as stub:
        stub.add_response("describe_stacks", described(name))
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id x does not exist")
        stub.add_response("describe_stacks", described(notifications, Mark=shown), {"StackName": notifications})
        stub.add_response("get_template", {"TemplateBody": "Resources: {}"})
        stub.add_response("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": name})
        if is_ours:
            stub.add_response("get_template", {"TemplateBody": "Resources: {}"})
            stub.add_response("list_stack_resources", of_alarms, {"StackName": notifications})
        found = [fault.message for fault in all_faults(scope)]
        stub.assert_no_pending_responses()
    assert found == ([f"the alarm {names[1]} does not exist"] if is_ours else [])


def put_alarm(scope: StackContext, name: str) -> None:
    scope.aws.cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmActions=["arn:aws:sns:us-east-1:123456789012:alarms"],
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Namespace="n",
        MetricName="m",
        Period=60,
        Statistic="Sum",
        Threshold=0,
    )


@pytest.fixture
def queue(aws: Aws) -> str:
    return aws.sqs.create_queue(QueueName="webhooks")["QueueUrl"]


def test_an_empty_queue_is_healthy_but_proves_nothing(aws: Aws, queue: str) -> None:
    """The message says that no event is waiting."""
    flow = watch(aws.sqs, queue)
    assert (flow.is_healthy, flow.message.startswith("no event is waiting")) == (True, True)


def test_f74_events_that_leave_are_the_proof(aws: Aws, queue: str) -> None:
    """The watch ends as soon as fewer events wait."""
    for _ in range(2):
        aws.sqs.send_message(QueueUrl=queue, MessageBody="x")

    def taken(_: float) -> None:
        aws.sqs.purge_queue(QueueUrl=queue)

    flow = watch(aws.sqs, queue, taken)
    assert flow == (True, "events are processed: the queue held about 2, now about 0")


def test_f74_events_that_stay_prove_nothing(aws: Aws, queue: str) -> None:
    """The watch ends with the timeout."""
    aws.sqs.send_message(QueueUrl=queue, MessageBody="x")
    flow = watch(aws.sqs, queue, lambda _: None, seconds=0)
    assert flow == (False, "not verified: about 1 event is still waiting on the webhook queue, 1 before")
