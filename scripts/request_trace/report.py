"""Output of `trace`: as JSON data, or as lines of text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from processor.codes import code
from scripts.cli.terminal import escape
from scripts.cli.times import rfc3339_of
from scripts.request_trace.log import LogLine

# The members of a line that the text shows, in this order; the others are shown elsewhere, or are the same in each.
_FACTS: Final = (
    *("profile", "secret", "bytes", "status", "reason", "detail", "action", "event", "receives", "seconds_away"),
    *("who", "command", "result", "duration_ms"),
)

_CODES: Final = frozenset({"action", "event"})


def as_data(line: LogLine) -> dict[str, Any]:
    """Return a line as JSON data, as it was logged."""
    return {"at": rfc3339_of(line.at), "log": line.log, "line": line.members}


def lines(found: Sequence[LogLine]) -> Iterator[str]:
    """Yield per log line its time, log, message, outcome and facts; below it each delivery. Every line is escaped."""
    for line in found:
        members = line.members
        what = " ".join(str(members[name]) for name in ("message", "outcome") if _is_present(members, name))
        facts = ", ".join(f"{name} {_shown(members, name)}" for name in _FACTS if _is_present(members, name))
        yield escape(f"{rfc3339_of(line.at)}  {line.log:<9}  {what:<17}  {facts}".rstrip())
        deliveries = list(_deliveries(members))
        if not deliveries and (failure := _failure(members)):
            yield escape(f"    {failure}{_where(members['failure'])}")
        yield from (escape(f"    {delivery}") for delivery in deliveries)


def _shown(members: Mapping[str, Any], name: str) -> str:
    text = str(members[name])
    return code(text) if name in _CODES else text


def _is_present(members: Mapping[str, Any], name: str) -> bool:
    return isinstance(members.get(name), (str, int, float)) and members[name] != ""


def _failure(members: Mapping[str, Any]) -> str:
    failure = members.get("failure")
    return f"{failure.get('class', '')}: {failure.get('reason', '')}" if isinstance(failure, dict) else ""


def _where(failure: Mapping[str, Any]) -> str:
    where = ", ".join(f"{name} {failure[name]}" for name in ("route", "target", "field") if _is_present(failure, name))
    return f" ({where})" if where else ""


def _deliveries(members: Mapping[str, Any]) -> Iterator[str]:
    deliveries = members.get("deliveries")
    for delivery in deliveries if isinstance(deliveries, list) else []:
        if isinstance(delivery, dict):
            result = _failure(delivery) or delivery.get("outcome", "")
            yield f"{delivery.get('target', '')} by route {delivery.get('route', '')}: {result}"
