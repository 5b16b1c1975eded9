"""Compute the time window of a reconciliation from `--since` and `--until`."""

from datetime import datetime

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment, milliseconds, milliseconds_of, rfc3339_of
from scripts.reconciliation.reconcile import TimeWindow


def window_of(since: Moment, until: Moment | None, now: datetime) -> TimeWindow:
    """Return the window; `now` is the time by the clock of AWS.

    Raise ConfigurationError if the window is empty or in the future.
    """
    begin, end = milliseconds_of(since, now), milliseconds_of(until or now, now)
    if begin >= milliseconds(now):
        raise ConfigurationError(
            f"--since is not in the past: the time is {rfc3339_of(milliseconds(now))}, by the clock of AWS."
        )
    if begin >= end:
        raise ConfigurationError("--until is not after --since, so there is nothing to reconcile.")
    return TimeWindow(begin, min(end, milliseconds(now)))
