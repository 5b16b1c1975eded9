"""The AWS of one interleaving: its queues, tables, topics and executions, in memory."""

from dataclasses import dataclass, field
from typing import Final

from tests.interleavings.conditions import Item
from tests.interleavings.ledger import Ledger
from tests.interleavings.queues import Queue

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
DELIVERIES: Final = "deliveries"
LOCKS: Final = "locks"
WEBHOOKS_URL: Final = "https://sqs.invalid/webhooks"
DEAD_LETTERS_URL: Final = "https://sqs.invalid/dead-letters"


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


TOPIC_ARN: Final = _arn("sns", "loans")
MACHINE_ARN: Final = _arn("states", "stateMachine:jobs")
EXECUTION_ARN: Final = _arn("states", "execution:jobs:")


@dataclass(eq=False)
class Services:
    """The state of AWS. `refused` has the error code for each target, by ARN, that fails for now."""

    webhooks: Queue
    dead_letters: Queue
    tables: dict[str, dict[str, Item]]
    executions: dict[str, str] = field(default_factory=dict)  # the input of each, by name
    refused: dict[str, str] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)

    @classmethod
    def made(cls, most_receives: int, visibility: float) -> "Services":
        """Return empty queues and tables."""
        dead = Queue(DEAD_LETTERS_URL, _arn("sqs", "dead-letters"))
        webhooks = Queue(WEBHOOKS_URL, _arn("sqs", "webhooks"), visibility, most_receives, dead)
        return cls(webhooks, dead, {DELIVERIES: {}, LOCKS: {}})

    def queue(self, url: str) -> Queue:
        """Return a queue."""
        return self.webhooks if url == WEBHOOKS_URL else self.dead_letters
