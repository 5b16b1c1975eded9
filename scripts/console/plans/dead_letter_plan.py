"""Plans of dead letters: they have the exact messages, so that exactly those are replayed, exported or discarded."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from scripts.cli.exit_codes import RejectedError
from scripts.console.background import Control, Work
from scripts.console.console import Console
from scripts.console.plans.plan import VALID, Plan, keep
from scripts.console.plans.plan_report import counts_of, outcomes_of
from scripts.console.plans.plan_request import Action, Confirmation, PlanRequest
from scripts.console.plans.plan_run import PlanRun
from scripts.console.readings.dead_letter_snapshot import open_service, queue_to_itself
from scripts.dead_letters.discard import check_count
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.planned_selection import ChosenSelection, PlannedMessage
from scripts.dead_letters.replay_options import ReplayOptions, rate_of
from scripts.dead_letters.replay_plan import ReplayPlan


class Planned(NamedTuple):
    """The dead letters of a plan when they were read at `taken_at`.

    `seen` dead letters of `about` on the queue were looked at. On `unjudged` the condition could not be evaluated.
    """

    counts: ReplayPlan
    taken_at: datetime
    seen: int
    about: int
    unjudged: int

    @property
    def messages(self) -> dict[str, PlannedMessage]:
        """The messages by message ID."""
        return self.counts.messages

    @property
    def digest(self) -> str:
        """A digest of the messages, which no other plan has."""
        lines = sorted(f"{message_id} {message.key.hex()}\n" for message_id, message in self.messages.items())
        return hashlib.sha256("".join(lines).encode()).hexdigest()


class DeadLetterPlan(Plan):
    """A replay, export or discard: the work that reads the dead letters (`planning`), and its run once confirmed."""

    def __init__(self, request: PlanRequest, planning: Work[Planned]) -> None:
        super().__init__(planning.title, "/plans", planning.began_at)
        self.request: Final = request
        self.planning: Final = planning
        self.run: PlanRun | None = None

    @property
    def planned(self) -> Planned | None:
        """The dead letters, once they were read."""
        return self.planning.result

    @property
    def valid_until(self) -> datetime:
        """Until when it can be confirmed, counted from when the dead letters were read."""
        return (self.planned.taken_at if self.planned else self.made_at) + VALID

    @property
    def current_work(self) -> Work[Any]:
        """The run, or the planning before it."""
        return self.work or self.planning

    @property
    def results(self) -> list[str]:
        """The counts of the run, and the outcomes."""
        if self.run is None:
            return []
        counts = [f"{each.number:,} {each.label}" for each in counts_of(self.run)]
        return counts + [f"{each.number:,} {each.outcome}" for each in outcomes_of(self.run)]


def make_plan(console: Console, request: PlanRequest) -> DeadLetterPlan:
    """Begin to read the dead letters of a new plan, and to explain what would become of them."""
    planning = console.start(f"Plan the {request.action}", lambda control: _read(console, request, control))
    return keep(console, DeadLetterPlan(request, planning))


def _read(console: Console, request: PlanRequest, control: Control) -> Planned:
    with queue_to_itself(console, request.queue, control):
        service, taken_at = open_service(console, request.queue, control), console.clock()
        selection = service.select(request.filters)
        if request.keys is not None:
            selection = ChosenSelection(request.filters, service.store.now, request.keys)
        options = ReplayOptions(ignore_replay_limit=request.action is not Action.replay)
        counts = service.plan_replay(selection, options, console.settings.routes)
    return Planned(counts, taken_at, selection.seen, selection.about, selection.unjudged)


def confirm(console: Console, plan: DeadLetterPlan, confirmation: Confirmation) -> None:
    """Begin to do what was planned; nothing happens if it was confirmed before.

    Raise ConfigurationError for an invalid rate, RejectedError if the plan is not ready, too old or empty, or if the
    typed number of a discard is wrong.
    """
    if plan.run is None:
        planned = _checked(plan, console.clock())
        if plan.request.action is Action.discard:
            _check_typed(planned.counts.dead_letters, confirmation.typed)
        if confirmation.is_without_failing and planned.counts.dead_letters == len(planned.counts.failing):
            raise RejectedError("All of them would fail again, so nothing was done.")
        rate_of("The rate", confirmation.rate)
        run = PlanRun(console, plan.request, _filters_of_run(plan.request, planned), planned.counts, confirmation)
        plan.title = run.title
        plan.begin(console, run.do)
        plan.run = run  # not before: with too much work at once it is not begun, and can be confirmed again


def _checked(plan: DeadLetterPlan, now: datetime) -> Planned:
    if plan.planned is None:
        raise RejectedError("This plan is not ready, so nothing was done.")
    plan.check_age(now)
    if not plan.planned.messages:
        raise RejectedError("This plan has no dead letters, so nothing was done.")
    return plan.planned


def _check_typed(dead_letters: int, typed: int | None) -> None:
    if typed is None:
        raise RejectedError(f"Type the number of dead letters, {dead_letters}, to discard them. Nothing was done.")
    check_count(dead_letters, typed)


def _filters_of_run(request: PlanRequest, planned: Planned) -> Filters:
    """Return the filters that the audit names, and that decide what is new: of chosen dead letters their IDs."""
    if request.keys is None:
        return request.filters
    return replace(request.filters, ids=tuple(dict.fromkeys(message.id for message in planned.messages.values())))
