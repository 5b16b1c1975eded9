"""Output of `dead-letters explain`: as JSON data, or as lines of text.

The text quotes no body; the data has what each target would get.
"""

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import Any, Final, NamedTuple

from processor import heartbeat
from processor.delivery import Delivery
from processor.errors import Failure, Permanent
from scripts.cli.advice import Advice
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.explain import Explained
from scripts.routes import explain

_VERBS: Final = {
    "topic": "publish to",
    "state_machine": "start",
    "queue": "send to",
    "event_bus": "put on",
    "function": "call",
    "notification": "notify by",
}

_BY_CLASS: Final = {
    "template": Advice.change_route,
    "not-parsed": Advice.edit,
    "too-large": Advice.smaller_input,
    "envelope": Advice.show,
}


class AdviceContext(NamedTuple):
    """Values for the suggested commands: flags, and how to deploy changed routes."""

    options: str
    deploying: str = ""


class NextStep(NamedTuple):
    """An advice with the values for its placeholders, but the IDs and the flags."""

    advice: Advice
    values: tuple[tuple[str, str], ...] = ()

    def text(self, ids: Sequence[str], options: str) -> str:
        """Return the advice for these dead letters, escaped; `options` are the flags of the stack."""
        quoted = [quote(escape(id_)) for id_ in ids]
        return escape(self.advice.text(ids=" ".join(quoted), first=quoted[0], options=options, **dict(self.values)))


def as_data(explained: Explained) -> dict[str, Any]:
    """Return the whole explanation as JSON data; None for what is not known."""
    summary = explained.summary
    return {
        "id": summary.id,
        "message_id": summary.message_id,
        "not_known": explained.doubt or None,
        "others_omitted": summary.cause.others_omitted,
    } | explain.as_data(explained.explanation)


def would_succeed(explained: Explained) -> bool:
    """Return whether a replay is known to succeed."""
    return explained.explanation.failure is None and not explained.doubt


def lines(found: Sequence[Explained], context: AdviceContext) -> Iterator[str]:
    """Yield a line per dead letter, then each next step once, with all the IDs that need it. Every line is escaped."""
    steps: dict[NextStep, list[str]] = {}
    for explained in found:
        yield escape(f"{explained.summary.id}  {_verdict(explained)}")
        for step in dict.fromkeys(_next_steps(explained, context)):
            steps.setdefault(step, []).append(explained.summary.id)
    for step, ids in steps.items():
        yield f"next: {step.text(ids, context.options)}"


def _next_steps(explained: Explained, context: AdviceContext) -> Iterator[NextStep]:
    """Yield the step after each failure, and after a doubt; without either the step after the whole event."""
    for failure in explained.explanation.failures:
        if step := step_after(failure, explained):
            yield step
    if explained.doubt or not explained.explanation.failures:
        yield step_without_failure(explained, context)


def step_without_failure(explained: Explained, context: AdviceContext) -> NextStep:
    """Return what people can do next about a dead letter of which no failure is known, or not every result."""
    if explained.doubt:
        return NextStep(Advice.look_again, (("fix", explained.fix),))
    if not explained.explanation.deliveries:
        return NextStep(Advice.discard)
    may_be_refused = _may_be_refused(explained.summary.cause)
    if context.deploying:
        advice = Advice.deploy_then_fix if may_be_refused else Advice.deploy_then_replay
        return NextStep(advice, (("deploying", context.deploying),))
    return NextStep(Advice.fix_and_replay if may_be_refused else Advice.replay)


def _may_be_refused(cause: Cause) -> bool:
    """Return whether AWS may have refused a delivery: `fix` looks for subscribers and rights, and a replay does not."""
    return cause.others_omitted > 0 or any(each.category == "refused" for each in (cause, *cause.others))


def step_after(failure: Permanent, explained: Explained) -> NextStep | None:
    """Return what people can do about a failure of a replay, or None if nothing is known."""
    kind, _, name = (failure.target or "").partition(":")
    if explained.is_of_topic(failure):
        return NextStep(Advice.apply_topic)
    match failure.cause_class:
        case "no-target" if name == heartbeat.TOPIC:
            return NextStep(Advice.change_route)  # the file cannot list that name
        case "no-target" if kind == "topic":
            return NextStep(Advice.add_topic, (("name", quote(name)),))
        case "no-target":
            return NextStep(Advice.change_target)
        case "refused":
            return NextStep(Advice.fix_and_replay if failure in explained.fixable else Advice.create_then_fix)
    advice = _BY_CLASS.get(failure.cause_class)
    return NextStep(advice) if advice else None


def _verdict(explained: Explained) -> str:
    explanation = explained.explanation
    failures = [*map(_failure, explanation.failures)]
    now = [f"not known: {explained.doubt}"] if explained.doubt else [*map(_delivery, explanation.deliveries)]
    found = [*failures, *now] or ["would be ignored: no route matches it"]
    omitted = explained.summary.cause.others_omitted
    more = [f"and {plural(omitted, 'more failure')}, for which the dead letter has no room"] if omitted else []
    return "; ".join([*found, *more])


def _delivery(delivery: Delivery) -> str:
    return f"would {_VERBS[delivery.kind]} {delivery.name} by route {delivery.route}"


def _failure(failure: Failure) -> str:
    named = [("route", failure.route), ("target", failure.target), ("field", failure.field)]
    where = ", ".join(f"{name} {value}" for name, value in named if value)
    return f"would fail again: {failure.cause_class}: {failure.reason.rstrip('.')}" + (f" ({where})" if where else "")
