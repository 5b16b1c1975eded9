"""Output of `dead-letters explain` for notifications, as JSON data or lines of text. It quotes no message."""

from collections.abc import Iterator, Sequence
from typing import Final

from scripts.cli.advice import Advice
from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.edit import EditRequest
from scripts.dead_letters.notification_explain import ExplainedNotification, Forecast
from scripts.dead_letters.reports.cells import topic_path
from scripts.dead_letters.reports.explain import NextStep


def as_data(explained: ExplainedNotification) -> Data:
    """Return the explanation as JSON data; None for what is not known."""
    summary, failure = explained.summary, explained.failure
    members = failure.members if failure else {}
    return {
        **{name: getattr(summary, name) or None for name in ("id", "message_id", "topic", "integration", "service")},
        "would": explained.forecast.value,
        "failure": {name: members.get(name) for name in ("class", "reason", "field")} if failure else None,
        "needs_contact": explained.needs_contact,
        "needs_redeliver": explained.needs_redeliver,
        "not_known": explained.doubt or None,
    }


def edit_plan_data(request: EditRequest, explained: ExplainedNotification) -> Data:
    """Return the plan of an edit as JSON data, without the body."""
    names = ("topic", "integration", "service", "would", "failure", "needs_contact", "needs_redeliver", "not_known")
    facts = as_data(explained)
    return {"dry_run": True, "id": request.id, "bytes": len(request.body)} | {name: facts[name] for name in names}


def edit_plan_lines(data: Data) -> Iterator[str]:
    """Yield the lines of text for the plan of an edit."""
    yield escape(f"{data['integration']} ({data['service']}) of {topic_path(data['topic'] or '')}: {_verdict(data)}")
    yield escape(f"dry run: would replay {data['id']} with {plural(data['bytes'], 'byte')}; pass --yes to apply")


def would_succeed(explained: ExplainedNotification) -> bool:
    """Return whether a replay is known to succeed."""
    return explained.forecast not in {Forecast.fail, Forecast.not_known}


def lines(found: Sequence[ExplainedNotification], options: str) -> Iterator[str]:
    """Yield a line per dead letter, then each next step once, for all that need it. Every line is escaped.

    The steps have message IDs, because the notifications of a post share their receipt ID.
    """
    steps: dict[NextStep, list[str]] = {}
    for explained in found:
        yield escape(f"{explained.summary.id}  {_place(explained)}{_verdict(as_data(explained))}")
        steps.setdefault(_next_step(explained), []).append(explained.summary.message_id)
    for step, ids in steps.items():
        yield f"next: {step.text(ids, options)}"


def _place(explained: ExplainedNotification) -> str:
    summary = explained.summary
    return f"{summary.integration} ({summary.service}) of {topic_path(summary.topic)}: " if summary.topic else ""


_VERDICTS: Final = {
    Forecast.send: "would be sent",
    Forecast.send_again: "would be sent again, although the service may have accepted it",
    Forecast.duplicate: "would not be sent: the service has accepted it already",
}


def _verdict(data: Data) -> str:
    if failure := data["failure"]:
        where = f" (field {failure['field']})" if failure["field"] else ""
        return f"would fail again: {failure['class']}: {failure['reason'].rstrip('.')}{where}"
    verdict = _VERDICTS.get(Forecast(data["would"]), f"not known: {data['not_known']}")
    return f"{verdict}, if the person has a contact then" if data["needs_contact"] else verdict


def _next_step(explained: ExplainedNotification) -> NextStep:
    if explained.doubt:
        return NextStep(Advice.look_again, (("fix", explained.fix),))
    if explained.missing_secret:
        return NextStep(Advice.store_secret, (("name", explained.missing_secret),))
    if explained.needs_redeliver:
        return NextStep(Advice.redeliver)
    if explained.forecast is Forecast.duplicate:
        return NextStep(Advice.discard_accepted)
    if explained.failure:
        return NextStep(Advice.show if explained.failure.cause_class == "envelope" else Advice.edit)
    return NextStep(Advice.replay)
