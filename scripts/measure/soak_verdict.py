"""Whether every promise was kept, by what was sent and what subscribers, workflows and dead letters have. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from scripts.measure.soak_expectations import Expected

# The local engine tells times of publishing in whole seconds, cut.
_RESOLUTION_SECONDS = 1.0


class Arrival(NamedTuple):
    """One message at a subscriber: the body's digest, the topic, when it was published (seconds since 1970)."""

    digest: str
    topic: str
    published: float


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
    disturbances: Iterable[float],
) -> Findings:
    """Compares. `expected` and `dead` are by digest; `disturbances` are the moments at which a worker was killed, or a
    publish or its record was disturbed: each can explain one repetition of a message, between its copies.
    """
    copies: dict[str, list[float]] = defaultdict(list)
    for arrival in arrivals:
        copies[f"{arrival.topic}: {arrival.digest}"].append(arrival.published)
    run = Counter(f"execution {name}" for name in executions)
    seen = {*copies, *run, *(f"dead letter {digest}" for digest in dead)}
    messages = {f"{topic}: {digest}" for digest, one in expected.items() for topic in one.topics}
    names = {f"execution {name}" for one in expected.values() for name in one.executions}
    letters = {f"dead letter {digest}" for digest, one in expected.items() if one.is_dead}
    wanted = messages | names | letters
    counts = {
        "events": len(expected),
        "messages": len(messages),
        "published again": sum(len(times) - 1 for times in copies.values()),
        "executions": len(names),
        "dead letters": len(letters),
    }
    doubled = sorted(name for name, count in run.items() if count > 1)
    return Findings(sorted(wanted - seen), doubled, _unexplained(copies, disturbances), sorted(seen - wanted), counts)


def _unexplained(copies: Mapping[str, list[float]], disturbances: Iterable[float]) -> list[str]:
    unused = sorted(disturbances)
    pairs = [(pair, name) for name, times in copies.items() for pair in pairwise(sorted(times))]
    left = []
    # Those that ended soonest choose first, and the earliest moment that they can: no other order explains more.
    for (first, second), name in sorted(pairs, key=lambda item: item[0][1]):
        between = next((moment for moment in unused if first <= moment <= second + _RESOLUTION_SECONDS), None)
        if between is None:
            left.append(f"{name} at {first:.0f} and {second:.0f}")
        else:
            unused.remove(between)
    return left
