"""What a page shows of the run of a plan: its counts, and the outcomes of what was replayed."""

from collections import Counter
from typing import Final, NamedTuple

from scripts.aws.logged_event import DEAD
from scripts.console.plans.plan_request import Action
from scripts.console.plans.plan_run import PlanRun
from scripts.dead_letters.discard import DiscardResult
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.replay_plan import NotificationGroup, ReplayGroup, ReplayPlan
from scripts.dead_letters.reports.cells import shown_target, topic_path
from scripts.dead_letters.reports.outcomes import outcomes_data

SHOWN: Final = 20
"""How many events of an outcome are listed; all are counted."""

GROUPS_SHOWN: Final = 12
"""How many groups of the dead letters of a plan are listed."""

NO_OUTCOME: Final = "no outcome yet"

_SEVERAL: Final = {DEAD: "dead letters again", "duplicate": "duplicates"}
_ONE: Final = {DEAD: "dead letter again"}


class Count(NamedTuple):
    """A number of a result, and what it counts."""

    label: str
    number: int


class OutcomeGroup(NamedTuple):
    """The replayed events with one outcome: how many, and some of them with their ID and a text."""

    outcome: str
    number: int
    events: list[tuple[str, str]]


def groups_of(plan: ReplayPlan) -> list[tuple[tuple[str, ...], int]]:
    """Return what dead letters of a plan have in common, such as event and cause, with their number.

    The most frequent come first.
    """
    found: Counter[tuple[str, ...]] = Counter()
    for group, number in plan.groups.items():
        found[_cells(group)] += number
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def _cells(group: ReplayGroup | NotificationGroup) -> tuple[str, ...]:
    if isinstance(group, NotificationGroup):
        return topic_path(group.topic), group.integration, group.service, group.cause
    return group.event or group.action or "no event", group.cause, group.route, shown_target(group.target)


def group_names(queue: QueueName) -> list[str]:
    """Return the names of the cells of groups."""
    is_of_events = queue == QueueName.webhooks
    return ["Event", "Cause", "Route", "Target"] if is_of_events else ["Topic", "Integration", "Service", "Cause"]


def counts_of(run: PlanRun) -> list[Count]:
    """Return the counts of a run so far: what was done first, and of the others those that are not zero."""
    first, *others = _counts(run)
    return [first, *(count for count in others if count.number)]


def _counts(run: PlanRun) -> list[Count]:
    match run.action:
        case Action.replay:
            return _of_replay(run)
        case Action.export:
            return [Count("exported", run.exported.dead_letters), *_of_export(run.exported)]
        case Action.discard:
            return _of_discard(run.discarded, is_whole=run.gone is not None)


def _of_replay(run: PlanRun) -> list[Count]:
    result = run.replayed
    return [
        Count("replayed", result.sent),
        Count("not sent", result.send_failed),
        Count("sent, but still on the dead-letter queue; replaying again delivers nothing twice", result.delete_failed),
        Count("left out, because they would fail again", len(run.left_out)),
        Count("kept back, because they were replayed three times or more", result.kept_back),
        Count("copies of replayed events, deleted too", result.copies),
        Count("failed again, and stay on the dead-letter queue", result.came_back),
    ]


def _of_export(exported: ExportResult) -> list[Count]:
    return [
        Count("exported without their body, which has expired", len(exported.without_body)),
        Count("left out, because their body could not be read", len(exported.unread)),
    ]


def _of_discard(result: DiscardResult, *, is_whole: bool) -> list[Count]:
    deletion = result.deletion
    return [
        Count("discarded", deletion.dead_letters if deletion else 0),
        Count("messages that SQS did not delete", len(deletion.not_deleted) if deletion else 0),
        Count("exported, but not on the queue any more", deletion.moved if deletion and is_whole else 0),
        *_of_export(result.exported),
    ]


def outcomes_of(run: PlanRun) -> list[OutcomeGroup]:
    """Return the outcomes so far, those that need somebody first. Empty while the replay itself runs."""
    if run.waited is None or not run.is_waiting:
        return []
    data = outcomes_data(run.waited)
    found: dict[str, list[tuple[str, str]]] = {DEAD: [], NO_OUTCOME: []}
    for each in data["outcomes"]:
        found.setdefault(each["outcome"], []).append((each["receipt_id"], each["text"]))
    found[NO_OUTCOME] = [(each["receipt_id"], _attempt(each["reason"])) for each in data["without_outcome"]]
    return [_group(outcome, events) for outcome, events in found.items() if events]


def _group(outcome: str, events: list[tuple[str, str]]) -> OutcomeGroup:
    names = _ONE if len(events) == 1 else _SEVERAL
    return OutcomeGroup(names.get(outcome, outcome), len(events), events[:SHOWN])


def _attempt(reason: str) -> str:
    return f"the last attempt failed: {reason}" if reason else ""
