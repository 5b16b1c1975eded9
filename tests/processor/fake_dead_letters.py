"""Dead letters in memory; `tests/processor/test_dead_letters.py` runs the same contract against the real ones."""

from collections.abc import Sequence
from typing import Any

from processor.dead_letters import DeadLetterWriter
from processor.errors import Failure, Transient


class FakeDeadLetters(DeadLetterWriter):
    """Keeps each dead letter as its body, the members of its failure, and the attempts.

    Each of the `errors` is raised once, one for each call; with `refuses`, AWS refuses every call.
    """

    def __init__(self, *errors: Exception, refuses: bool = False) -> None:
        self.errors = list(errors)
        self.refuses = refuses
        self.kept: list[tuple[str, dict[str, str], int]] = []
        self.failures: list[tuple[str, str]] = []  # of the last one: route and class of each

    def put(self, record: dict[str, Any], failures: Sequence[Failure], attempts: int) -> None:
        if self.refuses:
            raise Transient("transient", "the dead-letter queue returned KmsDisabled")
        if self.errors:
            raise self.errors.pop(0)
        self.kept.append((record["body"], failures[0].members, attempts))
        self.failures = [(failure.route, failure.cause_class) for failure in failures]
