"""Show what the local programs of a run's further parts print, and how many dead letters their queues have."""

import time
from collections.abc import Callable, Iterable
from typing import Final

from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.aws.part_stacks import DeployedQueue, queues_of
from scripts.aws.queues import queue_count
from scripts.cli.output import notice
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.local.part_programs import PartPrograms
from scripts.local.run_display import RunDisplay

_SECONDS: Final = 40.0  # the cold start of a function on a busy computer, and a retry
_LOOK_SECONDS: Final = 0.2


class ShownParts:
    """Prints each line of a local program once, and the number of dead letters of each queue when it changes."""

    def __init__(
        self,
        aws: Aws,
        stacks: Iterable[str],
        programs: PartPrograms,
        display: RunDisplay,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sqs = aws.sqs
        self._queues: list[DeployedQueue] = [queue for name in stacks for queue in queues_of(stack.read(aws, name))]
        self._programs = programs
        self._display = display
        self._monotonic = monotonic
        self._sleep = sleep
        self._dead_letters = self._counts()

    def show(self) -> int:
        """Print what is new, and return how many dead letters there are more than at the last time."""
        for line in self._programs.fresh():
            notice(escape(line))
        before, self._dead_letters = self._dead_letters, self._counts()
        for name, count in self._dead_letters.items():
            if count != before[name]:
                self._display.dead_letters(count, f" of the queue {name}")
        return sum(self._dead_letters.values()) - sum(before.values())

    def settle(self) -> int:
        """Wait until the queues are empty, then do the same. A message that is retried can take longer."""
        deadline = self._monotonic() + _SECONDS
        while (waiting := sum(queue_count(self._sqs, each.url) for each in self._queues)) and (
            self._monotonic() < deadline
        ):
            self._sleep(_LOOK_SECONDS)
        if waiting:
            notice(f"{plural(waiting, 'message')} still on the queues of further parts")
        return self.show()

    def problem(self, dead_letters: int) -> str:
        """Return the sentence about this number of new dead letters."""
        return f"{plural(dead_letters, 'message')} of further parts failed; see the dead letters."

    def _counts(self) -> dict[str, int]:
        return {each.name: queue_count(self._sqs, each.dead_letters_url) for each in self._queues}
