"""Keep corrections of dead letters on the server while an operator works on them, so that no URL or form has them.

A correction is in memory only, and forgotten after a quarter of an hour.
"""

import secrets
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from scripts.cli.exit_codes import RejectedError
from scripts.console.background import Control, Work
from scripts.console.console import Console
from scripts.console.per_console import PerConsole
from scripts.console.readings.dead_letter_snapshot import mark_changed, open_service, queue_to_itself
from scripts.console.readings.event_reading import unwatched
from scripts.dead_letters.edit import EditRequest, EditResult, why_invalid
from scripts.dead_letters.editable import body_of_text, editable_text
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reports.replay import edit_plan_data
from scripts.dead_letters.reveal import reveal_body
from scripts.dead_letters.service import DeadLetterService

_MOST: Final = 20
_KEPT: Final = timedelta(minutes=15)


class EditForecast(NamedTuple):
    """What the targets would get after the edit: deliveries as (route, target), failures as class and reason."""

    deliveries: tuple[tuple[str, str], ...]
    failures: tuple[str, ...]
    routes: str


@dataclass
class EditDraft:
    """A correction: the body as it was shown, and as it was corrected. Both are dropped when it is applied.
    `plan_id` names the plan that was shown last.

    `result` is filled by `work`, which applies it, and is valid also after a failure.
    """

    id: str
    receipt_id: str
    message_id: str
    original: str
    corrected: str
    begun_at: datetime
    ignore_replay_limit: bool = False
    plan_id: str = ""
    work: Work[None] | None = None
    result: EditResult | None = None

    def __repr__(self) -> str:
        """Return the ID only, because a log of this value must not contain a body."""
        return f"EditDraft({self.id!r}, …)"

    @property
    def request(self) -> EditRequest:
        """The request for the service."""
        return EditRequest(self.message_id, body_of_text(self.corrected), ignore_replay_limit=self.ignore_replay_limit)

    def plan(self, corrected: str, *, ignore_replay_limit: bool) -> None:
        """Take the corrected text. Raise RejectedError unless it is another one, and an event."""
        self.plan_id = ""
        self.corrected, self.ignore_replay_limit = corrected, ignore_replay_limit
        if body_of_text(self.corrected) == body_of_text(self.original):
            raise RejectedError("Nothing was changed: the body is the same.")
        if reason := why_invalid(body_of_text(self.corrected), QueueName.webhooks):
            raise RejectedError(f"The corrected body is not an event, and would fail again: {reason}.")
        self.plan_id = secrets.token_urlsafe(12)


class EditDrafts:
    """The corrections of a console; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._drafts: OrderedDict[str, EditDraft] = OrderedDict()

    def add(self, receipt_id: str, message_id: str, body: bytes, now: datetime) -> EditDraft:
        """Keep a new one. Raise RejectedError if a form cannot hold the body."""
        text = editable_text(body)
        draft = EditDraft(secrets.token_urlsafe(12), receipt_id, message_id, text, text, now)
        self._drafts[draft.id] = draft
        while len(self._drafts) > _MOST:
            self._drafts.popitem(last=False)
        return draft

    def get(self, id_: str, receipt_id: str, now: datetime) -> EditDraft:
        """Return one of this event. Raise RejectedError if it is not there any more."""
        draft = self._drafts.get(id_)
        if draft and draft.work is None and now - draft.begun_at > _KEPT:
            del self._drafts[id_]
            draft = None
        if draft is None or draft.receipt_id != receipt_id:
            raise RejectedError("This console does not have the edit any more. Begin again on the page of the event.")
        return draft


DRAFTS: Final = PerConsole(lambda _: EditDrafts())
"""The corrections of each console."""


def revealed_body(console: Console, message_id: str) -> bytes:
    """Return the body of a dead letter, after the audit log says who sees it. Blocks; raise as `reveal_body`."""
    with _service(console, unwatched()) as service:
        return reveal_body(service, message_id)


def forecast_of(console: Console, draft: EditDraft) -> EditForecast:
    """Return what the targets would get. Blocks; raise RejectedError if it is not possible, and botocore's errors."""
    with _service(console, unwatched()) as service:
        explanation, judged = service.plan_edit(draft.request, console.settings.routes)
    data = edit_plan_data(draft.request, explanation, judged.description)
    failures = filter(None, (data["failure"], *data["other_failures"]))
    return EditForecast(
        tuple((each["route"], each["target"]) for each in data["deliveries"]),
        tuple(f"{each['class']}: {each['reason']}" for each in failures),
        judged.description,
    )


def apply(console: Console, draft: EditDraft, plan_id: str) -> None:
    """Start the edit, once: the original is exported, and the corrected body is replayed. It runs in the background.

    Raise RejectedError if another plan was shown since, such as in another tab.
    """
    if draft.work is None:
        if not plan_id or plan_id != draft.plan_id:
            raise RejectedError("The body was edited after this plan was shown. Look at the new plan first.")
        request = draft.request
        draft.work = console.start(
            f"editing the dead letter {draft.receipt_id}", lambda control: _edit(console, draft, request, control)
        )
        draft.original = draft.corrected = ""


def _edit(console: Console, draft: EditDraft, request: EditRequest, control: Control) -> None:
    with _service(console, control) as service:
        draft.result = EditResult(service.select(Filters(ids=(request.id,))))
        try:
            service.edit(request, draft.result)
        finally:
            mark_changed(console, QueueName.webhooks)


@contextmanager
def _service(console: Console, control: Control) -> Iterator[DeadLetterService]:
    """Yield the service of the dead letters of events, while no other work of the console uses their queue."""
    with queue_to_itself(console, QueueName.webhooks, control):
        yield open_service(console, QueueName.webhooks, control)
