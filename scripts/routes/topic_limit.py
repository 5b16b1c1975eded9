"""The size up to which the topics of a stack accept a message: the parameter TopicMessageBytes."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from processor import heartbeat
from processor.delivery import MAX_MESSAGE_BYTES, MessageDelivery, TopicDelivery
from scripts.project import folder
from scripts.project.models import ProjectFile

if TYPE_CHECKING:
    from scripts.aws.context import StackContext

_PARAMETER: Final = "TopicMessageBytes"


class TopicLimit(NamedTuple):
    """The largest message of the stack's own topics, in bytes with its attributes, and the ARNs of them that are known.

    Queues and other topics have the usual limit.
    """

    bytes: int = MAX_MESSAGE_BYTES
    arns: frozenset[str] = frozenset()

    def of(self, delivery: MessageDelivery) -> int:
        """Return the size in bytes above which the target of a delivery gets a pointer."""
        is_named = not delivery.name.startswith("arn:") and delivery.name != heartbeat.TOPIC
        is_own = isinstance(delivery, TopicDelivery) and (is_named or delivery.name in self.arns)
        return self.bytes if is_own else MAX_MESSAGE_BYTES


USUAL: Final = TopicLimit()
"""The limit of a stack that does not set the parameter."""


def limits_of(file: ProjectFile) -> dict[str, TopicLimit]:
    """Return the limit that a project sets for each stage, without what it does not show: ARNs, and values in SSM."""
    return {name: TopicLimit(_number(stage.parameters)) for name, stage in file.stages.items()}


def limits_beside(routes: Path) -> dict[str, TopicLimit]:
    """Return the limits by stage of the project of a routes file; none for a file outside of a project.

    Raise ConfigurationError for an alma-webhooks.yaml with mistakes.
    """
    path = routes.parent / folder.FILE
    return limits_of(folder.read(path)) if path.is_file() else {}


def limit_of_stack(scope: "StackContext") -> TopicLimit:
    """Return the limit of a deployed stack. A stack of an earlier version does not have the parameter."""
    own = {arn for name, arn in scope.stack.topics.items() if name != heartbeat.TOPIC}
    return TopicLimit(_number(scope.stack.parameters), frozenset(own))


def _number(parameters: Mapping[str, object]) -> int:
    value = str(parameters.get(_PARAMETER, ""))
    return int(value) if value.isdecimal() else MAX_MESSAGE_BYTES
