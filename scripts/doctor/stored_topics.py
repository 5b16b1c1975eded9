"""Read the topics of notifications from their table, and find the secrets that they refer to.

"Scan", Amazon DynamoDB API Reference.
"""

import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from notifications.topics import IntegrationEntry, InvalidTopicError, Topic, topic_of_item
from scripts.cli.exit_codes import ConfigurationError
from scripts.doctor.check import DeployedStack, Subject


class UsedEntry(NamedTuple):
    """An integration of a stored topic; `place` names both for messages."""

    place: str
    entry: IntegrationEntry


class StoredTopics:
    """The topics in the table of a stack, read at the first use. The checks of one examination share them."""

    def __init__(self, subject: Subject, stack: DeployedStack) -> None:
        self._aws = subject.scope.aws
        self._stack = stack
        self._lock = threading.Lock()
        self._read: tuple[dict[str, Topic], list[str]] | None = None

    def read(self) -> tuple[dict[str, Topic], list[str]]:
        """Return the valid topics by CHANNEL/TOPIC, and the names of the invalid ones.

        Raise ConfigurationError if the stack has no such table, and botocore's errors.
        """
        with self._lock:
            if self._read is None:
                self._read = self._scanned()
            return self._read

    def entries(self, *kinds: str) -> list[UsedEntry] | None:
        """Return the integrations of these types, or of all; None if the table cannot be read.

        The check of the topics reports why.
        """
        try:
            topics, _ = self.read()
        except (ClientError, BotoCoreError, ConfigurationError):
            return None
        return [
            UsedEntry(f"{name}, integration {entry.name}", entry)
            for name, topic in topics.items()
            for entry in _entries_of(topic)
            if not kinds or entry.type in kinds
        ]

    def _scanned(self) -> tuple[dict[str, Topic], list[str]]:
        from boto3.dynamodb.types import TypeDeserializer  # only now, because help needs no SDK

        aws, table, deserialize = self._aws, self._stack.output("TopicsTableName"), TypeDeserializer().deserialize
        valid, invalid = dict[str, Topic](), list[str]()
        for page in aws.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            for stored in page["Items"]:
                item = {member: deserialize(value) for member, value in stored.items()}
                name = str(item.get("Name")).replace("+", "/")
                try:
                    valid[name] = topic_of_item(item)
                except InvalidTopicError:
                    invalid.append(name)
        return dict(sorted(valid.items())), sorted(invalid)


def references_in(value: Any) -> Iterator[str]:
    """Yield the name of each reference `{ssm: NAME}` in a configuration."""
    if isinstance(value, dict):
        if value.keys() == {"ssm"} and isinstance(value["ssm"], str):
            yield value["ssm"]
            return
        value = list(value.values())
    for each in value if isinstance(value, list) else []:
        yield from references_in(each)


def _entries_of(topic: Topic) -> list[IntegrationEntry]:
    fallback: IntegrationEntry | None = getattr(topic, "fallback", None)
    return [*topic.integrations, *([fallback] if fallback else [])]
