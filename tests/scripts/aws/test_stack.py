"""Reading a stack: outputs, waiting, and explaining failures. CloudFormation is stubbed."""

import json

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.aws.stack import Stack, Watch, read
from scripts.cli.exit_codes import FailedError
from tests.scripts.deploy.stacks import ID, add_events, add_missing, described, event, mark_of


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.aws.stack.time.sleep", lambda _: None)


def test_a_stack_is_waited_for(clients: Aws, stub: Stubber) -> None:
    """Each state is reported once, with the number of finished resources; earlier events are not counted."""
    said = list[str]()
    old = event("Old", "CREATE_COMPLETE")
    add_events(stub, old)
    watch = Watch(clients, ID, "stack")
    for status, events in (
        ("UPDATE_IN_PROGRESS", [event("Api", "UPDATE_IN_PROGRESS")]),
        ("UPDATE_IN_PROGRESS", [event("Api", "UPDATE_IN_PROGRESS")]),
        ("UPDATE_COMPLETE", [event("stack", "UPDATE_COMPLETE"), event("Api", "UPDATE_COMPLETE")]),
    ):
        stub.add_response("describe_stacks", described(status))
        add_events(stub, *events, old)
    watch.wait(said.append, 60)
    assert said == ["stack stack: UPDATE_IN_PROGRESS, 0 resources", "stack stack: UPDATE_COMPLETE, 1 resource"]


def test_a_state_from_before_is_not_taken_for_the_end(clients: Aws, stub: Stubber) -> None:
    """CloudFormation may show the old state for a moment: nothing has happened yet then."""
    add_events(stub, event("Old", "CREATE_COMPLETE"))
    watch = Watch(clients, ID, "stack")
    for events in ([], [event("Api", "UPDATE_COMPLETE")]):
        stub.add_response("describe_stacks", described("UPDATE_COMPLETE"))
        add_events(stub, *events, event("Old", "CREATE_COMPLETE"))
    watch.wait(print, 60)


def test_a_failure_is_explained_by_what_failed_first(clients: Aws, stub: Stubber) -> None:
    """The later failures are only cancellations, and those of another time are none of it."""
    before = event("Bucket", "CREATE_FAILED", "long ago")
    add_events(stub, before)
    watch = Watch(clients, ID, "stack")
    stub.add_response("describe_stacks", described("ROLLBACK_COMPLETE"))
    late, first = event("Api", "CREATE_FAILED", "cancelled"), event("PodRole", "CREATE_FAILED", "not authorized")
    add_events(stub, late, first, before)
    with pytest.raises(FailedError, match="ended as ROLLBACK_COMPLETE: PodRole: not authorized"):
        watch.wait(print, 60)


def test_a_stack_that_never_ends_is_given_up(clients: Aws, stub: Stubber) -> None:
    """After the time given, with the state it was left in."""
    add_events(stub)
    watch = Watch(clients, ID, "stack")
    stub.add_response("describe_stacks", described("CREATE_IN_PROGRESS"))
    add_events(stub)
    with pytest.raises(FailedError, match="still CREATE_IN_PROGRESS after 0 s"):
        watch.wait(print, 0)


def test_a_stack_that_is_not_there_is_said(clients: Aws, stub: Stubber) -> None:
    """Reading outputs of nothing is a failure with the name."""
    add_missing(stub)
    with pytest.raises(FailedError, match="Stack stack not found, or its creation has not finished"):
        read(clients, "stack")


def test_outputs_and_parameters_are_read(clients: Aws, stub: Stubber) -> None:
    """By their names."""
    stub.add_response("describe_stacks", described("CREATE_COMPLETE", {"ApiId": "1"}, Stage="dev"))
    assert read(clients, "stack") == Stack("stack", {"Mark": mark_of(), "ApiId": "1"}, {"Stage": "dev"})


def test_names_lead_to_arns() -> None:
    """Topics and state machines by the names that routes use."""
    outputs = {"TopicArnPrefix": "arn:t-", "Topics": "a,b", "StateMachineArns": json.dumps({"pod": "arn:pod"})}
    found = Stack("stack", outputs)
    assert found.topics == {"a": "arn:t-a", "b": "arn:t-b", "heartbeat": "arn:t-heartbeat"}
    assert found.state_machines == {"pod": "arn:pod"}


def test_a_stack_without_topics_has_the_heartbeats() -> None:
    """An empty output is an empty list, not a topic without a name."""
    assert Stack("stack", {"TopicArnPrefix": "arn:t-", "Topics": ""}).topics == {"heartbeat": "arn:t-heartbeat"}
