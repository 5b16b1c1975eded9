"""Find the stacks of a project's further parts beside a pipeline's, and their queues, by outputs only."""

import json
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from scripts.aws import mark, stack
from scripts.aws.context import StackContext
from scripts.aws.parameters import listed
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError, RejectedError

PARTS_OUTPUT: Final = "Parts"
"""The output of a pipeline's stack that lists the names of its further parts, separated by commas."""

QUEUES: Final = "Queues"
"""The output of a part's stack: the URLs of its queues as JSON, `{"NAME": {"queue": URL, "dead_letters": URL}}`."""


class DeployedQueue(NamedTuple):
    """A queue of a part with its dead-letter queue, by their URLs, and the stack that has both."""

    name: str
    url: str
    dead_letters_url: str
    stack: Stack


def part_names(outputs: Mapping[str, str]) -> list[str]:
    """Return the further parts that the outputs of a pipeline's stack name, in the order of deployment."""
    return listed(outputs.get(PARTS_OUTPUT, ""))


def queue_of_part(scope: StackContext, name: str, others: Iterable[str]) -> DeployedQueue:
    """Return the queue of this name of a further part. Raise botocore's errors.

    A part whose stack is missing hides only its own queues. Raise ConfigurationError if no part has the queue, also
    with the names of `others`, which no part has; RejectedError if the stack of a part is another one.
    """
    queues, problems = list[DeployedQueue](), list[ConfigurationError | RejectedError]()
    for part in part_names(scope.stack.outputs):
        try:
            queues += queues_of(_stack_of(scope, part))
        except (ConfigurationError, RejectedError) as error:
            problems.append(error)
    if found := next((each for each in queues if each.name == name), None):
        return found
    if problems:
        raise problems[0]
    known = ", ".join([*others, *sorted(each.name for each in queues)])
    raise ConfigurationError(f"Stack {scope.stack.name} has no queue {name}: pass one of {known}.")


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
    if not outputs:
        raise ConfigurationError(
            f"Stack {name} is {described['StackStatus']} and has no outputs yet. Wait until its deployment ends, or "
            f"deploy it again: alma-webhooks deploy {scope.options}"
        )
    if mark.part_of(outputs) != part:
        raise RejectedError(f"Stack {name} is not the part {part} of {mark.PRODUCT}. Nothing was changed.")
    return Stack(name, outputs, stack.parameters_of(described))
