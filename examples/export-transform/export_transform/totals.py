"""Count what happened to the records, so that no record is lost without a trace."""

from typing import NamedTuple

from export_transform.records import Reject
from export_transform.transform import Transformed


class Totals(NamedTuple):
    """How many records were read, and what happened to them: read = written + rejected + deleted + skipped.

    `deleted` records are sent on too, as deletions. `skipped` are those for which the transform returned None.
    """

    read: int = 0
    written: int = 0
    rejected: int = 0
    deleted: int = 0
    skipped: int = 0

    def plus(self, outcome: Transformed | Reject) -> "Totals":
        """Return the totals with one more record."""
        name = _counted_as(outcome)
        return self._replace(read=self.read + 1, **{name: getattr(self, name) + 1})

    def reconcile(self) -> bool:
        """Whether each record that was read is counted once more, by what happened to it."""
        return self.read == self.written + self.rejected + self.deleted + self.skipped


def _counted_as(outcome: Transformed | Reject) -> str:
    if isinstance(outcome, Reject):
        return "rejected"
    if outcome.body is None:
        return "skipped"
    return "deleted" if outcome.status == "deleted" else "written"
