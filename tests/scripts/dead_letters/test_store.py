"""Opening the dead letters of a stack."""

from datetime import timedelta

import pytest

from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.store import open_dead_letters
from tests.scripts.dead_letters.queues import Queues


def test_the_dead_letters_are_found_by_the_stacks_outputs(scope: StackContext, queues: Queues) -> None:
    """The queue and its retention period."""
    outputs = {"DeadLetterQueueUrl": queues.dead_letters_url, "OverflowBucketName": "overflow"}
    opened = open_dead_letters(scope._replace(stack=Stack("alma-webhooks-dev", outputs)))
    queues.put(receipt_id="r7")
    [dead_letter] = opened.queue.receive(30, 0)
    read = opened.reader.read(dead_letter)
    assert (read.summary.id, read.summary.expires_at - dead_letter.sent_at) == ("r7", timedelta(days=14))


def test_a_stack_without_outputs_is_an_error(scope: StackContext) -> None:
    """It is of an older version, or another stack."""
    with pytest.raises(ConfigurationError, match="which shows where its dead letters are"):
        open_dead_letters(scope)
