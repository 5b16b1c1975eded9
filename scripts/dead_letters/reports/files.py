"""What `dead-letters export`, `import` and `discard` tell of what they did. Prints nothing; nothing of a body."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.discard import Discard
from scripts.dead_letters.export import ExportResult
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.import_ import ImportResult

# Of what is listed people see the first; `--output json` has all.
_SHOWN: Final = 20

Data = dict[str, Any]


def export_data(exported: ExportResult, selection: Selection, file: Path) -> Data:
    """What was exported, as plain data."""
    return {
        "file": str(file) if exported.dead_letters else None,
        "exported": exported.dead_letters,
        "messages": len(exported.messages),
        "without_body": exported.without_body,
        "unread": exported.unread,
        "seen": exported.seen,
        "about": exported.depth,
        "missing": selection.missing,
        "unjudged": selection.unjudged,
    }


def discard_data(discard: Discard) -> Data:
    """What was discarded, as plain data."""
    return {"discarded": discard.dead_letters, "refused": len(discard.refused), "moved": discard.moved}


def import_data(imported: ImportResult, file: Path, *, is_done: bool) -> Data:
    """What was imported, or would be, as plain data."""
    return {
        "file": str(file),
        "done": is_done,
        "imported": imported.done,
        "already_there": imported.already_there,
        "from": dict(imported.origins),
        "refused": [{"line": number, "reason": reason} for number, reason in imported.refused],
        "failed": [{"line": number, "reason": reason} for number, reason in imported.failed],
    }


def export_lines(data: Data) -> Iterator[str]:
    """For people."""
    if data["about"] > data["seen"]:
        about = plural(data["about"], "dead letter")
        yield f"{data['seen']:,} of about {about} seen; others may be in another's hands"
    if missing := data["missing"]:
        yield f"not among the dead letters: {_listed(missing)}"
    if data["unjudged"]:
        lacking = plural(data["unjudged"], "dead letter lacks", "dead letters lack")
        yield f"{lacking} an event with the fields that --where names"
    if data["unread"]:
        yield f"not exported, for the body could not be read just now: {_listed(data['unread'])}"
    if data["without_body"]:
        yield f"exported without the body, which is gone from the overflow bucket: {_listed(data['without_body'])}"
    if not data["exported"]:
        yield "no dead letter is exported" if data["unread"] else "no dead letter matches"
        return
    yield f"exported {_dead_letters(data['exported'])} to {escape(data['file'])}"
    if (copies := data["messages"] - data["exported"]) > 0:
        yield f"the queue has {plural(copies, 'more copy', 'more copies')} of them"


def discard_lines(data: Data) -> Iterator[str]:
    """For people."""
    yield f"discarded {_dead_letters(data['discarded'])}"
    if data["moved"]:
        moved = plural(data["moved"], "message was", "messages were")
        yield f"{moved} not there any more: expired, replayed, or in another's hands"
    if data["refused"]:
        refused = plural(data["refused"], "message was", "messages were")
        yield f"{refused} not deleted by SQS, and still there"


def import_lines(data: Data) -> Iterator[str]:
    """For people."""
    for what, name in (("refused", "refused"), ("failed", "not sent")):
        for item in data[what][:_SHOWN]:
            yield escape(f"{data['file']}:{item['line']}: {name}, {item['reason']}")
        if (more := len(data[what]) - _SHOWN) > 0:
            yield f"and {more:,} more {name}: --output json has all"
    for origin, count in data["from"].items():
        yield escape(f"from {origin}: {_dead_letters(count)}")
    if data["already_there"]:
        yield f"left out, for they are among the dead letters already: {data['already_there']:,}"
    yield f"{'imported' if data['done'] else 'would import'} {_dead_letters(data['imported'])}"


def _dead_letters(count: int) -> str:
    return plural(count, "dead letter")


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
    return escape(", ".join(ids[:_SHOWN])) + more
