"""Format trials and posts of notifications as data and lines of text. Contains no URL and no secret."""

from collections.abc import Iterator
from typing import Final

from scripts.cli.output import Data
from scripts.cli.terminal import escape
from scripts.topics.acceptance import ACCEPTANCE
from scripts.topics.differences import without_secret
from scripts.topics.posting import AcceptedPost
from scripts.topics.trial import TopicTrial, TrialOutcome, TrialResult

_LABEL: Final = 12
_NOT_KNOWN: Final = "The service may have accepted it, so a repetition can make a second one."


def trial_data(trial: TopicTrial, result: TrialResult | None) -> Data:
    """Return a trial, and its result if it was sent. `meaning` says what is known then, and what is not."""
    notification = trial.notification
    members = {name: value for name, value in notification.credentials.items() if name != "type"}
    return {
        "topic": f"{trial.topic.channel}/{trial.topic.topic}",
        "integration": notification.name,
        "type": trial.type,
        "text": without_secret(notification.message),
        "configuration": without_secret(members),
        "sample_values": [*trial.samples],
        "outcome": result.outcome.value if result else None,
        "reason": (result.reason or None) if result else None,
        "reference": (result.reference or None) if result else None,
        "meaning": _meaning(trial, result) if result else None,
    }


def rendered_lines(data: Data) -> Iterator[str]:
    """Yield what a trial sends, and to which integration."""
    yield _line("integration", f"{data['integration']} ({data['type']}) of {data['topic']}")
    for name, value in data["configuration"].items():
        yield _line(name, f"the secret {value['ssm']}" if _is_reference(value) else str(value))
    if data["sample_values"]:
        yield _line("samples", f"sample values for {', '.join(data['sample_values'])}")
    for number, line in enumerate(data["text"].split("\n")):
        yield _line("" if number else "text", line)


def outcome_lines(data: Data) -> Iterator[str]:
    """Yield how a trial ended, and what that means."""
    reference = f", {data['reference']}" if data["reference"] else ""
    yield escape(f"{data['outcome']}{reference}{': ' if data['reason'] else ''}{data['reason'] or ''}")
    if data["meaning"]:
        yield f"  {data['meaning']}"


def post_data(path: str, accepted: AcceptedPost) -> Data:
    """Return what the API queued, by the names of the integrations."""
    return {"topic": path, **accepted._asdict()}


def post_lines(data: Data) -> Iterator[str]:
    """Yield the message ids, the receipt id, and how to repeat the post."""
    for name, message_id in data["ids"].items():
        yield escape(f"queued   {name}  {message_id}")
    yield escape(f"receipt  {data['receipt_id'] or '-'}")
    yield escape(f"repeat   with --idempotency-key {data['idempotency_key']}; it is sent once")


def _meaning(trial: TopicTrial, result: TrialResult) -> str | None:
    if result.outcome is TrialOutcome.accepted:
        return ACCEPTANCE.get(trial.type)
    return _NOT_KNOWN if result.outcome is TrialOutcome.unknown else None


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"ssm"}


def _line(label: str, text: str) -> str:
    return escape(f"  {label:<{_LABEL}}  {text}".rstrip())
