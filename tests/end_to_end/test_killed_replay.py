"""A replay that is killed repeatedly at random moments loses no dead letter and delivers no event twice."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.dead_letters.queues import BATCH
from tests.end_to_end import replaying
from tests.end_to_end.running import ROOT, Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_deliveries import drain
from tests.samples import body_of, envelope_of

pytestmark = pytest.mark.full  # a replay is killed several times

# ALMA_WEBHOOKS_KILLS=50 kills more often and takes about two minutes.
KILLS = int(os.environ.get("ALMA_WEBHOOKS_KILLS", "6"))
DEAD_LETTERS_PER_KILL = 30
RATE = 60
LONGEST_LIFE_SECONDS = 0.7
CAUSE = {"class": "transient", "reason": "AWS returned NotFound", "route": "loans", "target": "topic:loan-created"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a run for this module, because a replay of all dead letters would take those of other tests."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run, watched(run) as stack:
        yield stack


def put_dead_letters(stack: Stack, count: int) -> dict[str, str]:
    """Put loans on the dead-letter queue, every tenth of them twice, and return their bodies by receipt id."""
    bodies = {
        f"r{number}": body_of("loan-created").replace(b'"id"', b'"n":%d,"id"' % number, 1) for number in range(count)
    }
    entries: list[Any] = []
    for number, (receipt_id, body) in enumerate(bodies.items()):
        message = envelope_of(body, failure=CAUSE)._replace(receipt_id=receipt_id).encode()
        attributes = {name: {"DataType": "String", "StringValue": text} for name, text in message.attributes.items()}
        entry = {"MessageBody": message.body, "MessageAttributes": attributes}
        entries += [entry] * (2 if number % 10 == 0 else 1)
    for begin in range(0, len(entries), BATCH):
        batch: list[Any] = [{**entry, "Id": str(number)} for number, entry in enumerate(entries[begin : begin + BATCH])]
        stack.aws.sqs.send_message_batch(QueueUrl=stack.facts["dead_letter_queue_url"], Entries=batch)
    return {receipt_id: body.decode() for receipt_id, body in bodies.items()}


def dead_letters(stack: Stack, *names: str) -> int:
    """Return the number of dead letters, as counted by SQS."""
    attributes: Any = [f"ApproximateNumberOfMessages{name}" for name in names]
    queue = stack.facts["dead_letter_queue_url"]
    counts = stack.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=attributes)["Attributes"]
    return sum(int(count) for count in counts.values())


def started_replay(stack: Stack) -> "subprocess.Popen[str]":
    """Start a replay and wait until it begins."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter and module
        [sys.executable, "-m", replaying.__name__, stack.facts["stack"], stack.facts["endpoint_url"], str(RATE)],
        env={"PATH": os.environ["PATH"]},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "begins\n"
    return process


def end(process: "subprocess.Popen[str]", *, by_kill: bool) -> int:
    """Kill a process or wait for it, and return its exit code."""
    with process:
        if by_kill:
            process.kill()
        return process.wait(60)


def sent_by(stack: Stack, total: int) -> int:
    """Return how many dead letters have left the dead-letter queue."""
    return total - dead_letters(stack, "", "NotVisible")


def test_f39_a_replay_that_is_killed_at_any_moment_loses_no_dead_letter(
    stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    """Every event arrives at its topic exactly once, and no dead letter is left, after any number of kills."""
    count = KILLS * DEAD_LETTERS_PER_KILL
    bodies = put_dead_letters(stack, count)
    total = dead_letters(stack, "", "NotVisible")
    hit: list[int] = []
    while len(hit) < KILLS:
        eventually(lambda: dead_letters(stack, "") > 0)
        process = started_replay(stack)
        time.sleep(random.uniform(0, LONGEST_LIFE_SECONDS))  # noqa: S311 - a delay, not a secret
        assert end(process, by_kill=True) == -9
        hit.append(sent_by(stack, total))
        time.sleep(replaying.LOCK_SECONDS)  # the lock of the killed replay expires
    left = total - hit[-1]
    while dead_letters(stack, "", "NotVisible"):
        eventually(lambda: dead_letters(stack, "") > 0)
        assert end(started_replay(stack), by_kill=False) == 0
    eventually(lambda: stack.queued() == 0, seconds=120)
    drain(stack.subscriptions, seconds=60)
    seen = Counter(seen.receipt_id for seen in stack.subscriptions.sightings)
    summary = f"{total} dead letters, gone after each kill: {hit}"
    record_property("summary", summary)
    assert seen == dict.fromkeys(bodies, 1), summary
    assert {seen.receipt_id: seen.body.decode() for seen in stack.subscriptions.sightings} == bodies
    assert left > 0, f"the kills came too late: {summary}"
    assert len(set(hit)) > 1, f"nothing was replayed between kills: {summary}"
