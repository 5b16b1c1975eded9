"""The invariants that hold at the end of every interleaving, with any faults (docs/guarantees.md).

A repetition needs an excuse, and this module says which: f23 for a target without a deduplication of its own, f39 for a
dead letter.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from tests.interleavings.calls import UNANSWERED, Fault
from tests.interleavings.ledger import Acted, Ledger
from tests.interleavings.services import DELIVERIES, MACHINE_ARN, TOPIC_ARN, Services


class Posted(NamedTuple):
    """A request that ingest has accepted: its body, and the ARNs of the targets of its event."""

    receipt_id: str
    body: str
    targets: tuple[str, ...]


def of_an_end(services: Services, posted: Iterable[Posted], faults: list[Fault]) -> Iterator[str]:
    """Yield a sentence for each violation when nothing is on the way any more."""
    ledger = services.ledger
    yield from ledger.broken
    yield from _not_lost(services, posted)
    yield from _not_repeated(ledger, faults)
    yield from _one_dead_letter(ledger, faults)
    yield from _redelivered_once(ledger)
    faulty = {fault.attempt for fault in faults}
    yield from (text for attempt, text in ledger.unlocked if attempt not in faulty)


def of_the_end(services: Services, now: float) -> Iterator[str]:
    """Yield a sentence for each violation after the last replay, when every target has been repaired."""
    for message in services.dead_letters.messages.values():
        yield f"the event {message.receipt_id} is a dead letter again and again"
    for record in services.tables[DELIVERIES].values():
        # A record that has expired blocks nothing. It stays if an operator has had the event delivered again instead.
        expires = float(record.get("in_progress_expiration", {"N": "inf"})["N"]) / 1000
        if record["status"]["S"] == "INPROGRESS" and expires > now:
            yield "a delivery stays in progress for ever"


def _not_lost(services: Services, posted: Iterable[Posted]) -> Iterator[str]:
    """Each event was delivered to all of its targets, or is a dead letter, or on the queue."""
    kept = [*services.webhooks.messages.values(), *services.dead_letters.messages.values()]
    there = {message.receipt_id for message in kept}
    acted: defaultdict[str, set[str]] = defaultdict(set)
    for each in services.ledger.acted:
        acted[each.key.partition("\n")[0]].add(each.target)
    for request in posted:
        if request.receipt_id not in there and not acted[identity(request)].issuperset(request.targets):
            yield f"the event {request.receipt_id} is lost"
    bodies = {request.body for request in posted}
    for each in services.ledger.acted:
        if each.target == TOPIC_ARN and each.message not in bodies:
            yield "a topic got another body"


def identity(request: Posted) -> str:
    """Return the identity of the event, which begins each of its delivery keys."""
    return IDENTITIES[request.body]


IDENTITIES: dict[str, str] = {}
"""The identity of each body, computed by the processor's own module when the bodies are made."""


def _not_repeated(ledger: Ledger, faults: list[Fault]) -> Iterator[str]:
    by_key: defaultdict[str, list[Acted]] = defaultdict(list)
    for each in ledger.acted:
        by_key[each.key].append(each)
    for key, acted in by_key.items():
        route = key.split("\n")[1]
        if acted[0].target == MACHINE_ARN and len(acted) > 1:
            yield f"the route {route} started {len(acted)} executions for one delivery"
        elif acted[0].target == TOPIC_ARN:
            for first, second in pairwise(acted):
                if not is_excused(first, second, ledger, faults):
                    yield f"the route {route} published twice, without an answer lost (attempt {second.attempt})"


def is_excused(first: Acted, second: Acted, ledger: Ledger, faults: list[Fault]) -> bool:
    """Return whether a message may have been published again: only if nobody could know of the first one.

    Its answer was lost, or its attempt ended by a fault before it had recorded the delivery; or the second one arrived
    late, after its own caller had given it up.
    """
    if first.fate in UNANSWERED or second.fate in UNANSWERED:
        return True
    is_recorded = ledger.completed.get((first.attempt, first.key), float("inf")) <= second.at
    has_ended = ledger.ended.get(first.attempt, float("inf")) <= second.at
    return has_ended and not is_recorded and any(fault.attempt == first.attempt for fault in faults)


def _one_dead_letter(ledger: Ledger, faults: list[Fault]) -> Iterator[str]:
    """Each message has one dead letter. It has another only if one of its attempts could not know of the first."""
    faulty = {fault.attempt for fault in faults}
    arrived: defaultdict[str, list[int]] = defaultdict(list)
    for each in ledger.arrived:
        arrived[each.message_id].append(each.attempt)
    for attempts in arrived.values():
        if sum(attempt not in faulty for attempt in attempts) > 1:
            yield "a message has two dead letters, without an answer lost"


def _redelivered_once(ledger: Ledger) -> Iterator[str]:
    """Each replay that delivers again has one ID, however often it is sent, so that its targets get the event once."""
    ids: defaultdict[str, dict[str, int]] = defaultdict(dict)  # the count of each ID's first replay, by receipt ID
    for receipt_id, text in ledger.replayed:
        replay = json.loads(text)
        if replay.get("redeliver"):
            ids[receipt_id].setdefault(replay["id"], replay["count"])
    for receipt_id, counts in ids.items():
        if len(set(counts.values())) < len(counts):
            yield f"one replay of the event {receipt_id} has two IDs"
