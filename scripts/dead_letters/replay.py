"""Replays dead letters: back onto the webhook queue, then off the dead-letter queue. Chooses none, prints nothing.

It sends before it deletes. After a crash in between, the dead letter stays and its event is sent, but delivered once.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from ingest.envelope import QueuedMessage
from processor.retries import code_of
from scripts.aws.clock import aws_clock
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.change_session import ChangeSession
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.dead_letter_queue import BATCH
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.replay_message import ReplayedBy, is_beyond_limit, replayed
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.service import DeadLetterStore
from scripts.dead_letters.source_queue import SourceQueue, fits


class ReplayOptions(NamedTuple):
    """How to replay. `deferred` is entered for what an interruption must not come between; `message` is the audit's."""

    rate: Rate
    redeliver: bool = False
    ignore_replay_limit: bool = False
    deferred: Callable[[], AbstractContextManager[None]] = nullcontext
    message: str = "replayed"


@dataclass
class ReplayResult:
    """What a replay has done so far, counted in dead letters, but `sent` and `send_failed` in messages.

    It is whole once every dead letter was seen. `copies` are further dead letters of an event that was already sent.
    `came_back` are dead letters that this replay, or an earlier one that was killed, sent and that failed again.
    """

    chosen: int = 0
    sent: int = 0
    send_failed: int = 0
    deleted: int = 0
    delete_failed: int = 0
    kept_back: int = 0
    copies: int = 0
    came_back: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    is_whole: bool = False


class _PendingReplay(NamedTuple):
    message: QueuedMessage
    dead_letters: list[DeadLetter]  # without their bodies: the queue may have a dead letter a thousand times


class Replay:
    """One replay, while `change` gives the right to it. `done` is what it has done, also when it was interrupted."""

    def __init__(
        self, dead_letters: DeadLetterStore, change: ChangeSession, scan: Scan, options: ReplayOptions
    ) -> None:
        self._dead_letters = dead_letters.queue
        self._reader = dead_letters.reader
        self._source = SourceQueue(dead_letters.scope.aws.sqs, change.webhook_queue_url)
        self._clock = aws_clock(dead_letters.now)
        self._change = change
        self.scan = scan
        self._options = options
        self._batch: dict[str, _PendingReplay] = {}
        self._counts: dict[str, int] = {}  # how often replayed is what was sent, or is about to be, by copy_key
        self._results: list[tuple[DeadLetter, str]] = []  # what is not in the audit yet
        self.result = ReplayResult()

    def run(self, selection: Selection) -> None:
        """Replays the dead letters that are chosen.

        Raises botocore's errors, and FailedError when the right is lost.
        """
        for dead_letter in self.scan.dead_letters():
            self._change.renew()
            if selection.select(dead_letter, self._reader, self._reader.glance):
                self.add(dead_letter)
        self.flush()
        self.result.is_whole = True

    def add(self, dead_letter: DeadLetter) -> None:
        """Replays a dead letter, with others or once `flush` is called."""
        self.result.chosen += 1
        key = dead_letter.copy_key
        count = self._counts.get(key)
        if count is not None and dead_letter.replays >= count:
            self.result.came_back += 1
        elif count is not None:
            self._add_copy(key, dead_letter)
        elif is_beyond_limit(dead_letter) and not self._options.ignore_replay_limit:
            self.result.kept_back += 1
        else:
            by = ReplayedBy(self._change.who, self._clock(), self._options.redeliver)
            self.add_as(key, replayed(dead_letter, by), dead_letter)

    def add_as(self, key: str, message: QueuedMessage, *dead_letters: DeadLetter) -> None:
        """Sends this message for these dead letters of one event."""
        if not fits([*self._messages(), message], self._options.rate.burst):
            self.flush()
        self._batch[key] = _PendingReplay(message, [dead_letter._replace(body="") for dead_letter in dead_letters])
        self._counts[key] = max(dead_letter.replays for dead_letter in dead_letters) + 1

    def flush(self) -> None:
        """Sends what waits, as fast as may be, and deletes what was sent."""
        if not self._batch:
            return
        self._options.rate.wait(len(self._batch))
        self.scan.hold()
        self._change.renew()
        with self._options.deferred():
            try:
                sent = self._send()
                self._delete([dead_letter for pending in sent for dead_letter in pending.dead_letters])
            finally:
                self._audit()
            self._change.flush()

    def _add_copy(self, key: str, dead_letter: DeadLetter) -> None:
        self.result.copies += 1
        if key in self._batch:
            self._batch[key].dead_letters.append(dead_letter._replace(body=""))
        else:
            with self._options.deferred():
                try:
                    self._delete([dead_letter])
                finally:
                    self._audit()

    def _messages(self) -> list[QueuedMessage]:
        return [pending.message for pending in self._batch.values()]

    def _send(self) -> list[_PendingReplay]:
        """Sends the batch; what of it was sent."""
        batch, messages = list(self._batch.items()), self._messages()
        self._batch = {}
        try:
            failed = self._source.send(messages)
        except (ClientError, BotoCoreError) as error:
            self._failed(batch, code_of(error))
            raise
        for number, reason in failed.items():
            self._failed([batch[number]], reason)
        self.result.sent += len(batch) - len(failed)
        return [pending for number, (_, pending) in enumerate(batch) if number not in failed]

    def _failed(self, batch: Sequence[tuple[str, _PendingReplay]], reason: str) -> None:
        self.result.send_failed += len(batch)
        self.result.reasons[reason] += len(batch)
        for key, pending in batch:
            del self._counts[key]  # a copy of it is tried by itself
            for dead_letter in pending.dead_letters:
                self._results.append((dead_letter, f"not sent: {reason}"))

    def _delete(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Deletes dead letters whose event is on the webhook queue.

        One that stays there is a duplicate the next time.
        """
        for begin in range(0, len(dead_letters), BATCH):  # a call each: with copies these can be more than one takes
            try:
                refused = self._dead_letters.delete(self.scan.handles(dead_letters[begin : begin + BATCH]))
            except (ClientError, BotoCoreError):
                self._deleted(dead_letters[begin:], {dead_letter.message_id for dead_letter in dead_letters[begin:]})
                raise
            self._deleted(dead_letters[begin : begin + BATCH], refused)

    def _deleted(self, dead_letters: Sequence[DeadLetter], refused: set[str]) -> None:
        ids = {dead_letter.message_id for dead_letter in dead_letters}
        self.scan.forget(ids - refused)
        self.result.deleted += len(ids - refused)
        self.result.delete_failed += len(refused)
        for dead_letter in dead_letters:
            self._results.append((dead_letter, "sent, not deleted" if dead_letter.message_id in refused else "done"))

    def _audit(self) -> None:
        """Comes last: an audit that fails must not keep what was sent from being deleted and counted."""
        results, self._results = self._results, []
        redeliver = self._options.redeliver
        for dead_letter, result in results:
            facts = {"message_id": dead_letter.message_id, "replays": dead_letter.replays + 1, "redeliver": redeliver}
            self._change.record(self._options.message, dead_letter.id, result=result, **facts)
