"""Edit one dead letter: export the original, then replay a corrected body as the same event.

The event keeps its receipt ID, its original signature, and the identity by which targets that have it are skipped.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ingest.envelope import Envelope, Pointer, QueuedMessage
from ingest.sqs_text import encode_attributes
from processor.alma.events import parse
from processor.alma.identity import identity_of
from processor.errors import Failure, Permanent
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.cli.plural import plural
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.export_file import new_export_file
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.queues import message_with
from scripts.dead_letters.reader import DeadLetterStore, ReadDeadLetter, Reader
from scripts.dead_letters.replay import Replay
from scripts.dead_letters.replay_message import MOST_REPLAYS, ReplayedBy, is_beyond_limit, replay_members
from scripts.dead_letters.replay_options import ReplayResult
from scripts.dead_letters.scan import Scan


class EditRequest(NamedTuple):
    """The dead letter to edit, its corrected body, and the options.

    Without `file` the original goes to the folder of exports.
    """

    id: str
    body: bytes
    file: Path | None = None
    ignore_replay_limit: bool = False


@dataclass
class EditResult:
    """The result of an edit so far; `file` has the original once it is exported."""

    selection: Selection
    replay: ReplayResult = field(default_factory=ReplayResult)
    file: Path | None = None


class FoundDeadLetter(NamedTuple):
    """A dead letter, and all its messages on the queue, itself included, without their bodies."""

    read: ReadDeadLetter
    copies: list[DeadLetter]


def read_correction(path: Path) -> bytes:
    """Return the body in a file. Raise ConfigurationError if it cannot be read, RejectedError if it is not an event."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be read: {error.strerror}.") from None
    try:
        parse(body)
    except Permanent as failure:
        raise RejectedError(
            f"The file {path} is not an event and would fail again: {failure.reason.rstrip('.')}."
        ) from None
    return body


def find_one(scan: Scan, reader: Reader, id_: str) -> FoundDeadLetter:
    """Return the dead letter with this ID.

    Raise FailedError if there is none, RejectedError if there are several.
    """
    found: FoundDeadLetter | None = None
    for dead_letter in scan.dead_letters():
        if id_ not in {dead_letter.id, dead_letter.message_id}:
            continue
        copy = dead_letter._replace(body="")
        if found is None:
            found = FoundDeadLetter(reader.read(dead_letter), [copy])
        elif dead_letter.copy_key == found.read.summary.copy_key:
            found.copies.append(copy)
        else:
            ids = f"{found.read.summary.message_id} and {dead_letter.message_id}"
            raise RejectedError(
                f"Several dead letters have the ID {id_}: pass the message ID of one of them, such as {ids}."
            )
    if found is None:
        raise FailedError(
            f"{id_} not found among the {plural(scan.seen, 'dead letter')} seen, of about {scan.depth.all:,}."
        )
    return found


def body_of(found: FoundDeadLetter) -> bytes:
    """Return the body of a dead letter. Raise RejectedError if it cannot be read."""
    return _envelope_of(found.read).body


def _envelope_of(read: ReadDeadLetter) -> Envelope:
    if read.envelope is None:
        raise RejectedError(f"The dead letter {read.summary.id} cannot be edited: {read.problem.rstrip('.')}.")
    return read.envelope


def corrected_envelope(
    found: FoundDeadLetter, body: bytes, by: ReplayedBy, *, ignore_replay_limit: bool = False
) -> Envelope:
    """Return the envelope with the corrected body and the same identity. Raise RejectedError if not possible."""
    read, latest = found.read, max(found.copies, key=lambda dead_letter: dead_letter.replays)
    envelope = _envelope_of(read)
    if body == envelope.body:
        raise RejectedError(
            f"The dead letter {read.summary.id} already has this body: correct the file, or replay it unchanged."
        )
    if is_beyond_limit(latest) and not ignore_replay_limit:
        raise RejectedError(
            f"The dead letter {read.summary.id} was replayed {MOST_REPLAYS} times or more. Pass "
            "--ignore-replay-limit to replay it again."
        )
    members = replay_members(latest, by) | {"edited": identity_of(read.event, envelope)}
    return envelope._replace(body=body, failure=None, replay=members)


def message_of(dead_letter: DeadLetter, envelope: Envelope, put: Callable[[bytes], Pointer]) -> QueuedMessage:
    """Return the corrected envelope as a message, with the dead letter's other attributes.

    `put` stores a body that is too large for the queue.
    """
    attributes = encode_attributes(dead_letter.attributes, failure={}, replay=envelope.replay)
    return message_with(envelope.body, attributes, put)


def edit(
    dead_letters: DeadLetterStore, replay: Replay, found: FoundDeadLetter, envelope: Envelope, export: Path
) -> None:
    """Export the original, then send the corrected envelope and delete the original with `replay`.

    Raise ConfigurationError or FailedError if the export or the body cannot be stored (nothing was sent then), and
    botocore's errors. The export is removed unless the envelope was sent: the original is still on the queue then.
    """
    with new_export_file(export, dead_letters.scope.facts()) as writer:
        writer.write(found.read)
    try:
        _replay(dead_letters, replay, found, envelope)
    finally:
        if not replay.result.sent:
            export.unlink(missing_ok=True)


def _replay(dead_letters: DeadLetterStore, replay: Replay, found: FoundDeadLetter, envelope: Envelope) -> None:
    try:
        message = message_of(found.read.dead_letter, envelope, dead_letters.overflow.put)
    except Failure as failure:
        raise FailedError(f"Nothing was sent: {failure.reason.rstrip('.')}.") from None
    replay.add_as(found.read.summary.copy_key, message, *found.copies)
    replay.result.chosen, replay.result.copies = len(found.copies), len(found.copies) - 1
    replay.flush()
    replay.result.is_whole = True
