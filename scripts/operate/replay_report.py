"""What `dead-letters replay` tells: the plan, and what was done; as data, and as lines for people. Prints nothing."""

from collections.abc import Iterator
from typing import Any, Final

from scripts.operate.dead_letters.replay import Replay
from scripts.operate.dead_letters.replay_plan import ReplayPlan
from scripts.operate.dead_letters.replayed import MOST_REPLAYS
from scripts.operate.dead_letters.scan import Scan
from scripts.operate.dead_letters.selection import Selection
from scripts.terminal import harmless

_SHOWN: Final = 20


def plan_data(plan: ReplayPlan, scan: Scan, selection: Selection, *, redeliver: bool) -> dict[str, Any]:
    """The plan as plain data."""
    return {
        "dry_run": True,
        "redeliver": redeliver,
        **_looked(scan, selection),
        "chosen": plan.chosen,
        "would_send": plan.would_send,
        "copies": plan.copies,
        "beyond_limit": plan.beyond_limit,
        "kept_back": 0 if plan.beyond_limit_too else plan.beyond_limit,
        "expire_soon": plan.expire_soon,
        "unreadable": plan.unreadable,
        "groups": [group._asdict() | {"letters": count} for group, count in plan.groups.most_common()],
    }


def done_data(replay: Replay, selection: Selection) -> dict[str, Any]:
    """What was done so far, as plain data."""
    done = vars(replay.done) | {"reasons": dict(replay.done.reasons)}
    return {"dry_run": False, **_looked(replay.scan, selection), **done}


def lines(data: dict[str, Any]) -> Iterator[str]:
    """Either for people."""
    yield from _plan_lines(data) if data["dry_run"] else _done_lines(data)
    if not data.get("is_whole", True):
        return
    if data["seen"] < data["about"]:
        yield f"seen were {data['seen']} of about {data['about']} letters: another reader may hold the rest for a while"
    if data["unjudged"]:
        yield f"--where could not be asked of {data['unjudged']}: no event, or not the fields that it names"
    for id_ in data["missing"][:_SHOWN]:
        yield f"not there: {harmless(id_)}"
    if (count := len(data["missing"])) > _SHOWN:
        yield f"and {count - _SHOWN} more are not there: --output json has all"


def _looked(scan: Scan, selection: Selection) -> dict[str, Any]:
    looked = {"seen": scan.seen, "about": scan.depth.all}
    return looked | {"unjudged": selection.unjudged, "missing": selection.missing}


def _plan_lines(data: dict[str, Any]) -> Iterator[str]:
    if not data["chosen"]:
        yield "no dead letter matches"
        return
    for group in data["groups"][:_SHOWN]:
        event = " ".join(filter(None, (group["action"], group["event"]))) or "no event"
        cause = ", ".join(filter(None, (group["cause"], group["route"] and f"route {group['route']}", group["target"])))
        yield harmless(f"{group['letters']:>7}  {event}: {cause}")
    if (count := len(data["groups"])) > _SHOWN:
        yield f"and {count - _SHOWN} more kinds: --output json has all"
    if data["copies"]:
        yield f"{data['copies']} copies: their events are sent once, and both letters deleted"
    if data["beyond_limit"]:
        yield f"{data['beyond_limit']} were replayed {MOST_REPLAYS} times or more{_kept_back(data)}"
    if data["unreadable"]:
        yield f"{data['unreadable']} cannot be read or are no event, and would die again as they are"
    if data["expire_soon"]:
        yield f"{data['expire_soon']} expire within a day"
    if data["redeliver"]:
        yield "every target gets them again, also those that have them"
    yield f"would replay {data['would_send']} of {data['chosen']} chosen; nothing was changed, --yes does it"


def _kept_back(data: dict[str, Any]) -> str:
    return " and are kept back; --beyond-limit takes them too" if data["kept_back"] else ""


def _done_lines(data: dict[str, Any]) -> Iterator[str]:
    if not data["chosen"] and data["is_whole"]:
        yield "no dead letter matches"
        return
    for reason, count in data["reasons"].items():
        yield harmless(f"{count} not sent: {reason}")
    if data["delete_failed"]:
        yield (
            f"{data['delete_failed']} were sent and could not be deleted, for they moved or their time was over: what "
            "comes twice is suppressed"
        )
    if data["kept_back"]:
        yield f"{data['kept_back']} were replayed {MOST_REPLAYS} times or more{_kept_back(data)}"
    if data["came_back"]:
        yield f"{data['came_back']} have died again already, and stay"
    names = ("sent", "send_failed", "deleted", "delete_failed", "kept_back", "copies")
    yield ", ".join(f"{name.replace('_', ' ')} {data[name]}" for name in names)
