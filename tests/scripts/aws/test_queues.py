"""Test that the attributes of a deleted queue are None, and that other errors are raised."""

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.aws.queues import COUNTS, queue_attributes


def test_the_attributes_of_a_queue_are_read(aws: Aws) -> None:
    """A deleted queue has none."""
    url = aws.sqs.create_queue(QueueName="q")["QueueUrl"]
    assert queue_attributes(aws.sqs, url, COUNTS) == dict.fromkeys(COUNTS, "0")
    aws.sqs.delete_queue(QueueUrl=url)
    assert queue_attributes(aws.sqs, url, COUNTS) is None


def test_denied_access_is_raised(aws: Aws) -> None:
    """It does not mean that the queue was deleted."""
    with Stubber(aws.sqs) as stub:
        stub.add_client_error("get_queue_attributes", "AccessDenied")
        with pytest.raises(ClientError, match="AccessDenied"):
            queue_attributes(aws.sqs, "https://sqs.us-east-1.amazonaws.com/123456789012/q", COUNTS)
