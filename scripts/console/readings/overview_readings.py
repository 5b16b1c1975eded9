"""The snapshots that the overview is made of, and the verdict over them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, NamedTuple

from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.per_console import PerConsole
from scripts.console.snapshot import Snapshot
from scripts.drain.service import DrainReader
from scripts.overview.buckets import OverviewWindow
from scripts.overview.service import (
    DEAD_LETTERS,
    AlarmStates,
    EventSummary,
    WaitingMessages,
    alarms_of,
    events_of,
    waiting_of,
)
from scripts.overview.verdict import Readings, Verdict, verdict_of

WAITING_SECONDS: Final = 10
ALARM_SECONDS: Final = 30

# A longer window has more lines, and a minute of it matters less.
_EVENT_SECONDS: Final = {OverviewWindow.HOUR: 20, OverviewWindow.DAY: 60, OverviewWindow.WEEK: 300}
# A reading can take some minutes; a value that is much older than it should be is no news of now.
_LATE: Final = 5
_LEAST_LATE: Final = timedelta(minutes=2)


# The looks of a console are remembered, so that it knows the pace where CloudWatch has no data.
_DRAINS: Final = PerConsole(lambda console: DrainReader(console.scope))


class OverviewReadings(NamedTuple):
    """What an overview shows, each with its age."""

    events: Snapshot[EventSummary]
    waiting: Snapshot[list[WaitingMessages]]
    alarms: Snapshot[AlarmStates]
    verdict: Verdict

    @property
    def dead_letters(self) -> int | None:
        """The approximate number of dead letters, also those of notifications; None if it is not known."""
        if self.waiting.value is None:
            return None
        return sum(each.messages for each in self.waiting.value if each.holds_dead_letters)

    @property
    def is_first_reading(self) -> bool:
        """Whether something is read for the first time, so that the page has gaps that are soon filled."""
        return any(each.value is None and each.work for each in (self.events, self.waiting, self.alarms))

    @property
    def dead_events(self) -> int | None:
        """The approximate number of dead letters of events; None if it is not known."""
        found = [each.messages for each in self.waiting.value or [] if each.name == DEAD_LETTERS]
        return found[0] if found else None


def readings_of(console: Console, window: OverviewWindow) -> OverviewReadings:
    """Return what was read last, and read in the background again what is old. The logs are read less often."""
    scope, seconds = console.scope, _EVENT_SECONDS[window]

    def read_events(control: Control) -> EventSummary:
        return events_of(scope, window, console.settings.zone, control.log)

    events = console.snapshot(f"events-{window.value}", f"the logs of the last {window.value}", read_events, seconds)
    waiting = console.snapshot(
        "waiting", "the queues", lambda _: waiting_of(scope, _DRAINS.of(console)), WAITING_SECONDS
    )
    alarms = console.snapshot("alarms", "the alarms", lambda _: alarms_of(scope), ALARM_SECONDS)
    named = (
        ("the logs", events, seconds),
        ("the queues", waiting, WAITING_SECONDS),
        ("the alarms", alarms, ALARM_SECONDS),
    )
    gaps = [gap for name, view, age in named for gap in _gaps(console, name, view, age)]
    verdict = verdict_of(Readings(events.value, waiting.value, alarms.value, gaps))
    return OverviewReadings(events, waiting, alarms, verdict)


def _gaps(console: Console, name: str, view: Snapshot[Any], seconds: int) -> Iterator[str]:
    """Yield a clause if a reading is missing, failed, or takes so long that its last value is old."""
    late = max(_LEAST_LATE, _LATE * timedelta(seconds=seconds))
    if view.problem:
        yield f"{name} ({'stale: ' if view.value is not None else ''}{view.problem.rstrip('.')})"
    elif view.taken_at is None:
        yield f"{name} (still being read)"
    elif view.work and console.clock() - view.taken_at > late:
        yield f"{name} (stale: they are being read again)"
