"""No command changes a queue that is not the expected one (fault 45)."""

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.dead_letters.guards import check_queues
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import Queues


def with_outputs(dead_letters: DeadLetterStore, **outputs: str) -> DeadLetterStore:
    scope = dead_letters.scope
    stack = scope.stack._replace(outputs=scope.stack.outputs | outputs)
    return dead_letters._replace(scope=scope._replace(stack=stack))


def test_the_queues_of_a_stack_are_accepted(dead_letters: DeadLetterStore) -> None:
    """The result has the caller."""
    found = check_queues(dead_letters)
    assert found.who.startswith("arn:aws:sts::123456789012:")
    assert abs(found.clock() - dead_letters.now.timestamp()) < 60


def test_f45_one_queue_as_both_is_rejected(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A dead letter would be sent to the queue from which it is deleted."""
    arn = queues.aws.sqs.get_queue_attributes(QueueUrl=queues.dead_letters_url, AttributeNames=["QueueArn"])
    policy = json.dumps({"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 8})
    queues.aws.sqs.set_queue_attributes(QueueUrl=queues.dead_letters_url, Attributes={"RedrivePolicy": policy})
    with pytest.raises(RejectedError, match=r"has one queue, arn:aws:sqs:.*:dead-letters, as webhook queue and"):
        check_queues(with_outputs(dead_letters, QueueUrl=queues.dead_letters_url))


def test_f45_a_queue_that_is_not_its_dead_letter_queue_is_rejected(
    dead_letters: DeadLetterStore, queues: Queues
) -> None:
    """The webhook queue has none, or another."""
    other = queues.aws.sqs.create_queue(QueueName="other")["QueueUrl"]
    with pytest.raises(RejectedError, match=r":dead-letters is not the dead-letter queue of .*:other; its own is none"):
        check_queues(with_outputs(dead_letters, QueueUrl=other))
    queues.aws.sqs.create_queue(QueueName="third")
    policy = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:third", "maxReceiveCount": 8})
    queues.aws.sqs.set_queue_attributes(QueueUrl=queues.webhooks_url, Attributes={"RedrivePolicy": policy})
    with pytest.raises(RejectedError, match=r"of .*:webhooks; its own is .*:third"):
        check_queues(dead_letters)


@pytest.mark.parametrize("place", ["eu-west-1:123456789012", "us-east-1:999999999999"])
@pytest.mark.parametrize("is_source", [True, False])
def test_f45_a_queue_of_another_account_or_region_is_rejected(
    dead_letters: DeadLetterStore, queues: Queues, place: str, is_source: bool
) -> None:
    """Either queue; STS and the client tell the operator's account and region."""
    here = "us-east-1:123456789012"
    source = f"arn:aws:sqs:{place if is_source else here}:webhooks"
    queue = f"arn:aws:sqs:{here if is_source else place}:dead-letters"
    answers: list[Any] = [
        {"QueueArn": source, "RedrivePolicy": json.dumps({"deadLetterTargetArn": queue})},
        {"QueueArn": queue},
    ]
    with Stubber(queues.aws.sqs) as stub:
        for answer in answers:
            stub.add_response("get_queue_attributes", {"Attributes": answer})
        with pytest.raises(RejectedError, match=rf"{place}.* is not in your account and region \(account 1234"):
            check_queues(dead_letters)


def test_a_stack_without_a_webhook_queue_output_is_an_error(dead_letters: DeadLetterStore) -> None:
    """It is of an older version."""
    scope = dead_letters.scope
    outputs = {name: value for name, value in scope.stack.outputs.items() if name != "QueueUrl"}
    older = scope._replace(stack=scope.stack._replace(outputs=outputs))
    with pytest.raises(ConfigurationError, match="where its webhook queue is"):
        check_queues(dead_letters._replace(scope=older))
