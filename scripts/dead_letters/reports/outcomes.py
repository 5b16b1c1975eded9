"""Output of `dead-letters replay --wait`: the outcomes of the replayed events, as JSON data or as lines of text."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from scripts.aws.logged_event import DEAD, LoggedEvent, outcome_text
from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.dead_letters.replay_wait import ReplayWait
from scripts.dead_letters.reports.listing import first_of

_COUNTED: Final = ("delivered", "accepted", "summarized", "duplicate", "ignored", DEAD)
_NOUNS: Final = {"duplicate": ("duplicate", "duplicates"), DEAD: ("dead letter again", "dead letters again")}


def outcomes_data(waited: ReplayWait) -> Data:
    """Return the outcomes as JSON data."""
    outcomes = [
        {
            "receipt_id": event.receipt_id,
            "outcome": event.outcome,
            "targets": list(event.targets),
            "seconds": round(seconds, 3),
            "reason": event.reason,
            "text": _text(event, seconds, is_notification=bool(waited.log_group)),
        }
        for event, seconds in waited.found
    ]
    missing = [{"receipt_id": id_, "reason": reason} for id_, reason in sorted(waited.missing_attempts)]
    return {"outcomes": outcomes, "without_outcome": missing}


def _text(event: LoggedEvent, seconds: float, *, is_notification: bool) -> str:
    """Return the outcome in words. What a service has accepted may never be delivered."""
    if event.outcome == DEAD or not is_notification:
        return outcome_text(event, seconds)
    return f"{event.outcome} in {seconds:.1f} s: {', '.join(event.targets)}"


def outcome_counts(data: Data) -> str:
    """Return the number of each outcome that there is, such as "2 delivered, 1 duplicate"."""
    counts = Counter(each["outcome"] for each in data["outcomes"])
    texts = [plural(counts[each], *_NOUNS.get(each, (each, each))) for each in _COUNTED if counts[each]]
    missing = len(data["without_outcome"])
    return ", ".join([*texts, f"{missing:,} without an outcome"] if missing else texts)


def outcome_lines(data: Data) -> Iterator[str]:
    """Yield a line for each event, up to some: first those that failed or have no outcome."""
    failed = [each for each in data["outcomes"] if each["outcome"] == DEAD]
    others = [each for each in data["outcomes"] if each["outcome"] != DEAD]
    texts = [f"{each['receipt_id']}  {each['text']}" for each in failed]
    for each in data["without_outcome"]:
        reason = f"; the last attempt failed: {each['reason']}" if each["reason"] else ""
        texts.append(f"{each['receipt_id']}  no outcome yet{reason}")
    texts += [f"{each['receipt_id']}  {each['text']}" for each in others]
    yield from first_of(texts, "more event")
