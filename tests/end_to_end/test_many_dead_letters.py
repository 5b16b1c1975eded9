"""Many dead letters on the emulator: each is read once in constant memory, and a filter replays half of them."""

import json
import os
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.aws.context import open_stack_context
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.queues import BATCH
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore, open_dead_letters
from tests.end_to_end.addresses import address_at
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_deliveries import drain
from tests.samples import body_of, envelope_of
from tests.scripts.command import run

pytestmark = pytest.mark.full  # hundreds of dead letters

# ALMA_WEBHOOKS_DEAD_LETTERS=5000 takes some minutes.
DEAD_LETTERS = int(os.environ.get("ALMA_WEBHOOKS_DEAD_LETTERS", "500"))
MEMORY_DEAD_LETTERS = 500
SMALL, LARGE = 1_000, 20_000  # bytes of a body
EVENTS = ("LOAN_CREATED", "LOAN_RETURNED")
CAUSE = {"class": "transient", "reason": "AWS returned NotFound", "route": "loans", "target": "topic:loan-created"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a run for this module, so that there are no other dead letters."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run, watched(run) as stack:
        stack.outcome(stack.accepted(body_of("job-end-other")))  # ignored; the canary at the end needs log lines
        yield stack


@pytest.fixture
def dead_letters(stack: Stack) -> DeadLetterStore:
    """Return the dead letters of the stack, as commands open them."""
    return open_dead_letters(open_stack_context(address_at("dev", stack.facts["stack"], stack.facts["endpoint_url"])))


def put(stack: Stack, count: int, size: int = SMALL) -> dict[str, str]:
    """Put created and returned loans on the dead-letter queue, and return their events by receipt id."""
    events = {f"r{number}": EVENTS[number % 2] for number in range(count)}
    entries: list[Any] = []
    for receipt_id, event in events.items():
        body = json.dumps({"action": "LOAN", "event": {"value": event}, "id": receipt_id, "pad": "x" * size}).encode()
        message = envelope_of(body, failure=CAUSE)._replace(receipt_id=receipt_id).encode()
        attributes = {name: {"DataType": "String", "StringValue": text} for name, text in message.attributes.items()}
        entries.append({"MessageBody": message.body, "MessageAttributes": attributes, "Id": receipt_id})
    for begin in range(0, count, BATCH):
        stack.aws.sqs.send_message_batch(
            QueueUrl=stack.facts["dead_letter_queue_url"], Entries=entries[begin : begin + BATCH]
        )
    return events


def seen(dead_letters: DeadLetterStore, filters: Filters) -> Counter[str]:
    """Return how often one scan reads each dead letter that the filters select."""
    selection = Selection(filters, dead_letters.now)
    with Scan(dead_letters.queue, lambda _seen, _about: None) as scan:
        reads = (dead_letters.reader.read(dead_letter) for dead_letter in scan.dead_letters())
        return Counter(read.summary.id for read in reads if selection.matches(read))


def test_a_filter_selects_each_dead_letter_once_and_half_is_replayed(
    stack: Stack, dead_letters: DeadLetterStore
) -> None:
    """A filter selects each matching dead letter once, and a replay with it leaves the others unchanged."""
    events = put(stack, DEAD_LETTERS)
    halves = {event: {receipt_id: 1 for receipt_id, its in events.items() if its == event} for event in EVENTS}
    for event, half in halves.items():
        assert seen(dead_letters, Filters(events=(event,))) == half
    assert (dead_letters.queue.depth().visible, dead_letters.queue.depth().hidden) == (DEAD_LETTERS, 0)

    created, returned = halves["LOAN_CREATED"], halves["LOAN_RETURNED"]
    url = f"--endpoint-url={stack.facts['endpoint_url']}"
    completed = run("dead-letters", "replay", "--event=LOAN_RETURNED", "--rate=500", "--yes", "--output=json", url)
    assert completed.returncode == 0, completed.stderr
    data = json.loads(completed.stdout)
    assert (data["chosen"], data["sent"], data["deleted"]) == (len(returned), len(returned), len(returned))
    eventually(lambda: stack.queued() == 0, seconds=60 + DEAD_LETTERS / 10)
    drain(stack.subscriptions, seconds=60 + DEAD_LETTERS / 10)
    assert Counter(sighting.receipt_id for sighting in stack.subscriptions.sightings) == returned
    assert seen(dead_letters, Filters()) == created
    assert dead_letters.queue.depth().visible == len(created)
    stack.aws.sqs.purge_queue(QueueUrl=stack.facts["dead_letter_queue_url"])


def test_memory_does_not_grow_with_the_bodies(stack: Stack, dead_letters: DeadLetterStore) -> None:
    """A scan holds only one batch of bodies in memory, so it does not need memory for all of them."""
    peaks = []
    for size in (SMALL, LARGE):
        put(stack, MEMORY_DEAD_LETTERS, size)
        eventually(lambda: dead_letters.queue.depth().visible == MEMORY_DEAD_LETTERS)
        peaks.append(peak_of_a_scan(dead_letters))
        stack.aws.sqs.purge_queue(QueueUrl=stack.facts["dead_letter_queue_url"])
        eventually(lambda: dead_letters.queue.depth().all == 0)
    assert peaks[1] - peaks[0] < MEMORY_DEAD_LETTERS * LARGE / 4, peaks


def peak_of_a_scan(dead_letters: DeadLetterStore) -> int:
    """Return the peak memory of a scan over all dead letters in bytes."""
    tracemalloc.start()
    try:
        assert seen(dead_letters, Filters(causes=("transient",))).total() == MEMORY_DEAD_LETTERS
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
