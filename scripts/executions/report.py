"""Format executions as JSON data and as lines of text. Prints nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.cli.times import time_of
from scripts.executions.find import Execution
from scripts.executions.origins import Origin
from scripts.executions.service import Redrive

_LONGEST_CAUSE: Final = 500
_LABEL: Final = 15


def as_data(execution: Execution, origin: Origin | None, *, show_cause: bool) -> Data:
    """Return an execution as data. `cause` is included only on request; `event` is null if no log line has it."""
    until = execution.redrivable_until
    data = {
        "state_machine": execution.state_machine,
        "name": execution.name,
        "arn": execution.arn,
        "status": execution.status,
        "error": execution.error or None,
        "started_at": time_of(execution.started_at),
        "stopped_at": time_of(execution.stopped_at),
        "redrives": execution.redrives,
        "redrivable_until": until and time_of(until),
        "not_redrivable_because": execution.not_redrivable_because or None,
        "event": origin and origin._asdict(),
    }
    return data | ({"cause": execution.cause or None} if show_cause else {})


def lines(data: Data) -> Iterator[str]:
    """Yield a paragraph for each execution, and their number by state machine and status."""
    executions = data["executions"]
    for execution in executions:
        yield from map(escape, _paragraph(execution))
        yield ""
    if not executions:
        yield "No execution failed, timed out or was aborted."
        return
    counts = Counter((each["state_machine"], each["status"]) for each in executions)
    yield escape(", ".join(f"{name} {status} {count}" for (name, status), count in sorted(counts.items())))


def plan(redrive: Redrive) -> Data:
    """Return the plan as data."""
    return {
        "to_redrive": [_named(execution) for execution in redrive.redrivable],
        "not_redrivable": _with_reasons(redrive.not_redrivable, redrive),
        "problems": redrive.problems,
    }


def plan_lines(data: Data) -> Iterator[str]:
    """Yield the data as lines of text."""
    for one in data["to_redrive"]:
        yield escape(f"redrive: {one['state_machine']} {one['name']}, {one['status']} {one['error']}".rstrip())
    for one in data["not_redrivable"]:
        yield escape(f"not redrivable: {one['state_machine']} {one['name']}: {one['reason']}")
    yield _counts(data, "to_redrive", "not_redrivable")


def summary(redrive: Redrive) -> Data:
    """Return the result as data."""
    return {
        "redriven": [_named(execution) for execution in redrive.redriven],
        "failed": _with_reasons(redrive.failed, redrive),
        "not_redrivable": _with_reasons(redrive.not_redrivable, redrive),
        "not_begun": redrive.not_begun,
        "problems": redrive.problems,
    }


def summary_lines(data: Data) -> Iterator[str]:
    """Yield the data as lines of text."""
    for kind in ("failed", "not_redrivable"):
        for one in data[kind]:
            yield escape(f"{_words(kind)}: {one['state_machine']} {one['name']}: {one['reason']}")
    not_begun = [f"{data['not_begun']} not begun"] if data["not_begun"] else []
    yield ", ".join([_counts(data, "redriven", "failed", "not_redrivable"), *not_begun])


def _counts(data: Data, first: str, *others: str) -> str:
    """Return the first count, and the others unless they are zero."""
    return ", ".join(f"{len(data[kind])} {_words(kind)}" for kind in (first, *others) if kind == first or data[kind])


def _words(key: str) -> str:
    return key.replace("_", " ")


def _paragraph(data: Data) -> Iterator[str]:
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


def _named(execution: Execution) -> Data:
    members = ("state_machine", "name", "arn", "status", "error", "redrives")
    return {name: getattr(execution, name) for name in members}


def _with_reasons(reasons: Mapping[str, str], redrive: Redrive) -> list[Data]:
    known = {execution.arn: execution for execution in redrive.executions}
    return [_named(known[arn]) | {"reason": reason} for arn, reason in reasons.items()]
