"""What would become of dead letters: as plain data for programs, as lines for people. Prints nothing.

The lines quote no body; the data has what each target would get.
"""

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import Any, Final, NamedTuple

from processor import heartbeat
from processor.delivery import Delivery
from processor.errors import Failure
from scripts.cli.advice import Advice
from scripts.cli.terminal import escape
from scripts.dead_letters.explain import Explained
from scripts.routes import explain

_VERBS: Final = {
    "topic": "publish to",
    "state_machine": "start",
    "queue": "send to",
    "event_bus": "put on",
    "function": "call",
}

_BY_CLASS: Final = {
    "template": Advice.change_route,
    "not-parsed": Advice.edit,
    "too-large": Advice.smaller_input,
    "envelope": Advice.show,
}


class Way(NamedTuple):
    """What leads from an explanation to its next step: the options, the topics, and how undeployed routes come up."""

    options: str
    topics: Sequence[str] = ()
    deploying: str = ""
    deploy_options: str = ""


class _Next(NamedTuple):
    advice: Advice
    values: tuple[tuple[str, str], ...] = ()


def as_data(explained: Explained) -> dict[str, Any]:
    """The whole explanation; None for what is not known."""
    summary = explained.summary
    return {
        "id": summary.id,
        "message_id": summary.message_id,
        "not_known": explained.doubt or None,
    } | explain.as_data(explained.explanation)


def would_come_out(explained: Explained) -> bool:
    """Whether a replay is known not to bring it back."""
    return explained.explanation.failure is None and not explained.doubt


def lines(found: Sequence[Explained], way: Way) -> Iterator[str]:
    """A line for each dead letter; and what to do next, once for all that need the same. Every line is harmless."""
    nexts: dict[_Next, list[str]] = {}
    for explained in found:
        yield escape(f"{explained.summary.id}  {_verdict(explained)}")
        if next_ := _next(explained, way):
            nexts.setdefault(next_, []).append(explained.summary.id)
    for next_, ids in nexts.items():
        told = " ".join(quote(escape(id_)) for id_ in ids)
        yield escape(f"next: {next_.advice.text(ids=told, options=way.options, **dict(next_.values))}")


def _next(explained: Explained, way: Way) -> _Next | None:
    explanation = explained.explanation
    if explanation.failure:
        return _after(explanation.failure, explained, way)
    if explained.doubt:
        return _Next(Advice.look_again, (("fix", explained.fix),))
    if not (explanation.plan and explanation.plan.deliveries):
        return _Next(Advice.discard)
    return _Next(Advice.deploy_then_replay, (("deploying", way.deploying),)) if way.deploying else _Next(Advice.replay)


def _after(failure: Failure, explained: Explained, way: Way) -> _Next | None:
    kind, _, name = (failure.target or "").partition(":")
    match failure.cause_class:
        case "no-target" if name == heartbeat.TOPIC:
            return _Next(Advice.change_route)  # the parameter Topics does not take that name
        case "no-target" if kind == "topic":
            topics = quote(",".join([*way.topics, name]))
            return _Next(Advice.add_topic, (("value", topics), ("deploy_options", way.deploy_options)))
        case "no-target":
            return _Next(Advice.change_target)
        case "refused":
            return _Next(Advice.fix_then_replay if explained.is_fixable else Advice.create_then_replay)
    advice = _BY_CLASS.get(failure.cause_class)
    return _Next(advice) if advice else None


def _verdict(explained: Explained) -> str:
    explanation = explained.explanation
    if explanation.failure:
        return _failure(explanation.failure)
    if explained.doubt:
        return f"not known: {explained.doubt}"
    deliveries = explanation.plan.deliveries if explanation.plan else []
    return "; ".join(map(_delivery, deliveries)) if deliveries else "would be ignored: no route wants it"


def _delivery(delivery: Delivery) -> str:
    return f"would {_VERBS[delivery.kind]} {delivery.name} by route {delivery.route}"


def _failure(failure: Failure) -> str:
    named = [("route", failure.route), ("target", failure.target), ("field", failure.field)]
    where = ", ".join(f"{name} {value}" for name, value in named if value)
    return f"would be dead again: {failure.cause_class}: {failure.reason.rstrip('.')}" + (
        f" ({where})" if where else ""
    )
