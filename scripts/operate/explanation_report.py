"""What would become of dead letters: as plain data for programs, as lines for people. Prints nothing.

The lines quote no body; the data has what each target would get.
"""

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import Any, Final

from processor.delivery import Delivery
from processor.errors import Failure
from scripts.operate import explain
from scripts.operate.dead_letters.explaining import Explained
from scripts.terminal import harmless

_VERBS: Final = {
    "topic": "publish to",
    "state_machine": "start",
    "queue": "send to",
    "event_bus": "put on",
    "function": "call",
}

_REPLAY: Final = "replay"
_NOT_WANTED: Final = "ignored"
_NEXT: Final = {
    _REPLAY: "alma-webhooks dead-letters replay {ids} {options}",
    _NOT_WANTED: "change the routes, or: alma-webhooks dead-letters discard {ids} {options}",
    "template": "change the route; or a body of your own: alma-webhooks dead-letters edit ID --with FILE {options}",
    "not-parsed": "alma-webhooks dead-letters edit ID --with FILE {options}, or discard {ids}",
    "no-target": "add the target to the stack, or change the route; then replay {ids}",
    "too-large": "give the route an input that is smaller; then replay {ids}",
    "envelope": "alma-webhooks dead-letters show {ids} {options}; what nobody can read only discard takes away",
}


def as_data(explained: Explained) -> dict[str, Any]:
    """The whole explanation; None for what is not known."""
    summary = explained.summary
    return {"id": summary.id, "message_id": summary.message_id} | explain.as_data(explained.explanation)


def would_die(explained: Explained) -> bool:
    """Whether a replay would only bring it back."""
    return explained.explanation.failure is not None


def lines(found: Sequence[Explained], options: str) -> Iterator[str]:
    """A line for each letter; and what to do next, once for all that need the same. Every line is harmless."""
    nexts: dict[str, list[str]] = {}
    for explained in found:
        yield harmless(f"{explained.summary.id}  {_verdict(explained)}")
        nexts.setdefault(_next(explained), []).append(explained.summary.id)
    for next_, ids in nexts.items():
        if template := _NEXT.get(next_):
            yield "next: " + template.format(ids=" ".join(quote(harmless(id_)) for id_ in ids), options=options)


def _next(explained: Explained) -> str:
    explanation = explained.explanation
    if explanation.failure:
        return explanation.failure.category
    return _REPLAY if explanation.plan and explanation.plan.deliveries else _NOT_WANTED


def _verdict(explained: Explained) -> str:
    explanation = explained.explanation
    if explanation.failure:
        return _failure(explanation.failure)
    deliveries = explanation.plan.deliveries if explanation.plan else []
    return "; ".join(map(_delivery, deliveries)) if deliveries else "would be ignored: no route wants it"


def _delivery(delivery: Delivery) -> str:
    return f"would {_VERBS[delivery.kind]} {delivery.name} by route {delivery.route}"


def _failure(failure: Failure) -> str:
    named = [("route", failure.route), ("target", failure.target), ("field", failure.field)]
    where = ", ".join(f"{name} {value}" for name, value in named if value)
    return f"would be dead again: {failure.category}: {failure.reason.rstrip('.')}" + (f" ({where})" if where else "")
