"""The topics of notifications in their table, read once for all checks."""

import threading
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from notifications.topics import IntegrationEntry, Topic
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError
from scripts.doctor.check import Subject


class UsedEntry(NamedTuple):
    """An integration of a stored topic; `place` names both for messages."""

    place: str
    entry: IntegrationEntry


class StoredTopics:
    """The topics in the table of a stack, read at the first use. The checks of one examination share them."""

    def __init__(self, subject: Subject, stack: Stack) -> None:
        self._aws = subject.scope.aws
        self._stack = stack
        self._lock = threading.Lock()
        self._read: tuple[dict[str, Topic], list[str]] | None = None

    def read(self) -> tuple[dict[str, Topic], list[str]]:
        """Return the valid topics by CHANNEL/TOPIC, and the names of the invalid ones.

        Raise ConfigurationError if the stack has no such table, and botocore's errors.
        """
        from scripts.topics.topic_store import TopicStore  # only now, because help needs no SDK

        with self._lock:
            if self._read is None:
                stored = TopicStore(self._aws.dynamodb, self._stack.output("TopicsTableName")).all().values()
                valid = {each.path: each.topic for each in stored if each.topic}
                self._read = valid, [each.path for each in stored if not each.topic]
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
            for entry in topic.entries
            if not kinds or entry.type in kinds
        ]
