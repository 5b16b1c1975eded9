"""Edit one dead letter: export the original, then replay a corrected body as the same event.

The event keeps its receipt ID, its original signature, and the identity by which targets that have it are skipped.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from ingest.envelope import Envelope, Pointer, QueuedMessage
from ingest.sqs_text import encode_attributes
from processor.alma.events import parse
from processor.alma.identity import identity_of
from processor.errors import Failure, Permanent
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.export_file import new_export_file
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.find import FoundDeadLetter
from scripts.dead_letters.queue_checks import check_is_of_product
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.queues import message_with
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.replay import Replay
from scripts.dead_letters.replay_message import MOST_REPLAYS, ReplayedBy, is_beyond_limit, replay_members
from scripts.dead_letters.replay_options import ReplayResult
from scripts.dead_letters.store import DeadLetterStore


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


def read_correction(path: Path, name: QueueName = QueueName.webhooks) -> bytes:
    """Return the body in a file. Raise ConfigurationError if it cannot be read, RejectedError if it is not valid."""
    check_is_of_product(name, "edit")
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be read: {error.strerror}.") from None
    if reason := why_invalid(body, name):
        raise RejectedError(f"The file {path} is not {NOUNS[name]} and would fail again: {reason}.")
    return body


NOUNS: Final = {QueueName.webhooks: "an event", QueueName.notifications: "a notification"}


def why_invalid(body: bytes, name: QueueName) -> str:
    """Return why a body is not an event, or not a notification whose configuration is valid; else an empty string."""
    try:
        if name == QueueName.webhooks:
            parse(body)
        else:
            from scripts.dead_letters.notification_explain import check_notification  # only now: it imports much

            check_notification(body)
    except Permanent as failure:
        return failure.reason.rstrip(".") + (f" ({failure.field})" if failure.field else "")
    return ""


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
    members = replay_members(latest, by) | {"edited": _identity(read, envelope, body)}
    return envelope._replace(body=body, failure=None, replay=members)


def _identity(read: ReadDeadLetter, envelope: Envelope, body: bytes) -> str:
    """Return the identity, which the correction keeps. Raise RejectedError if that of a notification is another."""
    if read.notification is None:
        return identity_of(read.event, envelope)
    from scripts.dead_letters.notification_explain import kept_identity  # only now: it imports much

    return kept_identity(read.notification, body)


def message_of(dead_letter: DeadLetter, envelope: Envelope, put: Callable[[bytes], Pointer] | None) -> QueuedMessage:
    """Return the corrected envelope as a message, with the dead letter's other attributes.

    `put` stores a body that is too large for the queue; that of a notification stays in the message.
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
    with new_export_file(export, dead_letters.owner.facts(), dead_letters.queue_name) as writer:
        writer.write(found.read)
    try:
        _replay(dead_letters, replay, found, envelope)
    finally:
        if not replay.result.sent:
            export.unlink(missing_ok=True)


def _replay(dead_letters: DeadLetterStore, replay: Replay, found: FoundDeadLetter, envelope: Envelope) -> None:
    try:
        put = dead_letters.overflow.put if dead_letters.overflow else None
        message = message_of(found.read.dead_letter, envelope, put)
    except Failure as failure:
        raise FailedError(f"Nothing was sent: {failure.reason.rstrip('.')}.") from None
    replay.add_as(found.read.summary.copy_key, message, *found.copies)
    replay.result.chosen, replay.result.copies = len(found.copies), len(found.copies) - 1
    replay.flush()
    replay.result.is_whole = True
