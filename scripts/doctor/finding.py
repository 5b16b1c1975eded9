"""Define checks and their findings: a health state, a message and a fix."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.errors import why_unanswered
from scripts.cli.advice import NO_FIX, Advice, Fix
from scripts.cli.exit_codes import ConfigurationError, FailedError


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
    """One check. `run` yields findings; it may raise botocore's errors, ConfigurationError or FailedError."""

    name: str
    run: Callable[[], Iterable[Finding]]


def findings_of(check: Check) -> list[Finding]:
    """Run a check. Return its findings, and one more for an error, so that the other checks go on."""
    found: list[Finding] = []
    try:
        for finding in check.run():
            found.append(finding)  # noqa: PERF402 -- findings before an error are kept
    except (ClientError, BotoCoreError) as error:
        found.append(Finding(check.name, Health.unknown, *why_unanswered(error)))
    except ConfigurationError as error:
        found.append(Finding(check.name, Health.unhealthy, str(error)))
    except FailedError as error:
        found.append(Finding(check.name, Health.unknown, str(error), Advice.again.text()))
    return found
