"""Collect the life of one event: from the logs, Step Functions and the dead-letter queues. Changes nothing.

Each source is read independently of the others: one that cannot be read becomes a sentence in the result.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from scripts.aws.context import StackContext, aws_errors_explained
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.cli.progress import ProgressDisplay
from scripts.cli.times import Moment, milliseconds
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reports import dead_letter as report
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import open_dead_letters
from scripts.event_life.life import EventLife, FoundOnQueue
from scripts.event_life.started import StartedExecution, started_executions
from scripts.event_life.state import may_have_dead_notification, needs_dead_letter
from scripts.request_trace.log import LogGroup, lines_of_log, log_groups, pattern_for
from scripts.request_trace.log_line import LogLine
from scripts.request_trace.notified import SENDER

# Other clocks stamp the lines, and they may be ahead of this computer's.
_AHEAD: Final = timedelta(days=1)

_LOOK_AGAIN: Final = timedelta(minutes=1)


class EventLifeService(NamedTuple):
    """Reads what is known of any receipt ID.

    `progress` shows what is being read. `turn` is entered around each pass over a dead-letter queue, so that a program
    which makes several can make one at a time.
    """

    scope: StackContext
    progress: ProgressDisplay = ProgressDisplay()
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    turn: Callable[[QueueName], AbstractContextManager[None]] = lambda _: nullcontext()

    def life(self, receipt_id: str, since: Moment, before: EventLife | None = None) -> EventLife:
        """Return the life of an event, by the logs since `since`. Raise ConfigurationError for an invalid ID.

        With an earlier result, of less than a minute ago, the dead-letter queue is read again only if there are new
        lines: each pass over the queue hides its dead letters from other readers for a moment.
        """
        pattern_for(receipt_id)
        now, problems = self.now(), list[str]()
        begin = now - since if isinstance(since, timedelta) else since
        groups, executions = dict[str, str](), list[StartedExecution]()
        with _noting(problems, "The logs cannot be read"):
            groups = log_groups(self.scope)
        lines = self._lines(receipt_id, groups, (milliseconds(begin), milliseconds(now + _AHEAD)), problems)
        with _noting(problems, "The executions cannot be read"), self.progress.find() as progress:
            executions = started_executions(self.scope, lines, progress)
        found = EventLife(receipt_id, begin, now, tuple(lines), tuple(executions))
        if before and before.looked_at and not _is_look_due(found, before, before.looked_at):
            found = replace(found, dead_letters=before.dead_letters, looked_at=before.looked_at)
        else:
            found = self._with_dead_letters(found, problems, has_notifications=SENDER in groups)
        return replace(found, problems=tuple(problems))

    def _lines(
        self, receipt_id: str, groups: dict[str, str], span: tuple[int, int], problems: list[str]
    ) -> list[LogLine]:
        found: list[LogLine] = []
        with self.progress.find() as progress:

            def report_lines(group: str, count: int, _: int) -> None:
                progress(f"the log group {group}", count)

            for log, name in groups.items():
                with _noting(problems, f"The log of {log} cannot be read"):
                    found += lines_of_log(self.scope, LogGroup(log, name), receipt_id, span, report_lines)
        return sorted(found, key=lambda line: line.at)

    def _with_dead_letters(self, found: EventLife, problems: list[str], *, has_notifications: bool) -> EventLife:
        queues = [QueueName.webhooks] if needs_dead_letter(found.lines) else []
        if has_notifications and may_have_dead_notification(found.lines):
            queues.append(QueueName.notifications)
        made: list[FoundOnQueue] = []
        count = len(problems)
        for queue in queues:
            with _noting(problems, f"The dead letters of {queue} cannot be read"):
                made += self._on_queue(found.receipt_id, queue)
        looked_at = found.read_at if len(problems) == count else None
        return replace(found, dead_letters=tuple(made), looked_at=looked_at)

    def _on_queue(self, receipt_id: str, queue: QueueName) -> list[FoundOnQueue]:
        service = DeadLetterService(open_dead_letters(self.scope, queue), self.progress)
        made = []
        with self.turn(queue), closing(service.show([receipt_id])) as reads:
            for read in reads:
                data = report.as_data(read, service.store.now, show_body=False, name=queue)
                made.append(FoundOnQueue(queue, read.summary.id, read.summary.message_id, read.summary.cause, data))
        return made


def _is_look_due(found: EventLife, before: EventLife, looked_at: datetime) -> bool:
    """Return whether a dead letter may be on a queue now that was not, or the other way round."""
    return len(found.lines) != len(before.lines) or found.read_at - looked_at >= _LOOK_AGAIN


@contextmanager
def _noting(problems: list[str], what: str) -> Iterator[None]:
    """Turn an error of a source into a sentence, so that the other sources are still read."""
    try:
        with aws_errors_explained():
            yield
    except (FailedError, ConfigurationError, RejectedError) as error:
        problems.append(f"{what}: {error}")
