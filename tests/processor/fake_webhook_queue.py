"""A webhook queue in memory; `tests/processor/test_webhook_queue.py` runs the same contract against the real one."""

from typing import Any

from processor.webhook_queue import WebhookQueue


class FakeWebhookQueue(WebhookQueue):
    """Records the operations on messages, unless it `refuses` them."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.postponed: list[int] = []
        self.acknowledged: list[str] = []
        self.refuses = refuses

    def postpone(self, record: dict[str, Any], seconds: int) -> bool:  # noqa: ARG002 -- the port's own
        self.postponed.append(seconds)
        return not self.refuses

    def acknowledge(self, record: dict[str, Any]) -> bool:
        self.acknowledged.append(record.get("body", ""))
        return not self.refuses
