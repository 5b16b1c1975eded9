"""Plans: what a person is about to do with dead letters, kept on the server, so that exactly that is confirmed.

A plan has the exact messages, is valid for a quarter of an hour, and runs once.
"""

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from scripts.cli.exit_codes import RejectedError
from scripts.cli.plural import plural
from scripts.console.background import Control, Work
from scripts.console.console import Console
from scripts.console.per_console import PerConsole
from scripts.console.plans.plan_request import Action, Confirmation, PlanRequest
from scripts.console.plans.plan_run import PlanRun
from scripts.console.readings.dead_letter_snapshot import open_service, queue_to_itself
from scripts.dead_letters.discard import check_count
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.planned_selection import ChosenSelection, PlannedMessage
from scripts.dead_letters.replay_options import ReplayOptions, rate_of
from scripts.dead_letters.replay_plan import ReplayPlan

VALID: Final = timedelta(minutes=15)
"""How long a plan can be confirmed after its dead letters were read."""

_MOST: Final = 30  # plans that a console remembers


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


class Plan:
    """A request, the work that reads its dead letters, and its run once it is confirmed."""

    def __init__(self, request: PlanRequest, planning: Work[Planned]) -> None:
        self.id: Final = secrets.token_urlsafe(16)
        self.request: Final = request
        self.planning: Final = planning
        self.run: PlanRun | None = None

    @property
    def planned(self) -> Planned | None:
        """The dead letters, once they were read."""
        return self.planning.result

    def is_too_old(self, now: datetime) -> bool:
        """Return whether the plan was read too long ago to be confirmed."""
        return self.planned is not None and now - self.planned.taken_at > VALID


class Plans:
    """The plans of a console, by ID. The oldest that do not run are forgotten."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}

    def add(self, plan: Plan) -> None:
        """Keep a plan."""
        self._plans[plan.id] = plan
        idle = [each for each in self._plans.values() if not (each.run and each.run.work.is_running)]
        for each in idle[: -_MOST or None]:
            del self._plans[each.id]

    def find(self, id_: str) -> Plan | None:
        """Return the plan with this ID, if there is one."""
        return self._plans.get(id_)

    def all(self) -> list[Plan]:
        """Return the plans, the newest first."""
        return list(reversed(self._plans.values()))


_PLANS: Final = PerConsole(lambda _: Plans())


def plans_of(console: Console) -> Plans:
    """Return the plans of a console."""
    return _PLANS.of(console)


def make_plan(console: Console, request: PlanRequest) -> Plan:
    """Begin to read the dead letters of a new plan, and to explain what would become of them."""
    plan = Plan(request, console.start(f"Plan the {request.action}", lambda control: _read(console, request, control)))
    plans_of(console).add(plan)
    return plan


def _read(console: Console, request: PlanRequest, control: Control) -> Planned:
    with queue_to_itself(console, request.queue, control):
        service, taken_at = open_service(console, request.queue, control), console.clock()
        selection = service.select(request.filters)
        if request.keys is not None:
            selection = ChosenSelection(request.filters, service.store.now, request.keys)
        counts = service.plan_replay(selection, ReplayOptions(), console.settings.routes)
    return Planned(counts, taken_at, selection.seen, selection.about, selection.unjudged)


def confirm(console: Console, plan: Plan, confirmation: Confirmation) -> PlanRun:
    """Begin to do what was planned, and return the run; that of the first confirmation if there was one.

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
        plan.run = PlanRun(console, plan.request, _filters_of_run(plan.request, planned), planned.counts, confirmation)
    return plan.run


def _checked(plan: Plan, now: datetime) -> Planned:
    if plan.planned is None:
        raise RejectedError("This plan is not ready, so nothing was done.")
    if plan.is_too_old(now):
        minutes = plural(VALID.seconds // 60, "minute")
        raise RejectedError(f"This plan is older than {minutes}, so nothing was done. Make a new one.")
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
