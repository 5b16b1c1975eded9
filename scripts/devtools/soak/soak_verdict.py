"""Compare the deliveries that the shipped routes give accepted events with messages, executions and dead letters."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ingest.envelope import Envelope
from processor.alma.events import parse
from processor.deliveries import KEY_PREFIX
from processor.delivery import StateMachineDelivery, TopicDelivery
from processor.errors import Permanent
from processor.routing.router import Router
from scripts.cli.plural import plural


class Expected(NamedTuple):
    """The expected result of one event; empty for an ignored one."""

    topics: frozenset[str] = frozenset()
    executions: frozenset[str] = frozenset()
    is_dead: bool = False
    records: Mapping[str, str] = MappingProxyType({})
    """The id of the delivery record in the table, by topic."""


def digest_of(body: bytes) -> str:
    """Return the SHA-256 of a body in hex, by which it is identified."""
    return hashlib.sha256(body).hexdigest()


def expected_of(body: bytes, router: Router, profile: str) -> Expected:
    """Return the expected result, from the routing of the processor itself, which other tests check."""
    envelope = Envelope(body, "", "", profile)
    try:
        plan = router.plan(parse(body), envelope)
    except Permanent:
        return Expected(is_dead=True)
    records = {one.name: record_of(one.key) for one in plan.deliveries if isinstance(one, TopicDelivery)}
    executions = {one.execution_name for one in plan.deliveries if isinstance(one, StateMachineDelivery)}
    return Expected(frozenset(records), frozenset(executions), records=records)


def record_of(key: str) -> str:
    """Return the id that Powertools makes for the record of a delivery from its key."""
    return f"{KEY_PREFIX}#{hashlib.sha256(json.dumps(key).encode()).hexdigest()}"


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
    again = sum(len(one) - 1 for one in copies.values())
    counts = {"events": len(expected), "messages": len(messages), "published again": again}
    counts |= {"executions": len(names), "dead letters": len(dead_letters)}
    doubled = sorted(name for name, count in run.items() if count > 1)
    unexplained = [
        f"{name}: {count} of {plural(len(by_id), 'copy', 'copies')}"
        for name, by_id in sorted(copies.items())
        if (count := _unexplained([*by_id.values()], expected, unexplained_of))
    ]
    return Findings(sorted(wanted - seen), doubled, unexplained, sorted(seen - wanted), counts)


def _unexplained(copies: Sequence[Arrival], expected: Mapping[str, Expected], unexplained_of: Unexplained) -> int:
    return unexplained_of(copies, expected.get(copies[0].digest, Expected()))
