"""A target in memory; `tests/processor/targets/test_target.py` runs the same contract against the real ones."""

from collections.abc import Callable, Mapping

from processor.delivery import Delivery
from processor.outcomes import Outcome
from processor.targets.target import Sent, Target, arn_of

Action = Callable[[], Sent]


class FakeTarget(Target[Delivery]):
    """Records its deliveries.

    An action replaces a delivery: each of those in `first` once, then the one in `behaviour` for the target's name.
    `arns` are the existing targets, if not all exist. `execution` is the prefix of the ARNs of executions.
    """

    def __init__(
        self,
        *first: Action,
        behaviour: Mapping[str, Action] | None = None,
        arns: Mapping[str, str] | None = None,
        execution: str = "",
    ) -> None:
        self.first = list(first)
        self.behaviour = behaviour or {}
        self.arns = arns
        self.execution = execution
        self.attempts = 0
        self.made: list[Delivery] = []

    def deliver(self, delivery: Delivery) -> Sent:
        self.attempts += 1
        if self.arns is not None:
            arn_of(delivery, self.arns)
        action = self.first.pop(0) if self.first else self.behaviour.get(delivery.name, self._delivered)
        sent = action()
        self.made.append(delivery)
        return sent

    @property
    def names(self) -> list[str]:
        return [delivery.name for delivery in self.made]

    def _delivered(self) -> Sent:
        return Sent(Outcome.DELIVERED, f"{self.execution}-{self.attempts}" if self.execution else "")
