"""A source, a destination and a table in memory, and a kill at any call of them."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError
from export_transform.batch import Batch
from export_transform.check_step import CheckStep
from export_transform.checkpoint import Checkpoint, CheckpointStore
from export_transform.export_input import ExportInput
from export_transform.limits import Limits
from export_transform.records import Reject
from export_transform.run_step import Ports, RunStep
from export_transform.source import FileChangedError, SourceFile
from export_transform.step_result import StepResult
from export_transform.surroundings import Surroundings
from export_transform.transform import Output, Transform
from pymarc import Record

from tests.examples.export_transform.given import STARTED_SECONDS

EXECUTION = "bib-export-1"


class KilledError(BaseException):
    """The process has ended: nothing catches this."""


class World:
    """Everything outside of the function. `contents` are those of files by name, `sent` the batches by their arrival.

    `kill_at` counts the calls from 1: that call has its effect, or with `kill_before` not, and the process ends.
    """

    def __init__(self, files: dict[str, bytes] | None = None, *, is_atomic: bool = True) -> None:
        self.contents = files or {}
        self.ages: dict[str, float] = {}
        self.is_atomic = is_atomic
        self.items: dict[str, dict[str, Any]] = {}
        self.sent: list[Batch] = []
        self.rejects: dict[str, tuple[Reject, ...]] = {}
        self.answers: list[Exception] = []
        self.pauses: list[float] = []
        self.now = STARTED_SECONDS + 3600
        self.seconds_left = 900.0
        self.calls = 0
        self.kill_at = 0
        self.kill_before = False

    # ------------------------------------------------------------------------------------------------------ the ports
    def files(self, prefix: str) -> list[SourceFile]:
        """Return the files."""
        return [self._listed(name) for name in self.contents if name.startswith(prefix)]

    @contextmanager
    def open(self, file: SourceFile) -> Iterator[BinaryIO]:
        """Return the bytes of a file, if it is the listed one."""
        if file.name not in self.contents or self._listed(file.name) != file:
            raise FileChangedError
        yield io.BytesIO(self.contents[file.name])

    def send(self, batch: Batch) -> None:
        """Take a batch, or fail as the next answer says."""
        with self._call():
            if self.answers:
                raise self.answers.pop(0)
            self.sent.append(batch)

    def write(self, place: str, rejects: tuple[Reject, ...]) -> None:
        """Keep rejects."""
        with self._call():
            self.rejects[place] = rejects

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Return the checkpoint as DynamoDB does."""
        item = self.items.get(request["Key"]["Job"]["S"])
        return {"Item": item} if item else {}

    def put_item(self, **request: Any) -> None:
        """Store the checkpoint if its version is the loaded one."""
        with self._call():
            item = request["Item"]
            known = self.items.get(item["Job"]["S"])
            if known and known["Version"] != request["ExpressionAttributeValues"][":loaded"]:
                raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}, "Item": known}, "PutItem")  # type: ignore[typeddict-unknown-key]
            self.items[item["Job"]["S"]] = item

    # ------------------------------------------------------------------------------------------------------ the steps
    def check(self, given: ExportInput, execution: str = EXECUTION) -> StepResult:
        """Run the step in a new process."""
        return CheckStep(self.store(given), self, self._surroundings()).run(given, execution)

    def run(
        self, given: ExportInput, execution: str = EXECUTION, transform: Callable[[Record], Output] | None = None
    ) -> StepResult:
        """Run the step in a new process."""
        functions = Transform(transform or control_numbers, lambda record: {"delete": record["001"].data})
        ports = Ports(self, self, self, self.pauses.append)
        return RunStep(self.store(given), ports, functions, self._surroundings()).run(given, execution)

    def store(self, given: ExportInput) -> CheckpointStore:
        """Return the store of a job's checkpoint."""
        return CheckpointStore(cast("Any", self), "checkpoints", given.job_key, lambda: self.now)

    def checkpoint(self, given: ExportInput) -> Checkpoint:
        """Return the stored checkpoint."""
        return self.store(given).load("none")

    @property
    def records(self) -> list[bytes]:
        """What a receiver has that drops batches with a key that it knows."""
        first = {batch.key: batch for batch in reversed(self.sent)}
        return [
            body for batch in sorted(first.values(), key=lambda each: each.number) for body in batch.bodies.values()
        ]

    @contextmanager
    def _call(self) -> Iterator[None]:
        self.calls += 1
        is_last = self.calls == self.kill_at
        if is_last and self.kill_before:
            raise KilledError
        yield
        if is_last:
            raise KilledError

    def _listed(self, name: str) -> SourceFile:
        content = self.contents[name]
        modified = STARTED_SECONDS + 60 - self.ages.get(name, 0.0)
        return SourceFile(name=name, size=len(content), tag=str(hash(content)), modified=modified)

    def _surroundings(self) -> Surroundings:
        return Surroundings(Limits(), lambda: self.seconds_left, lambda: self.now)


def control_numbers(record: Record) -> Output:
    """Return the control number of a record."""
    return str(record["001"].data)
