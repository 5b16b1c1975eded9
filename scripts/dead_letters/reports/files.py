"""Output of `dead-letters export`, `import` and `discard`, as JSON data or lines of text, without any body."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.dead_letters.discard import DiscardResult
from scripts.dead_letters.export_file import ExportResult
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.import_ import ImportResult
from scripts.dead_letters.reports.listing import SHOWN, count_of, first_of, unjudged_lines, unseen_lines


def export_data(exported: ExportResult, selection: Selection, file: Path | None) -> Data:
    """Return the result of an export as JSON data."""
    return {
        "file": str(file) if exported.dead_letters else None,
        "exported": exported.dead_letters,
        "messages": len(exported.messages),
        "without_body": exported.without_body,
        "unread": exported.unread,
        "seen": selection.seen,
        "about": selection.about,
        "missing": selection.missing,
        "unjudged": selection.unjudged,
    }


def discard_data(result: DiscardResult, selection: Selection) -> Data:
    """Return the result of a discard, and of the export before it, as JSON data."""
    data = export_data(result.exported, selection, result.file)
    if not result.has_begun:
        data["file"] = None
    deletion = result.deletion
    if deletion is None:
        return data | {"discarded": 0}
    return data | {
        "discarded": deletion.dead_letters,
        "refused": len(deletion.not_deleted),
        "moved": deletion.moved,
    }


def import_data(imported: ImportResult, file: Path, *, is_done: bool) -> Data:
    """Return the result of an import, or its plan, as JSON data."""
    return {
        "file": str(file),
        "done": is_done,
        "imported": imported.imported,
        "already_there": imported.already_there,
        "from": dict(imported.origins),
        "refused": [{"line": number, "reason": reason} for number, reason in imported.invalid],
        "failed": [{"line": number, "reason": reason} for number, reason in imported.failed],
    }


def export_lines(data: Data) -> Iterator[str]:
    """Yield the lines of text for an export."""
    yield from _export_result(data)
    yield from unseen_lines(data)
    if missing := data["missing"]:
        yield f"not found: {_listed(missing)}"
    yield from unjudged_lines(data["unjudged"])
    if data["unread"]:
        yield f"not exported because the body could not be read: {_listed(data['unread'])}"
    if data["without_body"]:
        yield f"exported without the body, which is gone from the overflow bucket: {_listed(data['without_body'])}"


def _export_result(data: Data) -> Iterator[str]:
    if not data["exported"]:
        yield "no dead letter exported" if data["unread"] else "no dead letter matches"
        return
    yield f"{count_of(data['exported'])} exported to {escape(data['file'])}"
    if (copies := data["messages"] - data["exported"]) > 0:
        yield f"the queue has {plural(copies, 'more copy', 'more copies')} of them"


def discard_lines(data: Data) -> Iterator[str]:
    """Yield the lines of text for a discard."""
    yield f"{count_of(data['discarded'])} discarded"
    if data["moved"]:
        moved = plural(data["moved"], "message was", "messages were")
        yield f"{moved} not found again: expired, replayed, or held by another reader"
    if data["refused"]:
        refused = plural(data["refused"], "message was", "messages were")
        yield f"{refused} not deleted by SQS and may still be on the queue"


def import_lines(data: Data) -> Iterator[str]:
    """Yield the lines of text for an import or its plan."""
    imported = count_of(data["imported"])
    yield f"{imported} imported" if data["done"] else f"dry run: would import {imported}; pass --yes to apply"
    for what, name in (("refused", "invalid"), ("failed", "not sent")):
        texts = [f"{data['file']}:{item['line']}: {name}: {item['reason']}" for item in data[what]]
        yield from first_of(texts, f"more {name}", f"more {name}")
    for origin, count in data["from"].items():
        yield escape(f"from {origin}: {count_of(count)}")
    if data["already_there"]:
        yield f"{data['already_there']:,} skipped: already on the dead-letter queue"


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else ""
    return escape(", ".join(ids[:SHOWN])) + more
