"""Count what happened to the records, so that no record is lost without a trace."""

from typing import NamedTuple


class Totals(NamedTuple):
    """How many records were read, and what happened to them.

    `deleted` records are sent on too, as deletions. `skipped` are those for which the transform returned None.
    """

    read: int = 0
    written: int = 0
    rejected: int = 0
    deleted: int = 0
    skipped: int = 0

    @property
    def reconcile(self) -> bool:
        """Whether read = written + rejected + deleted + skipped."""
        return self.read == self.written + self.rejected + self.deleted + self.skipped

    def plus(self, other: "Totals") -> "Totals":
        """Return the sum of both."""
        return Totals(*(mine + its for mine, its in zip(self, other, strict=True)))
