"""Plans: what operators are about to do, kept on the server, so that exactly that is confirmed, and done once."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from scripts.cli.exit_codes import RejectedError
from scripts.cli.plural import plural
from scripts.console.background import Control, Work
from scripts.console.console import Console
from scripts.console.kept import Kept
from scripts.console.per_console import PerConsole

VALID: Final = timedelta(minutes=15)
"""How long a plan can be confirmed after it was made: what it is about may change meanwhile."""

MOST: Final = 30
"""How many plans a console keeps, besides those that run."""


class Plan:
    """What an operator is about to do. `work` does it, and is None until it is confirmed.

    `path` is the address of its page. What it is about was read at `made_at` (UTC).
    """

    def __init__(self, title: str, folder: str, made_at: datetime) -> None:
        self.id: Final = secrets.token_urlsafe(12)
        self.path: Final = f"{folder}/{self.id}"
        self.title = title
        self.made_at = made_at
        self.work: Work[Any] | None = None

    @property
    def valid_until(self) -> datetime:
        """Until when it can be confirmed."""
        return self.made_at + VALID

    @property
    def current_work(self) -> Work[Any] | None:
        """The work that the page of the plan is about, if any."""
        return self.work

    @property
    def results(self) -> list[str]:
        """What was done so far, a line each."""
        return []

    def is_too_old(self, now: datetime) -> bool:
        """Whether it is too late to confirm it."""
        return self.work is None and now > self.valid_until

    def check_age(self, now: datetime) -> None:
        """Raise RejectedError if it is too late to confirm it."""
        if self.is_too_old(now):
            minutes = plural(VALID.seconds // 60, "minute")
            raise RejectedError(f"This plan is older than {minutes}, so nothing was done. Make a new one.")

    def begin(self, console: Console, do: Callable[[Control], Any]) -> None:
        """Start to do it; nothing happens if it was begun before. Raise RejectedError if it is too late."""
        self.check_age(console.clock())
        if self.work is None:
            self.work = console.start(self.title, do)

    def cancel(self) -> None:
        """Cancel what runs. What it has done stays done."""
        if self.current_work:
            self.current_work.cancel()

    def drop_body(self) -> None:
        """Drop what must not stay in memory once it is too late to confirm the plan."""


P = TypeVar("P", bound=Plan)


def _runs(plan: Plan) -> bool:
    return plan.work is not None and plan.work.is_running


_PLANS: Final = PerConsole(lambda _: Kept[Plan]("plan", MOST, _runs))


def keep(console: Console, plan: P) -> P:
    """Keep a plan, and return it. The oldest plan that does not run may be forgotten for it."""
    for each in plans_of(console):
        if each.is_too_old(console.clock()):
            each.drop_body()
    _PLANS.of(console).add(plan, plan.id)
    return plan


def find(console: Console, kind: type[P], id_: str) -> P:
    """Return the plan of this kind with this ID. Raise HTTPException (410) if there is none any more."""
    plans = _PLANS.of(console)
    plan = plans.get(id_)
    if not isinstance(plan, kind):
        raise plans.gone()
    return plan


def plans_of(console: Console) -> list[Plan]:
    """Return the plans of a console, the newest first."""
    return [plan for _, plan in _PLANS.of(console).newest()]
