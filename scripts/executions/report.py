"""What the commands tell of executions: as plain data for programs, as lines for people. Prints nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.cli.times import milliseconds, rfc3339_of
from scripts.executions.execution import Execution
from scripts.executions.origins import Origin
from scripts.executions.redriving import Redriving

_LONGEST_CAUSE: Final = 500
_LABEL: Final = 15


def as_data(execution: Execution, origin: Origin | None, *, show_cause: bool) -> dict[str, Any]:
    """An execution; `cause` only when asked for, `event` null where no log line tells it."""
    until = execution.redrivable_until
    data = {
        "state_machine": execution.state_machine,
        "name": execution.name,
        "arn": execution.arn,
        "status": execution.status,
        "error": execution.error or None,
        "started_at": _told(execution.started_at),
        "stopped_at": _told(execution.stopped_at),
        "redrives": execution.redrives,
        "redrivable_until": until and _told(until),
        "not_redrivable_because": execution.refusal or None,
        "event": origin and origin._asdict(),
    }
    return data | ({"cause": execution.cause or None} if show_cause else {})


def lines(executions: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The same for people: a paragraph each, and how many there are of each state machine and status."""
    for data in executions:
        yield from map(escape, _paragraph(data))
        yield ""
    if not executions:
        yield "No execution was found that failed, timed out or was aborted."
        return
    counts = Counter((data["state_machine"], data["status"]) for data in executions)
    yield escape(", ".join(f"{name} {status} {count}" for (name, status), count in sorted(counts.items())))


def plan(redriving: Redriving) -> dict[str, Any]:
    """What would be done, for programs."""
    known = {execution.arn: execution for execution in redriving.executions}
    return {
        "to_redrive": [_named(execution) for execution in redriving.redrivable],
        "refused": _with_reasons(redriving.refused, known),
    }


def plan_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """The same for people."""
    for one in data["to_redrive"]:
        yield escape(f"redrive: {one['state_machine']} {one['name']}, {one['status']} {one['error']}".rstrip())
    for one in data["refused"]:
        yield escape(f"refused: {one['state_machine']} {one['name']}: {one['reason']}")
    yield f"{len(data['to_redrive'])} to redrive, {len(data['refused'])} refused"


def summary(redriving: Redriving) -> dict[str, Any]:
    """What was done, for programs."""
    known = {execution.arn: execution for execution in redriving.executions}
    return {
        "redriven": [_named(execution) for execution in redriving.redriven],
        "failed": _with_reasons(redriving.failed, known),
        "refused": _with_reasons(redriving.refused, known),
        "not_begun": redriving.left,
    }


def summary_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """The same for people."""
    for kind in ("failed", "refused"):
        for one in data[kind]:
            yield escape(f"{kind}: {one['state_machine']} {one['name']}: {one['reason']}")
    counts = [f"{len(data[kind])} {kind}" for kind in ("redriven", "failed", "refused")]
    yield ", ".join([*counts, f"{data['not_begun']} not begun"])


def _paragraph(data: dict[str, Any]) -> Iterator[str]:
    event = data["event"]
    yield f"{data['name']}"
    yield _line("state machine", f"{data['state_machine']}, {data['status']} {data['error'] or ''}".rstrip())
    if data.get("cause"):
        yield _line("cause", data["cause"][:_LONGEST_CAUSE])
    yield _line("event", f"{event['event'] or event['action']}, receipt {event['receipt_id']}" if event else "-")
    yield _line("ran", f"{data['started_at']} until {data['stopped_at']}")
    refusal, until = data["not_redrivable_because"], data["redrivable_until"]
    redrivable = f"cannot be: {refusal}" if refusal else f"until {until}"
    yield _line("redrive", f"{redrivable}; redriven {_times(data['redrives'])}")


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, plural(count, "time"))


def _line(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}}{text}"


def _named(execution: Execution) -> dict[str, Any]:
    members = ("state_machine", "name", "arn", "status", "error", "redrives")
    return {name: getattr(execution, name) for name in members}


def _with_reasons(reasons: Mapping[str, str], executions: Mapping[str, Execution]) -> list[dict[str, Any]]:
    return [_named(executions[arn]) | {"reason": reason} for arn, reason in reasons.items()]


def _told(moment: datetime) -> str:
    return rfc3339_of(milliseconds(moment))
