"""Change sets: what is asked for, how a change is told, when there is none. CloudFormation is stubbed."""

import pytest
from botocore.stub import Stubber

from scripts.deploy import change_sets
from scripts.deploy.aws import Aws
from scripts.deploy.change_sets import Change, Wanted
from scripts.errors import FailedError
from tests.scripts.deploy.stacks import ID, add_change_set, add_unchanged, asked, change


def wanted(kind: str = "UPDATE") -> Wanted:
    return Wanted("stack", kind, {"TemplateBody": "{}"}, [], [])


def test_changes_are_told_in_our_words(clients: Aws, stub: Stubber) -> None:
    """What AWS is not sure of may be a replacement."""
    queue = "AWS::SQS::Queue"
    add_change_set(
        stub,
        change("Add", queue, "A"),
        change("Modify", queue, "B", Replacement="False"),
        change("Modify", queue, "C", Replacement="True"),
        change("Modify", queue, "D", Replacement="Conditional"),
        change("Remove", queue, "E"),
        change("Import", queue, "F"),
        expected=asked("UPDATE"),
    )
    actions = ["add", "change", "replace", "may replace", "remove", "take up"]
    changes = change_sets.create(clients, wanted()).changes
    assert changes == [Change(action, queue, name) for action, name in zip(actions, "ABCDEF", strict=True)]


@pytest.mark.parametrize("action", ["replace", "may replace", "remove"])
@pytest.mark.parametrize(
    "kind", ["AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::ApiGatewayV2::Api"]
)
def test_f52_a_loss_is_seen(action: str, kind: str) -> None:
    """Of whatever holds events or records, and of the address that Alma knows."""
    assert Change(action, kind, "X").loss


@pytest.mark.parametrize(
    "harmless", [("change", "AWS::SQS::Queue"), ("take up", "AWS::S3::Bucket"), ("remove", "AWS::SNS::Topic")]
)
def test_what_loses_nothing_is_no_loss(harmless: tuple[str, str]) -> None:
    """A change in place, and what holds nothing."""
    assert Change(*harmless, "X").loss == ""


def test_no_change_is_no_failure(clients: Aws, stub: Stubber) -> None:
    """CloudFormation calls it failed; the change set is taken back, an existing stack left alone."""
    add_unchanged(stub)
    assert change_sets.create(clients, wanted()).changes == []


def test_a_refused_template_is_explained(clients: Aws, stub: Stubber) -> None:
    """CloudFormation's own sentence is passed on."""
    stub.add_client_error("create_change_set", "ValidationError", "Parameter Stage is wrong")
    with pytest.raises(FailedError, match="refuses the stack stack: Parameter Stage is wrong"):
        change_sets.create(clients, wanted())


def test_changes_that_cannot_be_are_explained_and_taken_back(clients: Aws, stub: Stubber) -> None:
    """With them goes the empty stack that a change set for a new one makes."""
    stub.add_response("create_change_set", {"Id": "set", "StackId": ID}, asked("CREATE"))
    failed = {"Status": "FAILED", "StatusReason": "queue already exists in stack other"}
    stub.add_response("describe_change_set", failed)
    stub.add_response("delete_change_set", {}, {"ChangeSetName": "set"})
    stub.add_response("delete_stack", {}, {"StackName": ID})
    with pytest.raises(FailedError, match="refuses the changes of the stack stack: queue already exists"):
        change_sets.create(clients, wanted("CREATE"))
