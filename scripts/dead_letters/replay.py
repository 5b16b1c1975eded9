"""Replay dead letters: send each to the queue that it came from, then delete it from the dead-letter queue.

After a crash between the two, the dead letter stays although its event was sent; the event is still delivered once.
"""

from collections.abc import Sequence
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from ingest.envelope import QueuedMessage
from scripts.aws.clock import aws_clock
from scripts.aws.exclusive import ChangeSession
from scripts.dead_letters.adaptive_rate import AdaptiveRate
from scripts.dead_letters.change_session import source_queue_url
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.filters import Selection
from scripts.dead_letters.queues import BATCH, SourceQueue, fits
from scripts.dead_letters.replay_message import ReplayedBy, is_beyond_limit, replayed
from scripts.dead_letters.replay_options import ReplayOptions, ReplayResult
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import DeadLetterStore


class _PendingReplay(NamedTuple):
    message: QueuedMessage
    dead_letters: list[DeadLetter]  # without their bodies, because an event may have a thousand copies


class Replay:
    """One replay in a `change` session. It fills the `result`, which is valid also after an interruption."""

    def __init__(
        self,
        dead_letters: DeadLetterStore,
        change: ChangeSession,
        scan: Scan,
        options: ReplayOptions,
        result: ReplayResult | None = None,
    ) -> None:
        self._dead_letters = dead_letters.queue
        self._reader = dead_letters.reader
        self._source = SourceQueue(dead_letters.scope.aws.sqs, source_queue_url(dead_letters))
        self._clock = aws_clock(dead_letters.now)
        self._change = change
        self.scan = scan
        self._options = options
        self._rate = options.rate or AdaptiveRate(
            self._source.waiting, options.report, queue=dead_letters.queue_name.queue
        )
        self._batch: dict[str, _PendingReplay] = {}
        self._counts: dict[str, int] = {}  # replay count of each sent or pending message, by copy_key
        self._results: list[tuple[DeadLetter, str]] = []  # not in the audit yet
        self.result = result or ReplayResult()
        self.result.has_begun = True

    def run(self, selection: Selection) -> None:
        """Replay the selected dead letters.

        Raise botocore's errors, and FailedError if the lock is lost or the audit cannot be written.
        """
        for read in selection.scan(self.scan, self._reader, self._reader.glance):
            self.add(read.dead_letter)
        self.flush()
        self.result.is_whole = True

    def add(self, dead_letter: DeadLetter) -> None:
        """Replay a dead letter, in a batch with others or at the next `flush`."""
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
        """Send this message in place of these dead letters of one event."""
        if not fits([*self._messages(), message], self._rate.burst):
            self.flush()
        self._batch[key] = _PendingReplay(message, [dead_letter._replace(body="") for dead_letter in dead_letters])
        self._counts[key] = max(dead_letter.replays for dead_letter in dead_letters) + 1

    def flush(self) -> None:
        """Send the pending messages at the permitted rate, and delete their dead letters."""
        if not self._batch:
            return
        self._rate.wait(len(self._batch))
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
        """Send the batch, and return the part that was sent."""
        batch, messages = list(self._batch.items()), self._messages()
        self._batch = {}
        try:
            failed = self._source.send(messages)
        except (ClientError, BotoCoreError) as error:
            from processor.retries import code_of  # only now, because it imports much of the AWS SDK

            self._failed(batch, code_of(error))
            raise
        for number, reason in failed.items():
            self._failed([batch[number]], reason)
        self.result.sent += len(batch) - len(failed)
        sent = [pending for number, (_, pending) in enumerate(batch) if number not in failed]
        for pending in sent:
            self._options.on_sent(pending.dead_letters[0]._replace(body=pending.message.body))
        return sent

    def _failed(self, batch: Sequence[tuple[str, _PendingReplay]], reason: str) -> None:
        self.result.send_failed += len(batch)
        self.result.reasons[reason] += len(batch)
        for key, pending in batch:
            del self._counts[key]  # so that a copy of it is tried on its own
            for dead_letter in pending.dead_letters:
                self._results.append((dead_letter, f"not sent: {reason}"))

    def _delete(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Delete dead letters whose event was sent.

        One that cannot be deleted is a duplicate in the next replay.
        """
        for begin in range(0, len(dead_letters), BATCH):  # with copies there can be more than one call accepts
            try:
                failed = self._dead_letters.delete(self.scan.handles(dead_letters[begin : begin + BATCH]))
            except (ClientError, BotoCoreError):
                self._deleted(dead_letters[begin:], {dead_letter.message_id for dead_letter in dead_letters[begin:]})
                raise
            self._deleted(dead_letters[begin : begin + BATCH], failed)

    def _deleted(self, dead_letters: Sequence[DeadLetter], failed: set[str]) -> None:
        ids = {dead_letter.message_id for dead_letter in dead_letters}
        self.scan.forget(ids - failed)
        self.result.deleted += len(ids - failed)
        self.result.delete_failed += len(failed)
        for dead_letter in dead_letters:
            self._results.append((dead_letter, "sent, not deleted" if dead_letter.message_id in failed else "done"))

    def _audit(self) -> None:
        """Write the audit lines, last because a failure must not prevent the deletion and count of sent messages."""
        results, self._results = self._results, []
        redeliver = self._options.redeliver
        for dead_letter, result in results:
            facts = {"message_id": dead_letter.message_id, "replays": dead_letter.replays + 1, "redeliver": redeliver}
            self._change.record(self._options.message, receipt_id=dead_letter.id, result=result, **facts)
