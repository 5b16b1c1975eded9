"""Change sets: the request, the description of changes, and the case without changes. CloudFormation is stubbed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError
from scripts.deploy import change_sets
from scripts.deploy.change_sets import ChangeSet, ChangeSetRequest, ResourceChange
from tests.scripts.deploy.stacks import (
    ID,
    SET,
    add_change_set,
    add_discarded,
    add_events,
    add_unchanged,
    asked,
    change,
    described,
)


def wanted(kind: str = "UPDATE") -> ChangeSetRequest:
    return ChangeSetRequest("stack", kind, {"TemplateBody": "{}"}, [], [])


def test_changes_are_shown_in_plain_words(clients: Aws, stub: Stubber) -> None:
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
    actions = ["add", "change", "replace", "may replace", "remove", "import"]
    changes = change_sets.create(clients, wanted()).changes
    assert changes == [ResourceChange(action, queue, name) for action, name in zip(actions, "ABCDEF", strict=True)]


@pytest.mark.parametrize("action", ["replace", "may replace", "remove"])
@pytest.mark.parametrize(
    "kind", ["AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::ApiGatewayV2::Api"]
)
def test_f52_a_loss_is_seen(action: str, kind: str) -> None:
    """For resources that hold events or records, and for the API whose URL Alma knows."""
    assert ResourceChange(action, kind, "X").loss


@pytest.mark.parametrize(
    "change", [("change", "AWS::SQS::Queue"), ("import", "AWS::S3::Bucket"), ("remove", "AWS::SNS::Topic")]
)
def test_what_loses_nothing_is_no_loss(change: tuple[str, str]) -> None:
    """A change in place, and what holds nothing."""
    assert ResourceChange(*change, "X").loss == ""


def test_a_change_of_outputs_alone_is_a_change(clients: Aws, stub: Stubber) -> None:
    """CloudFormation lists no resource for it, and it has to be executed all the same."""
    add_change_set(stub)
    assert change_sets.create(clients, wanted()).changes == [ResourceChange("change", "outputs", "stack")]


def test_no_change_is_no_failure(clients: Aws, stub: Stubber) -> None:
    """CloudFormation calls it failed; the change set is taken back, an existing stack left alone."""
    add_unchanged(stub)
    assert change_sets.create(clients, wanted()).changes == []


def test_a_rejected_template_is_explained(clients: Aws, stub: Stubber) -> None:
    """CloudFormation's own sentence is passed on; a stack that it made all the same is deleted."""
    stub.add_client_error("create_change_set", "ValidationError", "Parameter Stage is wrong")
    stub.add_client_error("delete_change_set", "ChangeSetNotFound")
    stub.add_response("describe_stacks", described("REVIEW_IN_PROGRESS"), {"StackName": "stack"})
    stub.add_response("delete_stack", {}, {"StackName": ID})
    with pytest.raises(FailedError, match="rejected the change set for stack stack: Parameter Stage is wrong"):
        change_sets.create(clients, wanted("CREATE"))


def test_changes_that_cannot_be_are_explained_and_discarded(clients: Aws, stub: Stubber) -> None:
    """With them goes the empty stack that a change set for a new one makes."""
    stub.add_response("create_change_set", {"Id": "set", "StackId": ID}, asked("CREATE"))
    failed = {"Status": "FAILED", "StatusReason": "queue already exists in stack other"}
    stub.add_response("describe_change_set", failed, SET)
    add_discarded(stub)
    with pytest.raises(FailedError, match="rejected the changes to stack stack: queue already exists"):
        change_sets.create(clients, wanted("CREATE"))


class Interrupted:
    """CloudFormation as stubbed, but that one call is interrupted by Ctrl-C, and its request is lost or not."""

    def __init__(self, clients: Aws, call: str) -> None:
        self.cloudformation: Any = self
        self._of, self._call = clients.cloudformation, call

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            return self._interrupt
        return getattr(self._of, name)

    def _interrupt(self, **_: Any) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["CREATE", "IMPORT"])
@pytest.mark.parametrize("call", ["create_change_set", "describe_change_set"])
def test_ctrl_c_leaves_no_empty_stack_behind(call: str, kind: str, clients: Aws, stub: Stubber) -> None:
    """Neither while CloudFormation makes the change set nor while it works the changes out."""
    is_made = call == "describe_change_set"
    if is_made:
        stub.add_response("create_change_set", {"Id": "set", "StackId": ID}, asked(kind))
    stub.add_response("delete_change_set", {}, SET if is_made else {"StackName": "stack", "ChangeSetName": ANY})
    stub.add_response("describe_stacks", described("REVIEW_IN_PROGRESS"), {"StackName": ID if is_made else "stack"})
    stub.add_response("delete_stack", {}, {"StackName": ID})
    with pytest.raises(KeyboardInterrupt):
        change_sets.create(Interrupted(clients, call), wanted(kind))  # type: ignore[arg-type] # the part that is used


def test_a_description_that_fails_leaves_no_empty_stack_behind(clients: Aws, stub: Stubber) -> None:
    """The error is that of the description, even where the change set cannot be deleted either."""
    stub.add_response("create_change_set", {"Id": "set", "StackId": ID}, asked("CREATE"))
    stub.add_client_error("describe_change_set", "AccessDenied", "not this one")
    stub.add_client_error("delete_change_set", "InvalidChangeSetStatus")
    stub.add_response("describe_stacks", described("REVIEW_IN_PROGRESS"), {"StackName": ID})
    stub.add_response("delete_stack", {}, {"StackName": ID})
    with pytest.raises(ClientError, match="not this one"):
        change_sets.create(clients, wanted("CREATE"))


def test_an_execution_that_is_rejected_leaves_no_empty_stack_behind(clients: Aws, stub: Stubber) -> None:
    """The stack was made for the change set alone."""
    add_events(stub)
    stub.add_client_error("execute_change_set", "AccessDenied", "not you", expected_params=SET)
    add_discarded(stub)
    with pytest.raises(ClientError, match="not you"):
        change_sets.execute(clients, ChangeSet("set", ID, wanted("CREATE"), []), lambda _: None, seconds=1)


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"])
def test_a_stack_that_is_being_made_is_not_deleted(status: str, clients: Aws, stub: Stubber) -> None:
    """A stack whose change set was executed is kept, even if the answer to the call was lost."""
    add_discarded(stub, status)
    change_sets.discard(clients, ChangeSet("set", ID, wanted("CREATE"), []))


def test_an_update_that_is_discarded_leaves_its_stack_alone(clients: Aws, stub: Stubber) -> None:
    """Only the change set is deleted."""
    stub.add_response("delete_change_set", {}, SET)
    change_sets.discard(clients, ChangeSet("set", ID, wanted(), []))
