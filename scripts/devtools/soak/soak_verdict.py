"""Whether every promise was kept, by what was sent and what subscribers, state machines and dead letters have. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from scripts.cli.plural import plural
from scripts.devtools.soak.soak_expectations import Expected


class Arrival(NamedTuple):
    """One message at a subscriber: the body's digest, the topic, when it was published, and SNS' id of that publish."""

    digest: str
    topic: str
    published: float
    message_id: str


Unexplained = Callable[[Sequence[Arrival], Expected], int]
"""How many repetitions among the copies of one message have no cause. Gets every message that arrived."""


class Findings(NamedTuple):
    """What was found. Digests and execution names only, nothing of an event."""

    lost: list[str]
    doubled: list[str]
    unexplained: list[str]
    strays: list[str]
    counts: dict[str, int]

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, nothing doubled without a cause, and nothing came from nowhere."""
        return not (self.lost or self.doubled or self.unexplained or self.strays)

    @property
    def facts(self) -> dict[str, Any]:
        """As JSON values."""
        return {"is_good": self.is_good, **self._asdict()}


def judge(
    expected: Mapping[str, Expected],
    arrivals: Iterable[Arrival],
    executions: Iterable[str],
    dead: Iterable[str],
    unexplained_of: Unexplained,
) -> Findings:
    """Compares. `expected` and `dead` are by digest. One publish that was received twice counts as one copy."""
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
