"""What `dead-letters replay` tells: the plan, and what was done; as data, and as lines for people. Prints nothing."""

from collections.abc import Iterator
from typing import Any, Final

from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.replay import Replay
from scripts.dead_letters.replay_message import MOST_REPLAYS
from scripts.dead_letters.replay_plan import ReplayPlan
from scripts.dead_letters.scan import Scan

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
        "kept_back": 0 if plan.ignore_replay_limit else plan.beyond_limit,
        "expire_soon": plan.expire_soon,
        "unreadable": plan.unreadable,
        "groups": [group._asdict() | {"dead_letters": count} for group, count in plan.groups.most_common()],
    }


def done_data(replay: Replay, selection: Selection) -> dict[str, Any]:
    """What was done so far, as plain data."""
    done = vars(replay.result) | {"reasons": dict(replay.result.reasons)}
    return {"dry_run": False, **_looked(replay.scan, selection), **done}


def lines(data: dict[str, Any]) -> Iterator[str]:
    """Either for people."""
    yield from _plan_lines(data) if data["dry_run"] else _done_lines(data)
    if not data.get("is_whole", True):
        return
    if data["seen"] < data["about"]:
        yield f"{data['seen']:,} of about {plural(data['about'], 'dead letter')} seen: another reader may hold the rest"
    if data["unjudged"]:
        lacking = plural(data["unjudged"], "dead letter lacks", "dead letters lack")
        yield f"{lacking} an event with the fields that --where names"
    for id_ in data["missing"][:_SHOWN]:
        yield f"not there: {escape(id_)}"
    if (count := len(data["missing"])) > _SHOWN:
        yield f"and {plural(count - _SHOWN, 'more is', 'more are')} not there: --output json has all"


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
        yield escape(f"{group['dead_letters']:>7}  {event}: {cause}")
    if (count := len(data["groups"])) > _SHOWN:
        yield f"and {plural(count - _SHOWN, 'more kind')}: --output json has all"
    if data["copies"]:
        yield f"{plural(data['copies'], 'copy', 'copies')}: each event is sent once, and both dead letters are deleted"
    if data["beyond_limit"]:
        yield _beyond_limit(data["beyond_limit"], data)
    if data["unreadable"]:
        unreadable = plural(data["unreadable"], "is not an event that can be read", "are not events that can be read")
        yield f"{unreadable}, and would die again without a correction"
    if data["expire_soon"]:
        yield f"{plural(data['expire_soon'], 'expires', 'expire')} within a day"
    if data["redeliver"]:
        yield "every target gets them again, also those that have them"
    yield f"would replay {data['would_send']} of {data['chosen']} chosen; nothing was changed, --yes does it"


def _beyond_limit(count: int, data: dict[str, Any]) -> str:
    often = f"replayed {MOST_REPLAYS} times or more"
    if not data["kept_back"]:
        return plural(count, f"was {often}", f"were {often}")
    return plural(
        count,
        f"was {often}, and is kept back; --ignore-replay-limit replays it too",
        f"were {often}, and are kept back; --ignore-replay-limit replays them too",
    )


def _done_lines(data: dict[str, Any]) -> Iterator[str]:
    if not data["chosen"] and data["is_whole"]:
        yield "no dead letter matches"
        return
    for reason, count in data["reasons"].items():
        yield escape(f"{count} not sent: {reason}")
    if data["delete_failed"]:
        failed = plural(data["delete_failed"], "was", "were")
        yield f"{failed} sent, and could not be deleted: moved, or held for too long; what comes twice is suppressed"
    if data["kept_back"]:
        yield _beyond_limit(data["kept_back"], data)
    if data["came_back"]:
        yield f"{plural(data['came_back'], 'has died again already, and stays', 'have died again already, and stay')}"
    names = ("sent", "send_failed", "deleted", "delete_failed", "kept_back", "copies")
    yield ", ".join(f"{name.replace('_', ' ')} {data[name]}" for name in names)
