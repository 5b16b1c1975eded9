"""Output of `dead-letters replay` and `edit`: the plan or the result, as JSON data or as lines of text."""

from collections.abc import Iterator
from typing import Final

from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.edit import EditRequest
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.replay_message import MOST_REPLAYS
from scripts.dead_letters.replay_options import ReplayResult
from scripts.dead_letters.replay_plan import ReplayPlan
from scripts.dead_letters.replay_time import ReplayTime
from scripts.dead_letters.reports.cells import topic_path
from scripts.dead_letters.reports.forecast import forecast_data, forecast_text
from scripts.dead_letters.reports.listing import count_of, first_of, unjudged_lines, unseen_lines
from scripts.dead_letters.reports.outcomes import outcome_counts, outcome_lines
from scripts.dead_letters.reports.replay_time import time_data
from scripts.routes import explain

NO_MATCH: Final = "no dead letter matches"


def plan_data(plan: ReplayPlan, selection: Selection, time: ReplayTime, *, redeliver: bool) -> Data:
    """Return the plan as JSON data."""
    return {
        "dry_run": True,
        "redeliver": redeliver,
        **_scan_data(selection),
        "chosen": plan.chosen,
        "would_send": plan.would_send,
        "copies": plan.copies,
        "beyond_limit": plan.beyond_limit,
        "kept_back": 0 if plan.ignore_replay_limit else plan.beyond_limit,
        "expire_soon": plan.expire_soon,
        "unreadable": plan.unreadable,
        "groups": [group._asdict() | {"dead_letters": count} for group, count in plan.groups.most_common()],
        "forecast": forecast_data(plan.forecast),
        "time": time_data(time),
    }


def result_data(result: ReplayResult, selection: Selection) -> Data:
    """Return the result so far as JSON data."""
    counts = {name: value for name, value in vars(result).items() if name != "has_begun"}
    return {"dry_run": False, **_scan_data(selection), **counts, "reasons": dict(result.reasons)}


def edit_plan_data(request: EditRequest, explanation: explain.Explanation, routes: str) -> Data:
    """Return the plan of an edit as JSON data, without the body; `routes` describes those that explain it."""
    facts = {"id": request.id, "bytes": len(request.body), "routes": routes}
    explained = explain.as_data(explanation)
    members = {name: explained[name] for name in ("action", "event", "identity", "failure", "other_failures")}
    deliveries = [{"route": one["route"], "target": one["target"]} for one in explained["deliveries"]]
    return {"dry_run": True} | facts | members | {"deliveries": deliveries}


def edit_plan_lines(data: Data) -> Iterator[str]:
    """Yield the lines of text for the plan of an edit."""
    for delivery in data["deliveries"]:
        yield escape(f"deliver  {delivery['target']} by route {delivery['route']}, unless it has the event")
    for failure in filter(None, (data["failure"], *data["other_failures"])):
        yield escape(f"dead     {failure['class']}: {failure['reason']}")
    if not (data["failure"] or data["deliveries"]):
        yield "ignored  no route matches this event"
    yield escape(f"dry run: would replay {data['id']} with {plural(data['bytes'], 'byte')}; pass --yes to apply")
    yield escape(data["routes"])


def lines(data: Data) -> Iterator[str]:
    """Yield the lines of text for a plan or a result."""
    yield from _plan_lines(data) if data["dry_run"] else _result_lines(data)
    if not data.get("is_whole", True):
        return
    yield from unseen_lines(data)
    yield from unjudged_lines(data["unjudged"])
    yield from first_of([f"not found: {id_}" for id_ in data["missing"]], "more not found", "more not found")


def _scan_data(selection: Selection) -> Data:
    counts = {"seen": selection.seen, "about": selection.about}
    return counts | {"unjudged": selection.unjudged, "missing": selection.missing}


def _plan_lines(data: Data) -> Iterator[str]:
    if not data["chosen"]:
        yield NO_MATCH
        return
    yield f"dry run: would replay {data['would_send']:,} of {count_of(data['chosen'])}; pass --yes to apply"
    yield from first_of([f"{each['dead_letters']:>7}  {_group_text(each)}" for each in data["groups"]], "more group")
    if data["would_send"]:
        yield escape(forecast_text(data["forecast"], data["expire_soon"]))
    if data["copies"]:
        yield f"{plural(data['copies'], 'copy', 'copies')}: each event is sent once, its dead letters all deleted"
    if data["beyond_limit"]:
        yield _beyond_limit(data["beyond_limit"], data)
    if data["unreadable"]:
        what = "notification" if _is_of_notifications(data) else "event"
        unreadable = plural(data["unreadable"], f"is not a readable {what}", f"are not readable {what}s")
        yield f"{unreadable} and would fail again without a correction"
    if data["redeliver"]:
        again = "every target gets them again, even those that have them"
        yield "every service gets them again, even if it has them" if _is_of_notifications(data) else again


def _is_of_notifications(data: Data) -> bool:
    return any("topic" in group for group in data["groups"])


def _group_text(group: Data) -> str:
    if "topic" in group:
        where = f"{group['integration']} ({group['service']}) of {topic_path(group['topic'])}" if group["topic"] else ""
        return f"{where or 'no notification'}: {group['cause']}"
    event = " ".join(filter(None, (group["action"], group["event"]))) or "no event"
    cause = ", ".join(filter(None, (group["cause"], group["route"] and f"route {group['route']}", group["target"])))
    return f"{event}: {cause}"


def _beyond_limit(count: int, data: Data) -> str:
    often = f"replayed {MOST_REPLAYS} times or more"
    if not data["kept_back"]:
        return plural(count, f"was {often}", f"were {often}")
    return plural(
        count,
        f"was {often} and is kept back; pass --ignore-replay-limit to replay it too",
        f"were {often} and are kept back; pass --ignore-replay-limit to replay them too",
    )


def _result_lines(data: Data) -> Iterator[str]:
    if not data["chosen"] and data["is_whole"]:
        yield NO_MATCH
        return
    yield _summary(data)
    for reason, count in data["reasons"].items():
        yield escape(f"{count:,} not sent: {reason}")
    if data["delete_failed"]:
        failed = plural(data["delete_failed"], "was sent but is", "were sent but are")
        yield f"{failed} still on the dead-letter queue; replaying again delivers nothing twice"
    if data["kept_back"]:
        yield _beyond_limit(data["kept_back"], data)
    if data["came_back"]:
        failed_again = plural(data["came_back"], "has failed again and stays", "have failed again and stay")
        yield f"{failed_again} on the dead-letter queue"
    if "outcomes" in data:
        yield from outcome_lines(data)


def _summary(data: Data) -> str:
    """Return the counts that are not zero, the number of replayed events first."""
    others = {
        "not sent": data["send_failed"],
        "not deleted": data["delete_failed"],
        "kept back": data["kept_back"],
        "failed again": data["came_back"],
    }
    counts = [f"{data['sent']:,} replayed", *(f"{count:,} {name}" for name, count in others.items() if count)]
    summary = ", ".join([*counts, plural(data["copies"], "copy", "copies")] if data["copies"] else counts)
    return f"{summary}: {outcome_counts(data)}" if data["sent"] and "outcomes" in data else summary
