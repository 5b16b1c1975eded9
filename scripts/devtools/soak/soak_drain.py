"""Hold the events of a soak test on the webhook queue until all are sent, and read how the queue drained."""

import re
import time
from collections.abc import Callable
from typing import Any, Final

from notifications.json_body import json_members
from scripts.aws.logs import pages
from scripts.aws.queues import queue_count
from scripts.cli.exit_codes import FailedError
from scripts.local.pipeline import Pipeline

_REPORT: Final = re.compile(r"^REPORT .*?\bDuration: ([\d.]+) ms")
_RETRY: Final = "retry"  # the message of the processor's line about a run after which the message comes back
_POLL_SECONDS: Final = 0.1
_MOST_POLLS: Final = 600


class Drain:
    """The drain of the webhook queue of a running pipeline.

    `hold` comes before the first event, `release` after the last one, and `end` when no message is left.
    """

    def __init__(
        self,
        running: Pipeline,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._aws = running.aws
        self._queue = running.stack.outputs["QueueUrl"]
        self._function = running.stack.outputs["ProcessorFunctionName"]
        self._log_group = running.stack.outputs["ProcessorLogGroupName"]
        self._queued = 0
        self._began_at = self._ended_at = 0.0

    def hold(self) -> None:
        """Let the processor receive nothing. Raise FailedError if its mapping does not stop."""
        self._switch(is_on=False)

    def release(self) -> None:
        """Let it receive again; the time of the drain begins. Raise FailedError if its mapping does not start."""
        self._queued = queue_count(self._aws.sqs, self._queue)
        self._began_at = self._clock()
        self._switch(is_on=True)

    def end(self) -> None:
        """End the drain: later runs do not count."""
        self._ended_at = self._clock()

    def facts(self, replayed_at: list[float]) -> dict[str, Any]:
        """Return what happened since the release, as JSON values; all times are seconds, and count from it.

        `runs` has the end and the duration of each, and whether its message came back; `replayed_at` (given by the wall
        clock) when dead letters were sent again.
        """
        runs = self._runs()
        return {
            "queued": self._queued,
            "seconds": max((at for at, _, _ in runs), default=0.0),
            "runs": runs,
            "replayed_at": [self._since(at) for at in replayed_at],
        }

    def _runs(self) -> list[tuple[float, float, bool]]:
        """Return the runs that the log has. On the emulator each has a log stream of its own."""
        reports: dict[str, tuple[float, float]] = {}
        retried = set[str]()
        began, now = int(self._began_at * 1000), int(self._clock() * 1000)
        for page in pages(self._aws.logs, self._log_group, "", began, now):
            for line in page:
                at, text = line["timestamp"] / 1000, line["message"]
                if json_members(text).get("message") == _RETRY:
                    retried.add(line["logStreamName"])
                elif (found := _REPORT.match(text)) and at <= self._ended_at:
                    reports[line["logStreamName"]] = self._since(at), float(found[1]) / 1000
        return [(at, seconds, stream in retried) for stream, (at, seconds) in reports.items()]

    def _since(self, at: float) -> float:
        return round(at - self._began_at, 3)

    def _switch(self, *, is_on: bool) -> None:
        functions, wanted = self._aws.functions, "Enabled" if is_on else "Disabled"
        [mapping] = functions.list_event_source_mappings(FunctionName=self._function)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=is_on)
        for _ in range(_MOST_POLLS):
            if functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == wanted:
                return
            self._sleep(_POLL_SECONDS)
        raise FailedError(f"The mapping of {self._function} does not become {wanted}.")
