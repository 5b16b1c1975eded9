"""Compare the accepted events with messages, executions and dead letters."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from scripts.cli.plural import plural
from scripts.devtools.soak.soak_expectations import Expected


class Arrival(NamedTuple):
    """One message at a subscriber: digest of the body, topic, time of publishing, and the message id of SNS."""

    digest: str
    topic: str
    published: float
    message_id: str


Unexplained = Callable[[Sequence[Arrival], Expected], int]
"""Return how many copies of one message no fault explains. Called for every message."""


class Findings(NamedTuple):
    """The differences, as digests and execution names; no content of events."""

    lost: list[str]
    doubled: list[str]
    unexplained: list[str]
    strays: list[str]
    counts: dict[str, int]

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, duplicated without a cause, or delivered unexpectedly."""
        return not (self.lost or self.doubled or self.unexplained or self.strays)

    @property
    def facts(self) -> dict[str, Any]:
        """The findings as JSON values."""
        return {"is_good": self.is_good, **self._asdict()}


def judge(
    expected: Mapping[str, Expected],
    arrivals: Iterable[Arrival],
    executions: Iterable[str],
    dead: Iterable[str],
    unexplained_of: Unexplained,
) -> Findings:
    """Return the findings. `expected` and `dead` are by digest. A publish that is received twice counts once."""
    copies: dict[str, dict[str, Arrival]] = defaultdict(dict)
    for arrival in arrivals:
        copies[f"{arrival.topic}: {arrival.digest}"][arrival.message_id] = arrival
    run = Counter(f"execution {name}" for name in executions)
    seen = {*copies, *run, *(f"dead letter {digest}" for digest in dead)}
    messages = {f"{topic}: {digest}" for digest, one in expected.items() for topic in one.topics}
    names = {f"execution {name}" for one in expected.values() for name in one.executions}
    dead_letters = {f"dead letter {digest}" for digest, one in expected.items() if one.is_dead}
    wanted = messages | names | dead_letters
    counts = {
        "events": len(expected),
        "messages": len(messages),
        "published again": sum(len(one) - 1 for one in copies.values()),
        "executions": len(names),
        "dead letters": len(dead_letters),
    }
    doubled = sorted(name for name, count in run.items() if count > 1)
    unexplained = _unexplained(copies, expected, unexplained_of)
    return Findings(sorted(wanted - seen), doubled, unexplained, sorted(seen - wanted), counts)


def _unexplained(
    copies: Mapping[str, Mapping[str, Arrival]], expected: Mapping[str, Expected], unexplained_of: Unexplained
) -> list[str]:
    found = []
    for name, by_id in sorted(copies.items()):
        one = [*by_id.values()]
        if count := unexplained_of(one, expected.get(one[0].digest, Expected())):
            found.append(f"{name}: {count} of {plural(len(one), 'copy', 'copies')}")
    return found
