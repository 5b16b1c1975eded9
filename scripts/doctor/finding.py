"""What a check finds: a state, a sentence, a fix; and what becomes of a check that may not look. Asks nothing."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.errors import why_unanswered
from scripts.cli.advice import NO_FIX, Advice, Fix
from scripts.cli.exit_codes import ConfigurationError, FailedError


class State(StrEnum):
    """How what was looked at stands."""

    ok = "ok"
    warning = "warning"  # nothing is lost now, and something should be done
    bad = "bad"
    unknown = "unknown"  # it could not be looked at


class Finding(NamedTuple):
    """One thing that a check found. `fix` is what to do next, also where nothing is wrong; empty when nothing is."""

    check: str
    state: State
    told: str
    fix: Fix = NO_FIX


class Check(NamedTuple):
    """One thing to look at. `look` yields findings; it may raise botocore's errors, ConfigurationError, FailedError."""

    name: str
    look: Callable[[], Iterable[Finding]]


def findings_of(check: Check) -> list[Finding]:
    """What the check found before it ended, and how it ended, if by an error: no check ends the others."""
    found: list[Finding] = []
    try:
        for finding in check.look():
            found.append(finding)  # noqa: PERF402 -- what was found before an error counts
    except (ClientError, BotoCoreError) as error:
        found.append(Finding(check.name, State.unknown, *why_unanswered(error)))
    except ConfigurationError as error:
        found.append(Finding(check.name, State.bad, str(error)))
    except FailedError as error:
        found.append(Finding(check.name, State.unknown, str(error), Advice.again.text()))
    return found
