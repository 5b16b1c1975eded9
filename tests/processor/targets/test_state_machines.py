"""State machines as targets: names and inputs of executions, and the errors of Step Functions."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from processor.delivery import StateMachineDelivery
from processor.errors import Permanent, Transient
from processor.outcomes import Outcome
from processor.targets.state_machines import StateMachines
from processor.targets.target import Sent

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

EXECUTION = StateMachineDelivery("pod", "pod", "key", "pod-0123", '{"a": "1"}')
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:stack-pod"


@pytest.fixture
def states() -> "SFNClient":
    """A client of Step Functions."""
    return boto3.client("stepfunctions")


def make_state_machine(states: "SFNClient") -> str:
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/states"
    return states.create_state_machine(name="stack-pod", definition=definition, roleArn=role)["stateMachineArn"]


def test_an_execution_is_started_with_name_and_input(states: "SFNClient") -> None:
    """The execution has the planned name and input, and its ARN is returned."""
    arn = make_state_machine(states)
    sent = StateMachines(states, {"pod": arn}).deliver(EXECUTION)
    assert sent.outcome is Outcome.DELIVERED
    execution = states.describe_execution(executionArn=sent.execution)
    assert (execution["name"], execution["input"]) == ("pod-0123", '{"a": "1"}')


def test_f31_an_execution_that_exists_is_a_duplicate() -> None:
    """A second start under one name is not an error and starts nothing; it returns the first ARN."""
    client = boto3.client("stepfunctions")
    with Stubber(client) as stub:
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", "Execution Already Exists")
        sent = StateMachines(client, {"pod": MACHINE_ARN}).deliver(EXECUTION)
    assert sent == Sent(Outcome.DUPLICATE, "arn:aws:states:us-east-1:123456789012:execution:stack-pod:pod-0123")


@pytest.mark.parametrize("qualifier", ["PROD", "3"])
@pytest.mark.parametrize("error", ["", "ExecutionAlreadyExists"])
def test_f31_a_version_or_alias_starts_an_execution_of_its_state_machine(qualifier: str, error: str) -> None:
    """AWS gets the qualified ARN; the ARN of the execution is without it, new or known."""
    client = boto3.client("stepfunctions")
    arn = f"{MACHINE_ARN}:{qualifier}"
    execution = "arn:aws:states:us-east-1:123456789012:execution:stack-pod:pod-0123"
    asked = {"stateMachineArn": arn, "name": "pod-0123", "input": EXECUTION.input}
    with Stubber(client) as stub:
        if error:
            stub.add_client_error("start_execution", error, expected_params=asked)
        else:
            stub.add_response("start_execution", {"executionArn": execution, "startDate": NOW}, asked)
        sent = StateMachines(client, {"pod": arn}).deliver(EXECUTION)
    assert sent == Sent(Outcome.DUPLICATE if error else Outcome.DELIVERED, execution)


def test_an_unknown_name_is_permanent(states: "SFNClient") -> None:
    """An unknown state machine is a permanent failure of class no-target."""
    with pytest.raises(Permanent, match="the stack has no state machine with this name") as raised:
        StateMachines(states, {}).deliver(EXECUTION)
    assert raised.value.cause_class == "no-target"


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        ("StateMachineDoesNotExist", Permanent),
        ("StateMachineDeleting", Permanent),
        ("InvalidExecutionInput", Permanent),
        ("AccessDeniedException", Permanent),
        ("ExecutionLimitExceeded", Transient),
        ("ThrottlingException", Transient),
    ],
)
def test_f30_f31_errors_of_step_functions(states: "SFNClient", code: str, decision: type[Exception]) -> None:
    """A reached limit is transient; a missing state machine is permanent."""
    with Stubber(states) as stub:
        stub.add_client_error("start_execution", code)
        with pytest.raises(decision, match=code):
            StateMachines(states, {"pod": MACHINE_ARN}).deliver(EXECUTION)


def test_f30_an_input_that_is_too_large_is_not_sent() -> None:
    """AWS would refuse it every time, so it is not sent."""
    client = boto3.client("stepfunctions")
    large = StateMachineDelivery("pod", "pod", "key", "pod-0123", '"' + "x" * 262_144 + '"')
    with Stubber(client), pytest.raises(Permanent, match="too-large"):
        StateMachines(client, {"pod": MACHINE_ARN}).deliver(large)
