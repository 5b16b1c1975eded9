"""Find a text in everything that a stack knows about events. Prints nothing, and knows no command line."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.context import StackContext
from scripts.aws.errors import why_unanswered
from scripts.aws.notifications_stack import notifications_of
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.cli.progress import ProgressDisplay, StepProgress
from scripts.cli.times import Moment, milliseconds, milliseconds_of, parse_moment
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import open_dead_letters
from scripts.executions.find import StateMachine, problem_of
from scripts.find.found import FindResult, SourceResult
from scripts.find.in_dead_letters import search_dead_letters
from scripts.find.in_executions import search_executions
from scripts.find.in_logs import search_log
from scripts.request_trace.log import log_groups

# Other clocks stamp the lines, and they may be ahead of this computer's.
_AHEAD: Final = timedelta(days=1)


@dataclass(frozen=True)
class FindService:
    """Searches dead letters, logs and executions.

    `progress` shows how far the search is. `check` is called often; an error that it raises ends the search. `alone` is
    entered around the scan of a dead-letter queue, for a caller that scans it elsewhere at the same time.
    """

    scope: StackContext
    progress: ProgressDisplay = field(default_factory=ProgressDisplay)
    check: Callable[[], None] = lambda: None
    alone: Callable[[QueueName], AbstractContextManager[None]] = lambda _: nullcontext()

    def find(self, result: FindResult) -> None:
        """Search everything since `result.since`, and fill the result. A source that cannot be read has a problem.

        Raise ConfigurationError for an invalid time.
        """
        since = parse_moment("--since", result.since)
        self._find_dead_letters(result, "dead letters", QueueName.webhooks)
        if self._has_notifications():
            self._find_dead_letters(result, "dead letters of notifications", QueueName.notifications)
        with self.progress.find() as progress:
            self._find_in_logs(result, since, progress)
            self._find_executions(result, since, progress)
        result.has_ended = True

    def _has_notifications(self) -> bool:
        """Return whether the stage has notifications; without the right to ask, the logs report the problem."""
        try:
            return notifications_of(self.scope) is not None
        except (ClientError, BotoCoreError):
            return False

    def _find_dead_letters(self, result: FindResult, name: str, queue: QueueName) -> None:
        with _source(result, name) as source, self.alone(queue):
            service = DeadLetterService(open_dead_letters(self.scope, queue), self.progress)
            search_dead_letters(service, result.text, result.since, source, self.check)

    def _find_in_logs(self, result: FindResult, since: Moment, progress: StepProgress) -> None:
        now = datetime.now(UTC)
        span = milliseconds_of(since, now), milliseconds(now + _AHEAD)
        groups: dict[str, str] = {}
        try:
            groups = log_groups(self.scope)
        except (ConfigurationError, ClientError, BotoCoreError):
            with _source(result, "logs"):
                raise
        for log, group in groups.items():
            name = f"log of {log}"
            with _source(result, name) as source:
                search_log(self.scope.aws.logs, group, result.text, span, source, self._step(progress, name))

    def _find_executions(self, result: FindResult, since: Moment, progress: StepProgress) -> None:
        for machine in (StateMachine(*each) for each in self.scope.stack.state_machines.items()):
            name = f"executions of {machine.name}"
            with _source(result, name, partial(problem_of, machine)) as source:
                search_executions(self.scope, machine, result.text, since, source, self._step(progress, name))

    def _step(self, progress: StepProgress, name: str) -> Callable[[int], None]:
        def step(count: int) -> None:
            self.check()
            progress(name, count)

        return step


@contextmanager
def _source(
    result: FindResult, name: str, explain: Callable[[ClientError], str] | None = None
) -> Iterator[SourceResult]:
    """Yield a new source of the result. An error of AWS becomes its problem; what it has found so far stays."""
    source = SourceResult(name)
    result.sources.append(source)
    try:
        yield source
    except (FailedError, ConfigurationError, RejectedError) as error:
        source.problem = str(error)
    except (ClientError, BotoCoreError) as error:
        known = explain(error) if explain and isinstance(error, ClientError) else ""
        source.problem = known or f"The {name} cannot be searched: {why_unanswered(error)[0]}."
    source.is_partial = source.is_partial or bool(source.problem)
    source.is_done = True
