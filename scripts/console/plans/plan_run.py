"""Run a confirmed plan in the background: replay, export or discard exactly its messages, then wait for outcomes."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.errors import why_unanswered
from scripts.cli.exit_codes import CommandError
from scripts.cli.plural import plural
from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.plans.plan_request import Action, Confirmation, PlanRequest
from scripts.console.readings.dead_letter_snapshot import mark_changed, open_service, queue_to_itself
from scripts.dead_letters.audited_export import export_audited
from scripts.dead_letters.discard import DiscardResult
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.planned_selection import PlannedSelection
from scripts.dead_letters.replay_options import ReplayOptions, ReplayResult, rate_of
from scripts.dead_letters.replay_plan import ReplayPlan
from scripts.dead_letters.replay_wait import ReplayWait
from scripts.dead_letters.service import DeadLetterService

# A run waits a minute for the outcomes of what it has replayed, and looks between the slices if it was cancelled.
_SLICES: Final = 30
_SLICE_SECONDS: Final = 2.0

_SECONDS_BETWEEN_CHECKS: Final = 0.2  # of a rate that waits


class PlanRun:
    """What a confirmed plan does. Its results are valid while it runs, and after a failure or a cancellation.

    `selection` counts what was new; `gone` has the IDs that were not found, once the whole queue was seen. `waited` has
    the outcomes once `is_waiting`, or `unknown` is why there are none. `left_out` are those that would fail again.
    """

    def __init__(
        self,
        console: Console,
        request: PlanRequest,
        filters: Filters,
        planned: ReplayPlan,
        confirmation: Confirmation,
    ) -> None:
        self.action: Final = request.action
        self.confirmation: Final = confirmation
        self.selection: PlannedSelection | None = None
        self.replayed: Final = ReplayResult()
        self.exported: ExportResult = ExportResult()
        self.file: Path | None = None
        self.discarded: Final = DiscardResult(None)
        self.gone: list[str] | None = None
        self.waited: ReplayWait | None = None
        self.is_waiting = False
        self.unknown = ""
        self._console = console
        self._queue = request.queue
        self._filters = filters
        self._messages = planned.messages
        self.left_out: Final = frozenset(planned.failing if confirmation.is_without_failing else ())
        count = planned.dead_letters - len(self.left_out)
        self.title: Final = f"{request.action.capitalize()} {plural(count, 'dead letter')}"

    def do(self, control: Control) -> None:
        """Act on the messages, then wait for the outcomes of a replay. Blocks; raise as DeadLetterService."""
        with queue_to_itself(self._console, self._queue, control):
            service = open_service(self._console, self._queue, control)
            self.selection = PlannedSelection(self._filters, service.store.now, self._messages, self.left_out)
            try:
                self._act(service, self.selection, control)
            finally:
                mark_changed(self._console, self._queue)
            self.gone = self.selection.gone
        if self.waited:
            self._wait(self.waited, control)

    def _act(self, service: DeadLetterService, selection: PlannedSelection, control: Control) -> None:
        match self.action:
            case Action.replay:
                self._replay(service, selection, control)
            case Action.export:
                self.file = service.new_export("exported")
                export_audited(service, selection, self.file, self.exported)
            case Action.discard:
                # The typed number was that of the plan. What is gone since then is left out, and nothing is added.
                service.discard(selection, self.discarded, lambda: self.discarded.exported.dead_letters)

    def _replay(self, service: DeadLetterService, selection: PlannedSelection, control: Control) -> None:
        wanted = self.confirmation
        rate = rate_of("The rate", wanted.rate, _sleep_of(control))
        options = ReplayOptions(rate, wanted.redeliver, wanted.ignore_replay_limit)
        if waited := self._opened_wait(service):
            options = options._replace(on_sent=waited.on_sent)
        service.replay(selection, options, self.replayed)
        self.waited = waited

    def _opened_wait(self, service: DeadLetterService) -> ReplayWait | None:
        """Return what waits for the outcomes. A replay goes on without it."""
        try:
            return service.open_wait()
        except CommandError as error:
            self.unknown = str(error)
        except (ClientError, BotoCoreError) as error:
            self.unknown, _ = why_unanswered(error)
        return None

    def _wait(self, waited: ReplayWait, control: Control) -> None:
        """Wait for the outcomes, a little at a time, so that a cancellation ends it."""
        self.is_waiting = True
        try:
            for _ in range(_SLICES):
                control.count(len(waited.found), self.replayed.sent)
                if waited.missing:
                    waited.run(_SLICE_SECONDS)
        except CommandError as error:
            self.unknown = str(error)


def _sleep_of(control: Control) -> Callable[[float], None]:
    """Return a function that sleeps, and ends with WorkCancelledError if the work is cancelled."""

    def sleep(seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            control.check()
            time.sleep(min(left, _SECONDS_BETWEEN_CHECKS))

    return sleep
