"""The records that are settled together: those that are sent as one batch, and those that are rejected."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from export_transform.export_input import ExportOptions
from export_transform.records import Reject
from export_transform.transform import Transformed


class Segment(NamedTuple):
    """Records of one file in their order. `first` and `last` count all records of the file from 1."""

    first: int
    last: int
    items: tuple[Transformed | Reject, ...]

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """The records that are not sent."""
        return tuple(each for each in self.items if isinstance(each, Reject))

    @property
    def bodies(self) -> dict[int, bytes]:
        """What is sent, by the number of the record in the file."""
        numbered = enumerate(self.items, self.first)
        return {
            number: each.body for number, each in numbered if isinstance(each, Transformed) and each.body is not None
        }


def segments(items: Iterable[Transformed | Reject], consumed: int, options: ExportOptions) -> Iterator[Segment]:
    """Yield the items in segments of at most `batch_records`. One that has `batch_bytes` is full; the last is shorter.

    `consumed` records of the file were settled before. The same records give the same segments.
    """
    kept: list[Transformed | Reject] = []
    size = 0
    for number, each in enumerate(items, consumed + 1):
        kept.append(each)
        size += len(each.body or b"") if isinstance(each, Transformed) else 0
        if len(kept) == options.batch_records or size >= options.batch_bytes:
            yield Segment(number - len(kept) + 1, number, tuple(kept))
            consumed, kept, size = number, [], 0
    if kept:
        yield Segment(consumed + 1, consumed + len(kept), tuple(kept))


class Batch(BaseModel):
    """What is sent at once. `file` and `number` count from 1, `bodies` are by the number of the record in the file.

    The key is the same whenever the batch is sent, and that of no other batch.
    """

    model_config = ConfigDict(frozen=True)

    job_key: str
    execution: str
    number: int
    file: int
    first: int
    last: int
    bodies: dict[int, bytes]

    @cached_property
    def body(self) -> bytes:
        """The bodies, each followed by a line feed."""
        return b"".join(each + b"\n" for each in self.bodies.values())

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def key(self) -> str:
        """The idempotency key: execution, number and digest. It has no dots, which a signed ID must not have."""
        return f"{self.execution.replace('.', '_')}-{self.number}-{self.digest[:32]}"

    @property
    def place(self) -> str:
        """The job, and the range of records, as a part of a name in a bucket."""
        return f"{self.job_key}/{self.file:05}-{self.first:09}-{self.last:09}"
