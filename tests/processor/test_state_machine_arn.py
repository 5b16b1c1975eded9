"""ARNs of state machines with and without version or alias, and those of their executions."""

import pytest

from processor.state_machine_arn import execution_arn, unqualified

MACHINE = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:pod"


@pytest.mark.parametrize("arn", [MACHINE, f"{MACHINE}:3", f"{MACHINE}:a.PROD"])
def test_version_and_alias_belong_to_one_state_machine(arn: str) -> None:
    """The ARN of an execution does not show what started it."""
    assert unqualified(arn) == unqualified(MACHINE) == MACHINE
    assert execution_arn(arn, "pod-1") == "arn:aws-cn:states:cn-north-1:123456789012:execution:pod:pod-1"


def test_an_arn_of_a_template_can_have_parameters() -> None:
    """Templates for other deployment tools leave account and region to CloudFormation."""
    arn = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:stack-pod"
    assert unqualified(arn) == unqualified(f"{arn}:PROD") == arn
