"""The step `check`: are the files of the job there and complete? Nothing is sent before they are."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from export_transform.artifact import ExportFile, FileFacts, check
from export_transform.byte_source import Readable
from export_transform.causes import ArtifactError, Cause, refused
from export_transform.checkpoint import CheckedFile, Checkpoint, CheckpointStore
from export_transform.export_input import ExportInput
from export_transform.source import FileChangedError, Selection, Source, SourceFile, files_of_job
from export_transform.step_result import StepResult
from export_transform.surroundings import Surroundings
from processor.errors import Permanent, Transient

FIRST_WAIT_SECONDS: Final = 5
LONGEST_WAIT_SECONDS: Final = 900
_RESERVED_SECONDS: Final = 10.0  # of an invocation, for what follows the reading

_STATUSES: Final = {
    "artifact-missing": "missing",
    "artifact-incomplete": "incomplete",
    "artifact-truncated": "truncated",
    "artifact-refused": "refused",
}


class CheckStep:
    """Looks once. The state machine waits between two looks, up to the limit of the export."""

    def __init__(self, store: CheckpointStore, source: Source, surroundings: Surroundings) -> None:
        self._store = store
        self._source = source
        self._surroundings = surroundings

    def run(self, given: ExportInput, execution: str) -> StepResult:
        """Return `found`, `wait` (with seconds), or why the files cannot be used. Raise Transient, Permanent."""
        checkpoint = self._store.load(execution)
        if checkpoint.files is not None:
            return _found(checkpoint.files)
        selection = Selection((), 0, 0)
        try:
            selection = files_of_job(self._source.files(given.export.prefix), given)
            files = self._checked(selection, checkpoint, given)
        except ArtifactError as error:
            return self._wait(checkpoint, selection, given, error.cause, str(error))
        except FileChangedError:
            reason = "A file was replaced while it was read."
            return self._wait(checkpoint, selection, given, "artifact-incomplete", reason)
        except Transient as failure:
            return self._wait(checkpoint, selection, given, "source-unreachable", failure.reason)
        except Permanent as failure:
            return self._ended(checkpoint, "source-refused", failure.reason)
        self._store.save(checkpoint.changed(files=files, waiting_since=None, waits=0, seen=()))
        return _found(files)

    def _checked(self, selection: Selection, checkpoint: Checkpoint, given: ExportInput) -> tuple[CheckedFile, ...]:
        """Return the files after reading them. Raise ArtifactError, FileChangedError, Transient, Permanent."""
        files, options = selection.files, given.export
        counted = given.job.counted(options.counters)
        if options.expect == "counter" and counted is None:
            raise refused("The job has none of the counters of records. Correct counters or expect in the route.")
        if options.links and not selection.links and counted != 0:
            raise refused("The job has none of the counters that link its files. Correct links in the route.")
        if selection.missing and counted != 0:
            cause: Cause = "artifact-incomplete" if files else "artifact-missing"
            raise ArtifactError(cause, f"{selection.missing} of the links of the job have no file yet.")
        if files and not self._source.is_atomic and files != checkpoint.seen:
            raise ArtifactError("artifact-incomplete", "The sizes of the files were not the same at two looks.")
        artifact = check(map(self._export_file, files), given.export.expect, counted, self._surroundings.limits)
        return _paired(files, artifact.files)

    def _export_file(self, file: SourceFile) -> ExportFile:
        return ExportFile(file.name, lambda: self._opened(file))

    def _opened(self, file: SourceFile) -> AbstractContextManager[Readable]:
        return _in_time(self._source.open(file), self._surroundings.remaining)

    def _wait(
        self, checkpoint: Checkpoint, selection: Selection, given: ExportInput, cause: str, reason: str
    ) -> StepResult:
        now = self._surroundings.wall()
        since = now if checkpoint.waiting_since is None else checkpoint.waiting_since
        left = since + given.export.wait_minutes * 60 - now
        if cause == "artifact-refused" or left <= 0:
            return self._ended(checkpoint, cause, reason)
        seconds = min(FIRST_WAIT_SECONDS << min(checkpoint.waits, 10), LONGEST_WAIT_SECONDS, max(1, int(left)))
        self._store.save(checkpoint.changed(waiting_since=since, waits=checkpoint.waits + 1, seen=selection.files))
        return StepResult("wait", seconds=seconds, cause=cause, reason=reason)

    def _ended(self, checkpoint: Checkpoint, cause: str, reason: str) -> StepResult:
        """Forget the waiting, so that a new execution of the job waits again."""
        if checkpoint.waits:
            self._store.save(checkpoint.changed(waiting_since=None, waits=0, seen=()))
        return StepResult(_STATUSES.get(cause, "failed"), cause=cause, reason=reason)


class _TimedStream:
    """A stream that is refused when the time of the invocation ends: the file is too large for one check."""

    def __init__(self, stream: Readable, remaining: Callable[[], float]) -> None:
        self._stream = stream
        self._remaining = remaining

    def read(self, size: int, /) -> bytes:
        """Return the next bytes. Raise ArtifactError."""
        if self._remaining() < _RESERVED_SECONDS:
            raise refused("The files cannot be read within one invocation. Export less at a time.")
        return self._stream.read(size)


@contextmanager
def _in_time(opened: AbstractContextManager[Readable], remaining: Callable[[], float]) -> Iterator[Readable]:
    with opened as stream:
        yield _TimedStream(stream, remaining)


def _paired(files: Sequence[SourceFile], facts: Sequence[FileFacts]) -> tuple[CheckedFile, ...]:
    return tuple(CheckedFile(source=file, facts=each) for file, each in zip(files, facts, strict=True))


def _found(files: Sequence[CheckedFile]) -> StepResult:
    return StepResult("found", files=len(files), records=sum(each.facts.records for each in files))
