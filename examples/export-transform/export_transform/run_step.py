"""The step `run`: transform the records of the checked files and send them on, from where the checkpoint is."""

import functools
import itertools
from collections.abc import Callable
from typing import Final, NamedTuple

from export_transform.artifact import CheckedStream
from export_transform.attempts import asked_seconds, attempt
from export_transform.batch import Batch, Segment, segments
from export_transform.causes import ArtifactError
from export_transform.checkpoint import CheckedFile, Checkpoint, CheckpointStore
from export_transform.destination import Destination, RejectsWriter
from export_transform.export_input import ExportInput
from export_transform.record_cutter import cut_file
from export_transform.source import FileChangedError, Source
from export_transform.step_result import StepResult
from export_transform.surroundings import Surroundings
from export_transform.totals import Totals
from export_transform.transform import Transform, transformed
from processor.errors import Failure, Permanent, Transient

RESERVED_SECONDS: Final = 60.0
"""With less time left, no batch is begun: one is written, sent and recorded in less."""

MAX_FAILURES: Final = 24
"""Invocations in a row without an accepted batch. Their waits take about five hours together."""

_FIRST_WAIT_SECONDS: Final = 15
_LONGEST_WAIT_SECONDS: Final = 900


class Ports(NamedTuple):
    """What the step reads from and writes to, and how it waits (seconds)."""

    source: Source
    destination: Destination
    rejects: RejectsWriter
    sleep: Callable[[float], None]


class _StoppedError(Exception):
    """The step ends with a cause that a person has to remove."""

    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason


class RunStep:
    """Works until all files are done or the invocation ends. Each batch is recorded before and after it is sent."""

    def __init__(self, store: CheckpointStore, ports: Ports, transform: Transform, surroundings: Surroundings) -> None:
        self._store = store
        self._ports = ports
        self._transform = transform
        self._surroundings = surroundings
        self._checkpoint = Checkpoint(execution="")

    def run(self, given: ExportInput, execution: str) -> StepResult:
        """Return `more` (with seconds to wait), `done`, or `failed`. Raise Transient of the checkpoint."""
        self._checkpoint = before = self._store.load(execution)
        try:
            if self._is_finished(given):
                return self._result("done")
            if self._checkpoint != before:
                return self._result("more")
            return self._later(Transient("transient", "No batch was ready before the invocation ended."))
        except Transient as failure:
            return self._later(failure)
        except Permanent as failure:
            return self._failed(f"{_place(failure)}-refused", failure.reason)
        except _StoppedError as error:
            return self._failed(error.cause, error.reason)
        except (ArtifactError, FileChangedError) as error:
            return self._changed(str(error) or "A file was replaced after it was checked.")

    def _is_finished(self, given: ExportInput) -> bool:
        files = self._checkpoint.files
        if files is None:
            raise _StoppedError("not-checked", "The files of this job were not checked. Start with the step check.")
        while self._checkpoint.file < len(files):
            if not self._is_file_finished(files[self._checkpoint.file], given):
                return False
            self._save(file=self._checkpoint.file + 1, consumed=0)
        if not self._checkpoint.is_done:
            self._save(is_done=True)
        return True

    def _is_file_finished(self, file: CheckedFile, given: ExportInput) -> bool:
        with self._ports.source.open(file.source) as stream:
            cuts = cut_file(CheckedStream(stream, file.facts), file.source.name, self._surroundings.limits)
            rest = itertools.islice(cuts, self._checkpoint.consumed, None)
            for each in segments(transformed(rest, self._transform), self._checkpoint.consumed, given.export):
                if self._surroundings.remaining() < RESERVED_SECONDS:
                    return False
                self._settle(each, given)
        return True

    def _settle(self, segment: Segment, given: ExportInput) -> None:
        """Write the rejects, send the batch, and record both. Everything but the last can happen twice."""
        checkpoint = self._checkpoint
        batch = Batch(
            job_key=given.job_key,
            execution=checkpoint.execution,
            number=checkpoint.batches + 1,
            file=checkpoint.file + 1,
            first=segment.first,
            last=segment.last,
            bodies=segment.bodies,
        )
        if segment.rejects:
            self._attempt(lambda: self._ports.rejects.write(batch.place, segment.rejects))
        is_doubtful = False
        if batch.bodies:
            self._announce(batch)
            is_doubtful = self._attempt(lambda: self._ports.destination.send(batch))
        self._save(
            consumed=segment.last,
            batches=checkpoint.batches + bool(batch.bodies),
            totals=functools.reduce(Totals.plus, segment.items, checkpoint.totals),
            possibly_twice=self._checkpoint.possibly_twice + is_doubtful,
            in_flight=None,
            failures=0,
        )

    def _announce(self, batch: Batch) -> None:
        """Record the batch before it is sent. Raise _StoppedError if it was begun with other bytes."""
        begun = self._checkpoint.in_flight
        if begun is None:
            self._save(in_flight=batch.digest)
        elif begun == batch.digest:
            self._save(possibly_twice=self._checkpoint.possibly_twice + 1)
        else:
            raise _StoppedError(
                "batch-changed",
                f"Batch {batch.number} was begun with other bytes, and its receiver may have it. Restore the transform "
                "and the route, or delete the checkpoint to send all records again.",
            )

    def _attempt(self, call: Callable[[], None]) -> bool:
        """Call the destination. Return whether an answer was lost. Raise Permanent, Transient with this target."""
        remaining = self._surroundings.remaining
        try:
            return attempt(call, lambda pause: remaining() - pause >= RESERVED_SECONDS, self._ports.sleep)
        except Failure as failure:
            raise failure.at("", "destination") from None

    def _later(self, failure: Transient) -> StepResult:
        """Return when to come back, or that there was no progress too often."""
        failures = self._checkpoint.failures + 1
        cause = f"{_place(failure)}-unreachable"
        if failures > MAX_FAILURES:
            return self._failed(cause, failure.reason)
        self._save(failures=failures)
        seconds = min(_FIRST_WAIT_SECONDS << min(failures - 1, 10), _LONGEST_WAIT_SECONDS)
        wait = max(seconds, round(asked_seconds(failure, 0)))
        return self._result("more", seconds=wait, cause=cause, reason=failure.reason)

    def _changed(self, reason: str) -> StepResult:
        """Check again in a new execution, if nothing was sent yet: the files are not those that were checked."""
        if self._checkpoint.batches or self._checkpoint.in_flight:
            reason += " Batches were sent already: delete the checkpoint to send all records again."
        else:
            self._checkpoint = Checkpoint(execution=self._checkpoint.execution)
            self._save()
        return self._failed("artifact-incomplete", reason)

    def _failed(self, cause: str, reason: str) -> StepResult:
        if self._checkpoint.failures:
            self._save(failures=0)
        return self._result("failed", cause=cause, reason=reason)

    def _result(self, status: str, *, seconds: int = 0, cause: str = "", reason: str = "") -> StepResult:
        made = self._checkpoint
        return StepResult(
            status,
            seconds=seconds,
            cause=cause,
            reason=reason,
            files=len(made.files or ()),
            records=made.totals.read,
            batches=made.batches,
            possibly_twice=made.possibly_twice,
            totals=made.totals,
        )

    def _save(self, **values: object) -> None:
        changed = self._checkpoint.changed(**values)
        self._store.save(changed)
        self._checkpoint = changed


def _place(failure: Failure) -> str:
    """Return where the failure was: source, destination or checkpoint."""
    return failure.target or "source"
