"""Reads the producer's settings from the environment of its Lambda function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from notifications.sns_signature import TopicArn

_NEEDED = ("STAGE", "NOTIFICATION_TOPICS_TABLE", "NOTIFICATIONS_QUEUE_URL")
_SNS_TOPICS = "SNS_TOPIC_ARNS"


class ProducerSettingsError(Exception):
    """The environment is incomplete or invalid; the text names every missing variable."""


@dataclass(frozen=True)
class ProducerSettings:
    """The settings that the stack passes to the function."""

    stage: str
    topics_table: str
    queue_url: str
    sns_topics: tuple[TopicArn, ...]  # whose messages are accepted

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables. SNS_TOPIC_ARNS, comma-separated, may be missing. Raise ProducerSettingsError."""
        missing = [name for name in _NEEDED if not environment.get(name, "").strip()]
        if missing:
            raise ProducerSettingsError(f"Missing environment variables: {', '.join(missing)}.")
        return cls(
            stage=environment["STAGE"],
            topics_table=environment["NOTIFICATION_TOPICS_TABLE"],
            queue_url=environment["NOTIFICATIONS_QUEUE_URL"],
            sns_topics=tuple(map(_topic, filter(None, map(str.strip, environment.get(_SNS_TOPICS, "").split(","))))),
        )


def _topic(text: str) -> TopicArn:
    if not (topic := TopicArn.parse(text)):
        raise ProducerSettingsError(f"{_SNS_TOPICS} has {text!r}, which is not the ARN of an SNS topic.")
    return topic
