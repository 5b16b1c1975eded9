"""Measure events per second through the pipeline on the emulator, beside pairs of functions that do almost nothing."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.bench_events import numbered, queued_bodies
from benchmarks.cold import Step
from benchmarks.emulator_pair import PAIRS, RETURNING, RUN, replace_functions
from benchmarks.emulator_run import backlog, emulator_run
from benchmarks.emulator_use import use_of
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
# Each look at the queue takes time of the emulator, so there are fewer for a chunk that takes seconds.
_FEW_EVENTS: Final = 10
_SHORT_PAUSE_SECONDS: Final = 0.02
_PAUSE_SECONDS: Final = 0.2


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
        self._use = use_of(facts["pid"])  # at the end of the last power of ten

    def chunk(self, events: int) -> None:
        """Post events, and wait until the last one has arrived. Raise FailedError if one is lost or repeated."""
        bodies = [numbered(self._body, self._posted + number).encode() for number in range(events)]
        self._posted += events
        began = time.perf_counter()
        post_all(self._facts["webhook_url"], self._facts["secret"], bodies, _CONNECTIONS)
        self._wait(_SHORT_PAUSE_SECONDS if events <= _FEW_EVENTS else _PAUSE_SECONDS)
        self._check_arrived(0 if self.name == RETURNING else events)
        self.seconds.append(time.perf_counter() - began)
        self._aws.sqs.purge_queue(QueueUrl=self._sink)  # else the emulator keeps them

    def end_decade(self, chunks: int) -> None:
        """Add the row of a power of ten, whose last chunks were this many."""
        before, use = int(self.decades[-1]["events"]) if self.decades else 0, use_of(self._facts["pid"])
        per_event = 1000 / (self._posted - before)
        self.decades.append(
            {
                "events": self._posted,
                "ms_per_event": round(sum(self.seconds[-chunks:]) * per_event, 1),
                "own_cpu_ms": round((use.own_cpu_s - self._use.own_cpu_s) * per_event, 2),
                "emulator_cpu_ms": round((use.emulator_cpu_s - self._use.emulator_cpu_s) * per_event, 2),
                "functions_mb": use.functions_mb,
                "run_mb": use.run_mb,
                "emulator_mb": use.emulator_mb,
            }
        )
        self._use = use

    def _subscribed_queue(self) -> str:
        topic = self._facts["topics"][_TOPIC]
        queue = self._aws.sqs.create_queue(QueueName=_SINK)["QueueUrl"]
        place = topic.replace(":sns:", ":sqs:").rpartition(":")[0]
        self._aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{place}:{_SINK}")
        return queue

    def _wait(self, pause: float) -> None:
        until = time.monotonic() + _LONGEST_SECONDS
        while backlog(self._aws, self._facts):
            if time.monotonic() > until:
                raise FailedError(f"{self.name}: the webhook queue on the emulator did not become empty.")
            time.sleep(pause)

    def _check_arrived(self, events: int) -> None:
        arrived = queue_count(self._aws.sqs, self._sink)
        if arrived != events:
            raise FailedError(f"{self.name}: {arrived} messages arrived at the subscribed queue, not {events}.")


def measure(interrupts: Interrupts, most: int, step: Step) -> dict[str, Any]:
    """Return time and memory by powers of ten up to `most` events, and ratios of the last one, as JSON values.

    The pairs get at most MOST_EVENTS, and the ratios are those of that power: they do not depend on it.
    """
    with ExitStack() as exits:
        step("throughput: starting")
        rows = [_started(exits, interrupts, name) for name in (RUN, *PAIRS)]
        size, last = 1, dict[str, list[float]]()
        for mark, chunks in decades(most):
            measured = rows if mark <= MOST_EVENTS else rows[:1]
            for number, events in enumerate(chunks, 1):
                step(f"throughput: to {mark:,} events, chunk {number} of {len(chunks)}")
                for row in measured:
                    row.chunk(events)
            for row in measured:
                row.end_decade(len(chunks))
            if measured is rows:
                size, last = chunks[0], {row.name: row.seconds[-len(chunks) :] for row in rows}
    return {
        "events": min(most, MOST_EVENTS),
        "decades": {row.name: row.decades for row in rows},
        "rates": {name: spread([size / each for each in of_row]) for name, of_row in last.items()},
        "shares": {name: ratio(last[name], last[RUN]) for name in PAIRS},  # of the events per second
    }


def _started(exits: ExitStack, interrupts: Interrupts, name: str) -> PipelineRow:
    folder = exits.enter_context(TemporaryDirectory(prefix="alma-webhooks-bench-"))
    return PipelineRow(name, exits.enter_context(emulator_run(Path(folder), interrupts)))


def decades(most: int) -> Iterator[tuple[int, list[int]]]:
    """Yield each power of ten, and the events of the chunks that lead there from the one before; all are equal."""
    done, mark = 0, 1
    while mark <= most:
        chunks = max(1, (mark - done) // _CHUNK)
        yield mark, [(mark - done) // chunks] * chunks
        done, mark = mark, mark * 10
