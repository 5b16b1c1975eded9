"""Output of `dead-letters show`: as JSON data, or as lines of text. Never contains the signature."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from processor.alma.identity import identity_of
from scripts.cli.plural import plural
from scripts.cli.terminal import escape, json_text
from scripts.cli.times import time_of
from scripts.dead_letters.content import content_of, is_shown_of_event, is_shown_of_notification
from scripts.dead_letters.dead_letter import CRASHED
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.reports.cells import shown_target, time_left, topic_path
from scripts.dead_letters.reports.listing import summary_data

# Attributes that ingest and topics set, which hold no personal data. Any other attribute may.
_ATTRIBUTES: Final = (
    *("envelope_version", "receipt_id", "received_at", "profile", "content_type", "encoding"),
    *("action", "event", "institution", "identity", "event_time"),
)
_SHOWN_BY_MEMBER: Final = ("failure", "replay")
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_REPLAY: Final = ("id", "count", "by", "at", "redeliver", "only_route", "edited", "backfilled")


def as_data(
    read: ReadDeadLetter, now: datetime, *, show_body: bool, name: QueueName = QueueName.webhooks
) -> dict[str, Any]:
    """Return everything that is known of a dead letter; its body redacted unless `show_body`."""
    is_shown = is_shown_of_notification if name == QueueName.notifications else is_shown_of_event
    return summary_data(read.summary, now, name) | {
        "queued_at": time_of(read.dead_letter.sent_at),
        "identity": _identity(read, name),
        "attributes": _attributes(read.dead_letter.attributes, show_body=show_body),
        "replay": {name: value for name, value in read.dead_letter.replay.items() if name in _REPLAY} or None,
        "body": content_of(read, show_body=show_body, is_shown=is_shown),
    }


def _identity(read: ReadDeadLetter, name: QueueName) -> str | None:
    """Return the identity of the event or notification; None for a message of a part that no topic has published."""
    if name == QueueName.webhooks:
        return identity_of(read.event, read.envelope) if read.envelope else None
    identity = read.dead_letter.attributes.get("identity", "")
    if name == QueueName.notifications:
        identity = read.notification.identity if read.notification else ""
    return identity if _DIGEST.fullmatch(identity) else None


def _attributes(attributes: Mapping[str, str], *, show_body: bool) -> dict[str, str]:
    def shown(name: str, value: str) -> str:
        if name == "signature":
            return "<hidden>"
        return value if show_body or name in _ATTRIBUTES else f"<text of {plural(len(value), 'character')}>"

    return {name: shown(name, value) for name, value in attributes.items() if name not in _SHOWN_BY_MEMBER}


def lines(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of text. Every line is escaped."""
    for name, text in _facts(data):
        if text:
            yield escape(f"{name:<12}{text}")
    body = data["body"]
    yield escape(f"body        {plural(body['bytes'], 'byte')}, {body['format']}, SHA-256 {body['sha256']}")
    if body["problem"]:
        yield escape(f"            {body['problem']}")
    yield from _shown(body)


def _facts(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "dead letter", data["id"]
    yield "message id", data["message_id"]
    if "topic" in data:
        yield "topic", topic_path(data["topic"] or "")
        yield from ((name, data[name] or "") for name in ("integration", "service"))
    else:
        yield "event", " ".join(filter(None, [data["action"], data["event"]]))
        yield "institution", data["institution"] or ""
    yield "profile", data["profile"] or ""
    yield "received", data["received_at"]
    yield "queued", data["queued_at"]
    yield "expires", f"{data['expires_at']}, in {time_left(timedelta(seconds=data['expires_in_seconds']))}"
    yield "identity", data["identity"] or ""
    yield from _cause(data)
    yield "replayed", _replay(data)
    for name, value in data["attributes"].items():
        yield "attribute", f"{name}: {value}"


def _cause(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    cause = data["cause"]
    if cause["class"] == CRASHED:
        function = f"function behind the queue {data['queue']}" if "queue" in data else "processor"
        function = "sender" if "topic" in data else function
        yield "cause", f"crashed: SQS moved it after the last receive; the {function} wrote no cause"
        return
    yield "cause", ": ".join(filter(None, [cause["class"], cause["reason"]]))
    for name in ("route", "target", "field"):
        yield f"  {name}", shown_target(cause[name] or "") if name == "target" else cause[name] or ""
    yield "  attempts", "" if cause["attempts"] is None else str(cause["attempts"])
    yield "  at", cause["at"] or ""
    for other in cause["others"]:
        named = ((name, other[name]) for name in ("route", "target", "field"))
        yield "  also", ", ".join([other["class"], *(f"{name} {value}" for name, value in named if value)])
    if cause["others_omitted"]:
        yield "  also", f"and {plural(cause['others_omitted'], 'more failure')}, for which it has no room"


def _replay(data: Mapping[str, Any]) -> str:
    replay = data["replay"] or {}
    times = plural(data["replays"], "time")
    others = [f"{name} {json.dumps(value)}" for name, value in replay.items() if name != "count" and value is not None]
    return ", ".join([times, *others]) if replay else ""


def _shown(body: Mapping[str, Any]) -> Iterator[str]:
    if body["raw"] is not None:
        yield from (escape(line) for line in body["raw"].split("\n"))
    elif body["members"] is not None:
        yield from (escape(line) for line in json_text(body["members"]).split("\n"))
    if body["redacted"]:
        yield "            redacted; pass --show-body to show all of it"
