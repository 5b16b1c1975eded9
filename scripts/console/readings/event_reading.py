"""Read what the pages of one event show, in the background: its life, and what a replay would do."""

from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

from scripts.cli.output import Data
from scripts.cli.terminal import json_text
from scripts.cli.times import Moment
from scripts.console.background import Control, unwatched
from scripts.console.console import Console
from scripts.console.readings.dead_letter_snapshot import changes_of, open_service, queue_to_itself
from scripts.console.snapshot import Snapshot
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reports import dead_letter
from scripts.dead_letters.reports import explain as report
from scripts.dead_letters.reveal import reveal
from scripts.event_life.life import EventLife
from scripts.event_life.service import EventLifeService

_LIFE_SECONDS = 3
_A_DAY = 86_400
_EXPLANATION_SECONDS = 60


class ReplayExplanation(NamedTuple):
    """What a replay would do: a sentence for each dead letter, and what to do next. Quotes no body.

    `routes` says which routes were used; it is empty for notifications.
    """

    verdicts: tuple[str, ...]
    next_steps: tuple[str, ...]
    would_succeed: bool
    routes: str = ""


def life_of(
    console: Console, receipt_id: str, window: str, since: Moment, *, is_poll: bool = False
) -> Snapshot[EventLife]:
    """Return the life of an event, by the logs since `since`; `window` is that as text.

    A page that reads itself again (`is_poll`) gets what was read, unless more is expected: otherwise a reading that
    takes longer than the time between two polls would never be the last.
    """
    reader = console.reader(
        f"event {window} {receipt_id}, {changes_of(console)}",  # what was read before a replay is not shown after it
        f"reading the event {receipt_id}",
        _life_reader(console, receipt_id, since),
    )
    before = reader.snapshot.value
    reads_again = not is_poll or (before is not None and before.may_change)
    return reader.refresh(_LIFE_SECONDS if reads_again else _A_DAY)


def _life_reader(console: Console, receipt_id: str, since: Moment) -> Callable[[Control], EventLife]:
    """Return what reads the life, and remembers it for the next time."""
    before: list[EventLife] = []

    def read(control: Control) -> EventLife:
        service = EventLifeService(
            console.scope, control, console.clock, lambda queue: queue_to_itself(console, queue, control)
        )
        before[:] = [service.life(receipt_id, since, *before)]
        return before[0]

    return read


def explanation_of(console: Console, receipt_id: str, queue: QueueName) -> Snapshot[ReplayExplanation]:
    """Return what a replay of the dead letters with this ID would do."""
    explain = _explained if queue == QueueName.webhooks else _explained_notifications
    return console.snapshot(
        f"explanation {queue} {receipt_id}, {changes_of(console)}",
        f"explaining a replay of {receipt_id}",
        lambda control: explain(console, receipt_id, control),
        _EXPLANATION_SECONDS,
    )


def _explained(console: Console, receipt_id: str, control: Control) -> ReplayExplanation:
    with queue_to_itself(console, QueueName.webhooks, control):
        service = open_service(console, QueueName.webhooks, control)
        judged, found = service.explain([receipt_id], console.settings.routes)
    options = console.scope.options
    lines = report.lines(found, report.AdviceContext(options, judged.deploying(options)))
    is_good = bool(found) and all(map(report.would_succeed, found))
    return _explanation(list(lines), receipt_id, would_succeed=is_good)._replace(routes=judged.description)


def _explained_notifications(console: Console, receipt_id: str, control: Control) -> ReplayExplanation:
    from scripts.dead_letters.notification_explain import NotificationExplainer  # only now: these import much
    from scripts.dead_letters.reports import notification

    queue = QueueName.notifications
    service = open_service(console, queue, control)
    explainer = NotificationExplainer(service.store)
    with queue_to_itself(console, queue, control), closing(service.show([receipt_id])) as reads:
        found = [explainer.explain(read) for read in reads]
    lines = notification.lines(found, f"{console.scope.options}{queue.options}")
    is_good = bool(found) and all(map(notification.would_succeed, found))
    return _explanation(list(lines), receipt_id, would_succeed=is_good)


_NEXT = "next: "


def _explanation(lines: list[str], receipt_id: str, *, would_succeed: bool) -> ReplayExplanation:
    verdicts = (line.removeprefix(receipt_id).strip() for line in lines if not line.startswith(_NEXT))
    steps = (line.removeprefix(_NEXT) for line in lines if line.startswith(_NEXT))
    return ReplayExplanation(tuple(verdicts), tuple(steps), would_succeed)


def revealed(console: Console, message_id: str, queue: QueueName) -> Data | None:
    """Return a dead letter with its whole body, after the audit log says who sees it; None if it is gone. Blocks.

    Raise the errors of `reveal`.
    """
    control = unwatched()
    service = open_service(console, queue, control)
    with queue_to_itself(console, queue, control), closing(reveal(service, [message_id])) as reads:
        for read in reads:
            return dead_letter.as_data(read, service.store.now, show_body=True, name=queue)
    return None


def body_text(data: Data) -> str:
    """Return the body of a dead letter's data as text; an empty text if it can only be shown when it is revealed."""
    body = data["body"]
    if body["members"] is not None:
        return json_text(body["members"])
    return body["raw"] or ""
