"""What the steps need of the place that transformed records are sent to."""

from typing import Protocol

from export_transform.batch import Batch


class Destination(Protocol):
    """Takes batches. A batch can come twice, with the same key and the same bytes."""

    def send(self, batch: Batch) -> None:
        """Return if the batch was accepted. Raise Permanent, and Transient (Throttled, Unconfirmed)."""
