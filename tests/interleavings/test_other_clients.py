"""Tables and targets of the interleavings answer as moto's do: our own model of AWS is never the only judge."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from scripts.aws.lock import OperatorLock
from scripts.cli.exit_codes import FailedError, RejectedError
from tests.interleavings.conftest import Aws, code_of


class Remaining:
    """The part of a Lambda context that powertools uses."""

    def __init__(self, milliseconds: int) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def once(aws: Aws, does: Callable[[], dict[str, str]], milliseconds: int = 30_000) -> Callable[[], Any]:
    """Return a function that powertools calls once for its key, with the records in the table."""
    config = IdempotencyConfig()
    config.register_lambda_context(Remaining(milliseconds))  # type: ignore[arg-type]  # the part that powertools uses

    def act(*, key: str) -> dict[str, str]:  # noqa: ARG001 -- powertools takes it
        return does()

    records = DynamoDBPersistenceLayer(aws.deliveries, boto3_client=aws.dynamodb)
    wrapped = idempotent_function(
        act, data_keyword_argument="key", persistence_store=records, config=config, key_prefix="k"
    )
    return lambda: wrapped(key="key")


def test_powertools_delivers_once(aws: Aws) -> None:
    """The record of the first delivery holds for the second."""
    numbers = iter(("1", "2"))
    act = once(aws, lambda: {"number": next(numbers)})
    assert act() == act() == {"number": "1"}


def test_powertools_finds_a_record_in_progress(aws: Aws) -> None:
    """It was made by an attempt that goes on, and has expired after one that was killed."""
    inner = once(aws, lambda: {"by": "inner"})
    found: list[str] = []

    def during() -> dict[str, str]:
        with pytest.raises(IdempotencyAlreadyInProgressError):
            inner()
        found.append("in progress")
        return {"by": "outer"}

    assert once(aws, during)() == {"by": "outer"}
    assert found == ["in progress"]


def test_powertools_takes_over_an_expired_record(aws: Aws) -> None:
    """The attempt that made it ended long ago."""

    def during() -> dict[str, str]:
        return {"inner": str(once(aws, lambda: {"by": "inner"})())}

    assert once(aws, during, -5_000)() == {"inner": "{'by': 'inner'}"}


def test_powertools_removes_the_record_of_a_failed_delivery(aws: Aws) -> None:
    """The next attempt delivers."""

    def fail() -> dict[str, str]:
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        once(aws, fail)()
    assert once(aws, lambda: {"by": "second"})() == {"by": "second"}


def lock(aws: Aws, who: str, at: list[float]) -> OperatorLock:
    return OperatorLock(
        aws.dynamodb, aws.locks, "dead-letters", who=who, command="replay", clock=lambda: at[0], seconds=60
    )


def test_one_operator_has_the_lock_until_it_is_released_or_expires(aws: Aws) -> None:
    """Then another one acquires it, and the first can renew it no more."""
    at = [1_000.0]
    first, second = lock(aws, "first", at), lock(aws, "second", at)
    first.acquire()
    first.acquire()  # as the SDK does after a lost answer
    with pytest.raises(RejectedError, match="first"):
        second.acquire()
    at[0] += 30
    first.renew()
    at[0] += 45
    with pytest.raises(RejectedError):
        second.acquire()
    at[0] += 60
    second.acquire()
    with pytest.raises(FailedError, match="second"):
        first.renew()
    first.release()
    holder = second.holder()
    assert holder is not None
    assert holder.who == "second"
    second.release()
    assert second.holder() is None


def test_a_topic_takes_a_message(aws: Aws) -> None:
    """The answer has its ID."""
    assert aws.sns.publish(TopicArn=aws.topic, Message="{}", MessageAttributes={})["MessageId"]


def test_an_execution_with_another_input_exists_already(aws: Aws) -> None:
    """Its name starts once."""
    start = aws.states.start_execution
    assert start(stateMachineArn=aws.machine, name="one", input="{}")["executionArn"].endswith(":one")
    assert code_of(start, stateMachineArn=aws.machine, name="one", input='{"a":1}') == "ExecutionAlreadyExists"
    with pytest.raises(aws.states.exceptions.ExecutionAlreadyExists):
        start(stateMachineArn=aws.machine, name="one", input='{"a":1}')
