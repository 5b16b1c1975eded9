"""The window that `--since` and `--until` of a reconciliation mean. Asks no clock."""

from datetime import datetime

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import Moment, milliseconds, milliseconds_of, rfc3339_of
from scripts.reconciliation.reconcile import Window


def window_of(since: Moment, until: Moment | None, now: datetime) -> Window:
    """The window, by AWS' clock, which says `now`. Raises ConfigurationError for one that is empty or to come."""
    begin, end = milliseconds_of(since, now), milliseconds_of(until or now, now)
    if begin >= milliseconds(now):
        raise ConfigurationError(f"--since is not in the past: AWS' clock says {rfc3339_of(milliseconds(now))}.")
    if begin >= end:
        raise ConfigurationError("--until is not after --since: there is nothing to reconciliation.")
    return Window(begin, min(end, milliseconds(now)))
