"""Define checks and their findings: a health state, a message and a fix."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.errors import why_unanswered
from scripts.cli.advice import NO_FIX, Advice, Fix
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.doctor.subject import Subject


class Health(StrEnum):
    """The result of a check."""

    ok = "ok"
    warning = "warning"  # no event is lost now, but the operator should act
    unhealthy = "unhealthy"
    unknown = "unknown"  # the check could not run


class Finding(NamedTuple):
    """One result of a check. `fix` is the next step, also for a healthy one; empty if there is none."""

    check: str
    state: Health
    message: str
    fix: Fix = NO_FIX


class Check(NamedTuple):
    """One check. `run` yields findings, whose name is filled in later.

    It may raise botocore's errors, ConfigurationError or FailedError.
    """

    name: str
    run: Callable[[Subject], Iterable[Finding]]


def ok(message: str, fix: Fix = NO_FIX) -> Finding:
    """Return a finding that is healthy."""
    return Finding("", Health.ok, message, fix)


def warning(message: str, fix: Fix) -> Finding:
    """Return a finding by which no event is lost now."""
    return Finding("", Health.warning, message, fix)


def unhealthy(message: str, fix: Fix = NO_FIX) -> Finding:
    """Return a finding that the operator has to fix."""
    return Finding("", Health.unhealthy, message, fix)


def unknown(message: str, fix: Fix = NO_FIX) -> Finding:
    """Return a finding of a check that could not run."""
    return Finding("", Health.unknown, message, fix)


def findings_of(check: Check, subject: Subject) -> list[Finding]:
    """Run a check. Return its findings, and one more for an error, so that the other checks go on."""
    found: list[Finding] = []
    try:
        for finding in check.run(subject):
            found.append(finding)  # noqa: PERF402 -- findings before an error are kept
    except (ClientError, BotoCoreError) as error:
        found.append(unknown(*why_unanswered(error)))
    except ConfigurationError as error:
        found.append(unhealthy(str(error)))
    except FailedError as error:
        found.append(unknown(str(error), Advice.again.text()))
    return [finding._replace(check=check.name) for finding in found]
