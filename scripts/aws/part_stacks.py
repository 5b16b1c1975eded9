"""Find the stacks of a project's further parts beside a pipeline's, and their queues, by outputs only."""

import json
from typing import Final, NamedTuple

from scripts.aws import mark, stack
from scripts.aws.context import StackContext
from scripts.aws.parameters import listed
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError, RejectedError

PARTS: Final = "Parts"
"""The output of a pipeline's stack that lists the names of its further parts, separated by commas."""

QUEUES: Final = "Queues"
"""The output of a part's stack: the URLs of its queues as JSON, `{"NAME": {"queue": URL, "dead_letters": URL}}`."""


class DeployedQueue(NamedTuple):
    """A queue of a part with its dead-letter queue, by their URLs, and the stack that has both."""

    name: str
    url: str
    dead_letters_url: str
    stack: Stack


def part_names(pipeline: Stack) -> list[str]:
    """Return the names of the further parts of a pipeline, in the order of deployment."""
    return listed(pipeline.outputs.get(PARTS, ""))


def part_stacks(scope: StackContext) -> dict[str, Stack]:
    """Return the stack of each further part by the part's name. Raise botocore's errors.

    Raise ConfigurationError for a part without a stack, RejectedError if the stack of that name is another one.
    """
    return {name: _stack_of(scope, name) for name in part_names(scope.stack)}


def part_queues(scope: StackContext) -> dict[str, DeployedQueue]:
    """Return the queues of all further parts by name. Raise as `part_stacks`."""
    return {queue.name: queue for found in part_stacks(scope).values() for queue in queues_of(found)}


def queues_of(found: Stack) -> list[DeployedQueue]:
    """Return the queues of a part's stack. Raise ConfigurationError if its output cannot be read."""
    try:
        urls = json.loads(found.outputs.get(QUEUES, "{}"))
        return [
            DeployedQueue(name, str(each["queue"]), str(each["dead_letters"]), found) for name, each in urls.items()
        ]
    except (ValueError, AttributeError, KeyError, TypeError):
        raise ConfigurationError(
            f"The output {QUEUES} of the stack {found.name} cannot be read. Deploy the project again."
        ) from None


def _stack_of(scope: StackContext, part: str) -> Stack:
    name = f"{scope.stack.name}-{part}"
    described = stack.describe(scope.aws, name)
    if described is None:
        raise ConfigurationError(
            f"Stack {name} not found in {scope.region}, although {scope.stack.name} has the part {part}. Deploy it "
            f"again: alma-webhooks deploy {scope.options}"
        )
    outputs = stack.outputs_of(described)
    if mark.part_of(outputs) != part:
        raise RejectedError(f"Stack {name} is not the part {part} of {mark.PRODUCT}. Nothing was changed.")
    return Stack(name, outputs, stack.parameters_of(described))
