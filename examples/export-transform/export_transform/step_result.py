"""What a step returns to the state machine, which chooses by `status`."""

from typing import Any, NamedTuple

from export_transform.totals import Totals


class StepResult(NamedTuple):
    """The outcome of a step.

    `check` returns found, wait, missing, incomplete, truncated, refused or failed; `run` returns more, done or failed.
    `seconds` are those to wait before the step is repeated. `cause` is for programs, `reason` one sentence for people
    without content of records.
    """

    status: str
    seconds: int = 0
    cause: str = ""
    reason: str = ""
    files: int = 0
    records: int = 0
    batches: int = 0
    possibly_twice: int = 0
    totals: Totals = Totals()

    def as_data(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        return {**self._asdict(), "totals": self.totals._asdict()}
