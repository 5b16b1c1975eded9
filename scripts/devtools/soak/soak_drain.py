"""Hold the events of a soak test on the webhook queue until all are sent, and read how the queue drained."""

import json
import re
import time
from collections.abc import Callable
from typing import Any, Final

from scripts.aws.queues import queue_count
from scripts.local.pipeline import Pipeline

_REPORT: Final = re.compile(r"^REPORT .*?\bDuration: ([\d.]+) ms")
_RETRY: Final = "retry"  # the message of the processor's line about a run after which the message comes back
_POLL_SECONDS: Final = 0.1


class Drain:
    """The drain of the webhook queue of a running pipeline.

    `hold` comes before the first event, `release` after the last one, and `end` when no message is left.
    """

    def __init__(self, running: Pipeline, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._aws = running.aws
        self._queue = running.stack.outputs["QueueUrl"]
        self._function = running.stack.outputs["ProcessorFunctionName"]
        self._log_group = running.stack.outputs["ProcessorLogGroupName"]
        self._queued = 0
        self._began_at = self._ended_at = 0.0

    def hold(self) -> None:
        """Let the processor receive nothing."""
        self._switch(is_on=False)

    def release(self) -> None:
        """Let it receive again; the time of the drain begins."""
        self._queued = queue_count(self._aws.sqs, self._queue)
        self._began_at = self._clock()
        self._switch(is_on=True)

    def end(self) -> None:
        """Note that what the processor logs from now on is no part of the drain."""
        self._ended_at = self._clock()

    def facts(self, replayed_at: list[float]) -> dict[str, Any]:
        """Return what happened since the release, as JSON values; all times are seconds, and count from it.

        `runs` has the end and the duration of each, `retried_at` the ends of those after which the message came back,
        and `replayed_at` (given by the wall clock) when dead letters were sent again.
        """
        runs, retried = self._runs()
        return {
            "queued": self._queued,
            "seconds": max((at for at, _ in runs), default=0.0),
            "runs": runs,
            "retried_at": retried,
            "replayed_at": [self._since(at) for at in replayed_at],
        }

    def _runs(self) -> tuple[list[tuple[float, float]], list[float]]:
        """Return the runs and the retries that the log has."""
        runs, retried = [], []
        pages = self._aws.logs.get_paginator("filter_log_events")
        began, ended = int(self._began_at * 1000), int(self._ended_at * 1000)
        for page in pages.paginate(logGroupName=self._log_group, startTime=began, endTime=ended):
            for line in page["events"]:
                at, text = self._since(line["timestamp"] / 1000), line["message"]
                if found := _REPORT.match(text):
                    runs.append((at, float(found[1]) / 1000))
                elif text.startswith("{") and json.loads(text).get("message") == _RETRY:
                    retried.append(at)
        return runs, retried

    def _since(self, at: float) -> float:
        return round(at - self._began_at, 3)

    def _switch(self, *, is_on: bool) -> None:
        functions, wanted = self._aws.functions, "Enabled" if is_on else "Disabled"
        [mapping] = functions.list_event_source_mappings(FunctionName=self._function)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=is_on)
        while functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] != wanted:
            time.sleep(_POLL_SECONDS)
