"""Plans of edits: a correction of a dead letter's body is kept on the server, so that no URL has it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from scripts.cli.exit_codes import RejectedError
from scripts.console.background import Control, unwatched
from scripts.console.console import Console
from scripts.console.event_links import event_path
from scripts.console.plans.plan import Plan
from scripts.console.readings.dead_letter_snapshot import mark_changed, open_service, queue_to_itself
from scripts.dead_letters.edit import EditRequest, EditResult, why_invalid
from scripts.dead_letters.editable import body_of_text, editable_text
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reports.replay import edit_plan_data
from scripts.dead_letters.reveal import reveal_body
from scripts.dead_letters.service import DeadLetterService


class EditForecast(NamedTuple):
    """What the targets would get after the edit: deliveries as (route, target), failures as class and reason."""

    deliveries: tuple[tuple[str, str], ...]
    failures: tuple[str, ...]
    routes: str


class EditPlan(Plan):
    """A correction: the body as it was shown, and as it was corrected. Both are dropped when it is applied or too old.

    `shown_id` names the correction that was shown last with what it would do. `result` is also valid after a failure.
    """

    def __init__(self, receipt_id: str, message_id: str, body: bytes, made_at: datetime) -> None:
        """Raise RejectedError if a form cannot hold the body."""
        text = editable_text(body)
        super().__init__(f"Edit the dead letter {receipt_id}", f"{event_path(receipt_id)}/edits", made_at)
        self.receipt_id: Final = receipt_id
        self.message_id: Final = message_id
        self.original = text
        self.corrected = text
        self.ignore_replay_limit = False
        self.shown_id = ""
        self.result: EditResult | None = None

    @property
    def request(self) -> EditRequest:
        """The request for the service."""
        return EditRequest(self.message_id, body_of_text(self.corrected), ignore_replay_limit=self.ignore_replay_limit)

    @property
    def results(self) -> list[str]:
        """Whether the corrected body was sent."""
        return ["the corrected body was sent"] if self.result and self.result.replay.sent else []

    def correct(self, corrected: str, *, ignore_replay_limit: bool) -> None:
        """Take the corrected text. Raise RejectedError unless it is another one, and an event."""
        self.shown_id = ""
        self.corrected, self.ignore_replay_limit = corrected, ignore_replay_limit
        if body_of_text(self.corrected) == body_of_text(self.original):
            raise RejectedError("Nothing was changed: the body is the same.")
        if reason := why_invalid(body_of_text(self.corrected), QueueName.webhooks):
            raise RejectedError(f"The corrected body is not an event, and would fail again: {reason}.")
        self.shown_id = secrets.token_urlsafe(12)

    def drop_body(self) -> None:
        """Drop both texts."""
        self.original = self.corrected = ""


def revealed_body(console: Console, message_id: str) -> bytes:
    """Return the body of a dead letter, after the audit log says who sees it. Blocks; raise as `reveal_body`."""
    with _service(console, unwatched()) as service:
        return reveal_body(service, message_id)


def forecast_of(console: Console, plan: EditPlan) -> EditForecast:
    """Return what the targets would get. Blocks; raise RejectedError if it is not possible, and botocore's errors."""
    with _service(console, unwatched()) as service:
        explanation, judged = service.plan_edit(plan.request, console.settings.routes)
    data = edit_plan_data(plan.request, explanation, judged.description)
    failures = filter(None, (data["failure"], *data["other_failures"]))
    return EditForecast(
        tuple((each["route"], each["target"]) for each in data["deliveries"]),
        tuple(f"{each['class']}: {each['reason']}" for each in failures),
        judged.description,
    )


def apply(console: Console, plan: EditPlan, shown_id: str) -> None:
    """Start the edit, once: the original is exported, and the corrected body is replayed. It runs in the background.

    Raise RejectedError if it is too late, or if another correction was shown since, such as in another tab.
    """
    if plan.work is None:
        if not shown_id or shown_id != plan.shown_id:
            raise RejectedError("The body was edited after this plan was shown. Look at the new plan first.")
        plan.begin(console, partial(_edit, console, plan, plan.request))
        plan.drop_body()


def _edit(console: Console, plan: EditPlan, request: EditRequest, control: Control) -> None:
    with _service(console, control) as service:
        plan.result = EditResult(service.select(Filters(ids=(request.id,))))
        try:
            service.edit(request, plan.result)
        finally:
            mark_changed(console, QueueName.webhooks)


@contextmanager
def _service(console: Console, control: Control) -> Iterator[DeadLetterService]:
    """Yield the service of the dead letters of events, while no other work of the console uses their queue."""
    with queue_to_itself(console, QueueName.webhooks, control):
        yield open_service(console, QueueName.webhooks, control)
