"""Creating and updating stacks: what is sent and waited for, how a failure is explained. CloudFormation is stubbed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from scripts.deploy.aws import Aws
from scripts.deploy.stack import Stack, check_parameters, deploy, read
from scripts.errors import ConfigurationError, FailedError

STATUS = {"StackName": "stack", "CreationTime": datetime.now(UTC)}
FIXED = {"Stage": "dev"}


def aws() -> Aws:
    return Aws.local("http://127.0.0.1:9", "us-east-1")


def described(status: str, **more: Any) -> dict[str, Any]:
    return {"Stacks": [{**STATUS, "StackStatus": status, **more}]}


def event(name: str, status: str, reason: str, second: int) -> dict[str, Any]:
    return {
        "StackId": "id",
        "EventId": name,
        "StackName": "stack",
        "LogicalResourceId": name,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "Timestamp": datetime.now(UTC) + timedelta(seconds=second),
    }


def missing(stub: Stubber) -> None:
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id stack does not exist")


def test_a_new_stack_is_created_and_waited_for() -> None:
    """The outputs are read once it is complete."""
    clients, said = aws(), list[str]()
    with Stubber(clients.cloudformation) as stub:
        missing(stub)
        parameters = [{"ParameterKey": "Stage", "ParameterValue": "dev"}]
        capabilities = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
        expected = {"StackName": "stack", "TemplateBody": ANY, "Parameters": parameters, "Capabilities": capabilities}
        stub.add_response("create_stack", {}, expected)
        stub.add_response("describe_stacks", described("CREATE_IN_PROGRESS"))
        stub.add_response("describe_stacks", described("CREATE_COMPLETE"))
        stub.add_response("describe_stack_events", {"StackEvents": [event("Api", "CREATE_COMPLETE", "", 1)]})
        outputs = [{"OutputKey": "ApiId", "OutputValue": "1"}]
        stub.add_response("describe_stacks", described("CREATE_COMPLETE", Outputs=outputs))
        assert deploy(clients, "stack", {"Stage": "dev"}, said.append).outputs == {"ApiId": "1"}
    assert said == ["stack stack: CREATE_COMPLETE, 1 resources"]


def test_an_update_keeps_what_is_not_given() -> None:
    """A parameter that was set once is not set back to its default by the next update; no change is no failure."""
    clients = aws()
    set_before = [{"ParameterKey": key, "ParameterValue": "x"} for key in ("Stage", "Topics", "NoLongerThere")]
    with Stubber(clients.cloudformation) as stub:
        stub.add_response("describe_stacks", described("CREATE_COMPLETE", Parameters=set_before))
        parameters = [
            {"ParameterKey": "Stage", "ParameterValue": "dev"},
            {"ParameterKey": "Topics", "UsePreviousValue": True},
        ]
        expected = {"StackName": "stack", "TemplateBody": ANY, "Parameters": parameters, "Capabilities": ANY}
        message = "No updates are to be performed."
        stub.add_client_error("update_stack", "ValidationError", message, expected_params=expected)
        outputs = [{"OutputKey": "ApiId", "OutputValue": "1"}]
        stub.add_response("describe_stacks", described("CREATE_COMPLETE", Outputs=outputs))
        assert deploy(clients, "stack", {"Stage": "dev"}, print).outputs == {"ApiId": "1"}
        stub.assert_no_pending_responses()


def test_a_failure_is_explained_by_what_failed_first() -> None:
    """The later failures are only cancellations."""
    clients = aws()
    with Stubber(clients.cloudformation) as stub:
        missing(stub)
        stub.add_response("create_stack", {})
        stub.add_response("describe_stacks", described("ROLLBACK_COMPLETE"))
        late = event("Api", "CREATE_FAILED", "Resource creation cancelled", 2)
        first = event("PodRole", "CREATE_FAILED", "not authorized", 1)
        stub.add_response("describe_stack_events", {"StackEvents": [late, first]})
        with pytest.raises(FailedError, match="ended as ROLLBACK_COMPLETE: PodRole: not authorized"):
            deploy(clients, "stack", {}, print)


def test_a_refused_template_is_explained() -> None:
    """CloudFormation's own sentence is passed on."""
    clients = aws()
    with Stubber(clients.cloudformation) as stub:
        missing(stub)
        stub.add_client_error("create_stack", "ValidationError", "Parameter Stage is wrong")
        with pytest.raises(FailedError, match="refuses the stack stack: Parameter Stage is wrong"):
            deploy(clients, "stack", {}, print)


def test_a_stack_that_never_ends_is_given_up() -> None:
    """After the time given, with the state it was left in."""
    clients = aws()
    with Stubber(clients.cloudformation) as stub:
        missing(stub)
        stub.add_response("create_stack", {})
        stub.add_response("describe_stacks", described("CREATE_IN_PROGRESS"))
        with pytest.raises(FailedError, match="still CREATE_IN_PROGRESS after 0 s"):
            deploy(clients, "stack", {}, print, seconds=0)


def test_a_stack_that_is_not_there_is_said() -> None:
    """Reading outputs of nothing is a failure with the name."""
    clients = aws()
    with Stubber(clients.cloudformation) as stub:
        missing(stub)
        with pytest.raises(FailedError, match="There is no stack stack here that is up"):
            read(clients, "stack")


def test_names_lead_to_arns() -> None:
    """Topics and state machines by the names that routes use."""
    outputs = {"TopicArnPrefix": "arn:t-", "Topics": "a,b", "StateMachineArns": json.dumps({"pod": "arn:pod"})}
    stack = Stack("stack", outputs)
    assert stack.topics == {"a": "arn:t-a", "b": "arn:t-b"}
    assert stack.state_machines == {"pod": "arn:pod"}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Visibility", "has no parameter Visibility; it has AlarmTopicArn, .*VisibilityTimeout"),
        ("Stage", "The parameter Stage is set by this command"),
    ],
)
def test_parameters_that_cannot_be_chosen_are_refused(name: str, problem: str) -> None:
    """One sentence that names those that can."""
    with pytest.raises(ConfigurationError, match=problem):
        check_parameters({name: "1"}, FIXED)


def test_parameters_of_the_template_can_be_chosen() -> None:
    """No complaint about a name that exists."""
    check_parameters({"VisibilityTimeout": "60"}, FIXED)
