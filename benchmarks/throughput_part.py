"""Measure events per second through the pipeline on the emulator, and its memory, beside pairs that do almost nothing."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.bench_events import numbered, queued_bodies
from benchmarks.cold import Step
from benchmarks.emulator_memory import memory_of
from benchmarks.emulator_pair import FORWARDING, PAIRS, RETURNING, RUN, replace_functions
from benchmarks.emulator_run import backlog, emulator_run
from benchmarks.signed_posts import post_all
from benchmarks.spread import ratio, spread
from scripts.aws.clients import Aws
from scripts.aws.queues import queue_count
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts

MOST_EVENTS: Final = 10_000
LARGE_EVENTS: Final = 100_000

_CHUNK: Final = 500
_CONNECTIONS: Final = 4
_TOPIC: Final = "loan-created"
_SINK: Final = "alma-webhooks-bench-sink"
_LONGEST_SECONDS: Final = 300.0
# How often the queues are looked at: each look takes time of the emulator.
_LOOKS_A_CHUNK: Final = 100
_LOOK_SECONDS: Final = (0.02, 0.2)


class PipelineRow:
    """A pipeline on an emulator of its own, and the seconds of each chunk of events that went through it."""

    def __init__(self, name: str, facts: dict[str, Any]) -> None:
        self.name = name
        self._facts = facts
        self._aws = Aws.local(facts["endpoint_url"], facts["region"])
        self._sink = self._subscribed_queue()
        self._body = queued_bodies()["topic"]
        self._posted = 0
        self.seconds: list[float] = []
        self.decades: list[dict[str, float]] = []
        if name != RUN:
            replace_functions(self._aws, facts["stack"], name)

    def chunk(self, events: int) -> None:
        """Post events, and wait until the last one has arrived. Raise FailedError if one is lost or repeated."""
        bodies = [numbered(self._body, self._posted + number).encode() for number in range(events)]
        self._posted += events
        began = time.perf_counter()
        post_all(self._facts["webhook_url"], self._facts["secret"], bodies, _CONNECTIONS)
        self._wait(0 if self.name == RETURNING else events)
        self.seconds.append(time.perf_counter() - began)
        self._aws.sqs.purge_queue(QueueUrl=self._sink)  # else the emulator keeps them

    def end_decade(self, chunks: int) -> None:
        """Add the row of a power of ten, whose last chunks were this many."""
        before = self.decades[-1]["events"] if self.decades else 0
        milliseconds = sum(self.seconds[-chunks:]) * 1000 / (self._posted - before)
        row = {"events": self._posted, "ms_per_event": round(milliseconds, 1)}
        self.decades.append(row | memory_of(self._facts["pid"]))

    def _subscribed_queue(self) -> str:
        topic = self._facts["topics"][_TOPIC]
        queue = self._aws.sqs.create_queue(QueueName=_SINK)["QueueUrl"]
        place = topic.replace(":sns:", ":sqs:").rpartition(":")[0]
        self._aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{place}:{_SINK}")
        return queue

    def _wait(self, arriving: int) -> None:
        until = time.monotonic() + _LONGEST_SECONDS
        pause = _LOOK_SECONDS[arriving > _LOOKS_A_CHUNK]
        while backlog(self._aws, self._facts):
            if time.monotonic() > until:
                raise FailedError(f"{self.name}: the webhook queue on the emulator did not become empty.")
            time.sleep(pause)
        arrived = queue_count(self._aws.sqs, self._sink)
        if arrived != arriving:
            raise FailedError(f"{self.name}: {arrived} messages arrived at the subscribed queue, not {arriving}.")


def measure(interrupts: Interrupts, most: int, step: Step) -> dict[str, Any]:
    """Return time and memory by powers of ten up to `most` events, and ratios of the last one, as JSON values."""
    with ExitStack() as exits:
        step("throughput: starting")
        rows = [_started(exits, interrupts, name) for name in (RUN, *PAIRS)]
        for mark, chunks in _decades(most):
            for number, events in enumerate(chunks, 1):
                step(f"throughput: to {mark:,} events, chunk {number} of {len(chunks)}")
                for row in rows:
                    row.chunk(events)
            for row in rows:
                row.end_decade(len(chunks))
    last = {row.name: row.seconds[-len(chunks) :] for row in rows}
    return {
        "events": most,
        "decades": {row.name: row.decades for row in rows},
        "events_per_second": {name: spread([events / each for each in of_row]) for name, of_row in last.items()},
        "times_as_long": {name: ratio(last[RUN], last[name]) for name in PAIRS},
    }


def _started(exits: ExitStack, interrupts: Interrupts, name: str) -> PipelineRow:
    folder = exits.enter_context(TemporaryDirectory(prefix="alma-webhooks-bench-"))
    return PipelineRow(name, exits.enter_context(emulator_run(Path(folder), interrupts)))


def _decades(most: int) -> Iterator[tuple[int, list[int]]]:
    """Yield each power of ten, and the events of the chunks that lead there from the one before; all are equal."""
    done, mark = 0, 1
    while mark <= most:
        chunks = max(1, (mark - done) // _CHUNK)
        yield mark, [(mark - done) // chunks] * chunks
        done, mark = mark, mark * 10


__all__ = ["FORWARDING", "LARGE_EVENTS", "MOST_EVENTS", "PipelineRow", "measure"]
