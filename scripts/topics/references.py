"""Find the secrets that topics refer to, and those of them that are not stored. Reads no secret."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from notifications.topics import Topic
from scripts.secret.store import notification_secrets

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class MissingSecret(NamedTuple):
    """The name in `{ssm: NAME}` of a secret that is not stored, and the topics that need it, as `channel/topic`."""

    name: str
    topics: tuple[str, ...]

    def sentence(self, options: str) -> str:
        """Return what is missing, and the command that stores it. `options` are the flags that select the stack."""
        return f"{', '.join(self.topics)}: the secret {self.name} is not stored; to store it: {self.command(options)}"

    def command(self, options: str) -> str:
        """Return the command that stores it."""
        return f"alma-webhooks topics secret {self.name} {options}"


def missing_secrets(ssm: "SSMClient", stage: str, topics: Iterable[Topic]) -> list[MissingSecret]:
    """Return the secrets of these topics that have no parameter, in order. Raise botocore's errors."""
    needed: dict[str, dict[str, None]] = {}
    for topic in topics:
        for name in references_in(topic.model_dump(mode="json")):
            needed.setdefault(name, {})[f"{topic.channel}/{topic.topic}"] = None
    stored = {name.rpartition("/")[2] for name in notification_secrets(ssm, stage)} if needed else set()
    return [MissingSecret(name, tuple(paths)) for name, paths in needed.items() if name not in stored]


def references_in(value: Any) -> Iterator[str]:
    """Yield the names of `{ssm: NAME}`, wherever an integration has them."""
    if isinstance(value, dict):
        if value.keys() == {"ssm"} and isinstance(value["ssm"], str):
            yield value["ssm"]
        else:
            yield from (name for member in value.values() for name in references_in(member))
    elif isinstance(value, list):
        yield from (name for member in value for name in references_in(member))
