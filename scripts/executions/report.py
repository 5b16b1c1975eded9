"""Format executions as JSON data and as lines of text. Prints nothing."""

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
    """Return an execution as data. `cause` is included only on request; `event` is null if no log line has it."""
    until = execution.redrivable_until
    data = {
        "state_machine": execution.state_machine,
        "name": execution.name,
        "arn": execution.arn,
        "status": execution.status,
        "error": execution.error or None,
        "started_at": _time(execution.started_at),
        "stopped_at": _time(execution.stopped_at),
        "redrives": execution.redrives,
        "redrivable_until": until and _time(until),
        "not_redrivable_because": execution.not_redrivable_because or None,
        "event": origin and origin._asdict(),
    }
    return data | ({"cause": execution.cause or None} if show_cause else {})


def lines(executions: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a paragraph for each execution, and their number by state machine and status."""
    for data in executions:
        yield from map(escape, _paragraph(data))
        yield ""
    if not executions:
        yield "No execution failed, timed out or was aborted."
        return
    counts = Counter((data["state_machine"], data["status"]) for data in executions)
    yield escape(", ".join(f"{name} {status} {count}" for (name, status), count in sorted(counts.items())))


def plan(redriving: Redriving) -> dict[str, Any]:
    """Return the plan as data."""
    known = {execution.arn: execution for execution in redriving.executions}
    return {
        "to_redrive": [_named(execution) for execution in redriving.redrivable],
        "not_redrivable": _with_reasons(redriving.not_redrivable, known),
    }


def plan_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the data as lines of text."""
    for one in data["to_redrive"]:
        yield escape(f"redrive: {one['state_machine']} {one['name']}, {one['status']} {one['error']}".rstrip())
    for one in data["not_redrivable"]:
        yield escape(f"not redrivable: {one['state_machine']} {one['name']}: {one['reason']}")
    yield _counts(data, "to_redrive", "not_redrivable")


def summary(redriving: Redriving) -> dict[str, Any]:
    """Return the result as data."""
    known = {execution.arn: execution for execution in redriving.executions}
    return {
        "redriven": [_named(execution) for execution in redriving.redriven],
        "failed": _with_reasons(redriving.failed, known),
        "not_redrivable": _with_reasons(redriving.not_redrivable, known),
        "not_begun": redriving.not_begun,
    }


def summary_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the data as lines of text."""
    for kind in ("failed", "not_redrivable"):
        for one in data[kind]:
            yield escape(f"{_words(kind)}: {one['state_machine']} {one['name']}: {one['reason']}")
    not_begun = [f"{data['not_begun']} not begun"] if data["not_begun"] else []
    yield ", ".join([_counts(data, "redriven", "failed", "not_redrivable"), *not_begun])


def _counts(data: Mapping[str, Any], first: str, *others: str) -> str:
    """Return the first count, and the others unless they are zero."""
    return ", ".join(f"{len(data[kind])} {_words(kind)}" for kind in (first, *others) if kind == first or data[kind])


def _words(key: str) -> str:
    return key.replace("_", " ")


def _paragraph(data: dict[str, Any]) -> Iterator[str]:
    event = data["event"]
    yield f"{data['name']}"
    yield _line("state machine", f"{data['state_machine']}, {data['status']} {data['error'] or ''}".rstrip())
    if data.get("cause"):
        yield _line("cause", data["cause"][:_LONGEST_CAUSE])
    yield _line("event", f"{event['event'] or event['action']}, receipt {event['receipt_id']}" if event else "-")
    yield _line("ran", f"{data['started_at']} until {data['stopped_at']}")
    reason, until = data["not_redrivable_because"], data["redrivable_until"]
    redrivable = f"not redrivable: {reason}" if reason else f"redrivable until {until}"
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


def _time(moment: datetime) -> str:
    return rfc3339_of(milliseconds(moment))
