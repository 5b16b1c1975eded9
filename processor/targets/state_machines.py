"""Starts executions of Step Functions state machines. Does not wait for them to end."""

from typing import TYPE_CHECKING

from processor.delivery import StateMachineDelivery
from processor.outcomes import Outcome
from processor.size_limits import check_fits
from processor.state_machine_arn import execution_arn
from processor.targets.target import Sent, arn_of, sending

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StateMachines:
    """Step Functions state machines by name or ARN, which may end with a version or alias.

    An execution name never starts twice: it is unique for the state machine, so for all its versions and aliases.
    """

    def __init__(self, client: "SFNClient", arns: dict[str, str]) -> None:
        self._client = client
        self._arns = arns

    def deliver(self, delivery: StateMachineDelivery) -> Sent:
        """Start the execution ("StartExecution", AWS Step Functions API Reference). Raise Permanent, Transient.

        The name of a finished execution, or of a running one with another input, is a duplicate. For the name and input
        of a running execution AWS returns that execution, which looks like a new one, so it counts as delivered. If a
        response was lost and the execution has ended since, its only start counts as a duplicate.
        """
        arn = arn_of(delivery, self._arns)
        check_fits(delivery)
        execution = execution_arn(arn, delivery.execution_name)
        with sending(delivery):
            try:
                self._client.start_execution(stateMachineArn=arn, name=delivery.execution_name, input=delivery.input)
            except self._client.exceptions.ExecutionAlreadyExists:
                return Sent(Outcome.DUPLICATE, execution)
        return Sent(Outcome.DELIVERED, execution)
