"""Define the life of one event as the service returns it."""

from dataclasses import dataclass
from datetime import datetime

from scripts.cli.output import Data
from scripts.cli.times import milliseconds
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.queue_name import QueueName
from scripts.event_life.started import StartedExecution
from scripts.event_life.state import EventState, logged_cause, may_change, state_of
from scripts.event_life.timeline import TimelineEntry, timeline_of
from scripts.request_trace.log_line import LogLine


@dataclass(frozen=True)
class FoundOnQueue:
    """A dead letter of the event or of one of its notifications, as `dead-letters show` prints it: redacted."""

    queue: QueueName
    id: str
    message_id: str
    cause: Cause
    data: Data


@dataclass(frozen=True)
class EventLife:
    """What is known of a receipt ID. No member has a body.

    `since` is the begin of the searched logs, `read_at` when they were read. `looked_at`: when the dead-letter queues
    were read, as far as they had to be; None if they could not. `problems` has a sentence for each source that could
    not be read.
    """

    receipt_id: str
    since: datetime
    read_at: datetime
    lines: tuple[LogLine, ...] = ()
    executions: tuple[StartedExecution, ...] = ()
    dead_letters: tuple[FoundOnQueue, ...] = ()
    looked_at: datetime | None = None
    problems: tuple[str, ...] = ()

    @property
    def state(self) -> EventState:
        """The present state."""
        return state_of(self.lines, is_dead_letter=self.dead_letter is not None)

    @property
    def dead_letter(self) -> FoundOnQueue | None:
        """The dead letter of the event itself, or else the first of its notifications if there are no other lines."""
        own = [each for each in self.dead_letters if each.queue == QueueName.webhooks]
        is_post = not any(line.log in {"ingest", "processor"} for line in self.lines)
        return next(iter(own or (self.dead_letters if is_post else ())), None)

    @property
    def cause(self) -> Cause | None:
        """Why it failed: by the dead letter, or else by the line of the last attempt; None if nothing failed."""
        return self.dead_letter.cause if self.dead_letter else logged_cause(self.lines)

    @property
    def failed_executions(self) -> list[StartedExecution]:
        """The executions that did not succeed, although the event was delivered."""
        return [execution for execution in self.executions if execution.has_failed]

    @property
    def is_lost(self) -> bool:
        """Whether it died, and its dead letter is not there: expired, held by a reader, or replayed a moment ago."""
        return self.state is EventState.dead and self.looked_at is not None and not self.dead_letters

    @property
    def timeline(self) -> list[TimelineEntry]:
        """What happened, by time: the log lines, and when executions started and ended."""
        entries = [*timeline_of(self.lines), *(entry for each in self.executions for entry in _entries(each))]
        return sorted(entries, key=lambda entry: entry.at)

    @property
    def may_change(self) -> bool:
        """Whether more is expected soon without an operator."""
        is_running = any(execution.is_running for execution in self.executions)
        now = milliseconds(self.read_at)
        return is_running or may_change(self.state, self.lines, now, is_lost=self.is_lost)


def _entries(execution: StartedExecution) -> list[TimelineEntry]:
    what, found = f"Execution {execution.name} of {execution.state_machine}", []
    if execution.started_at:
        found.append(TimelineEntry(milliseconds(execution.started_at), "execution", f"{what} started"))
    if execution.stopped_at:
        title = f"{what} ended: {execution.status}"
        found.append(TimelineEntry(milliseconds(execution.stopped_at), "execution", title, execution.error))
    return found
