"""A notifications queue in memory; `test_sender_queue.py` runs the same contract against the real one."""

import json
from typing import Any

from ingest.envelope import QueuedMessage
from notifications.sender_queue import SenderQueue
from processor.errors import Failure, Transient


class FakeSenderQueue(SenderQueue):
    """Records the operations. With `refuses`, AWS refuses every call, with `failure` if a message is sent."""

    def __init__(self) -> None:
        self.postponed: list[int] = []
        self.acknowledged: list[str] = []
        self.again: list[tuple[dict[str, Any], int]] = []
        self.sent: list[tuple[QueuedMessage, int]] = []
        self.refuses = False
        self.failure: Failure = Transient(
            "transient", "the notifications queue did not take a message: AWS returned Throttled"
        )

    def postpone(self, record: dict[str, Any], seconds: int) -> bool:  # noqa: ARG002 -- the port's own
        self.postponed.append(seconds)
        return not self.refuses

    def acknowledge(self, record: dict[str, Any]) -> bool:
        self.acknowledged.append(record.get("body", ""))
        return not self.refuses

    def send_again(self, record: dict[str, Any], seconds: int) -> None:
        self._check()
        self.again.append((record, seconds))

    def send(self, message: QueuedMessage, seconds: int, record: dict[str, Any]) -> None:  # noqa: ARG002 -- the port's own
        self._check()
        self.sent.append((message, seconds))

    def _check(self) -> None:
        if self.refuses:
            raise self.failure

    @property
    def carriers(self) -> list[dict[str, Any]]:
        return [json.loads(message.body) for message, _ in self.sent]
