"""What the step `run` needs of the places that transformed and rejected records are sent to."""

from typing import Protocol

from export_transform.batch import Batch
from export_transform.records import Reject


class Destination(Protocol):
    """Takes batches. A batch can come twice, with the same key and the same bytes."""

    def send(self, batch: Batch) -> None:
        """Return if the batch was accepted. Raise Permanent, and Transient (Throttled, Unconfirmed)."""


class RejectsWriter(Protocol):
    """Takes the rejected records of a segment."""

    def write(self, place: str, rejects: tuple[Reject, ...]) -> None:
        """Write them; repeated ones replace the first. Raise Transient, Permanent."""
