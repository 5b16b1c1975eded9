"""Define a check: its subject, which is a stack as CloudFormation knows it with its routes, and its findings."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws import mark, stack
from scripts.aws.clients import moment_of
from scripts.aws.context import StackContext
from scripts.aws.errors import why_unanswered
from scripts.aws.notifications_stack import notifications_of
from scripts.aws.stack import Stack
from scripts.cli.advice import NO_FIX, Advice, Fix
from scripts.cli.exit_codes import ConfigurationError, FailedError

_AT_ONCE: Final = 8

# A first deployment that failed or never started leaves a stack without resources.
_NEVER_DEPLOYED: Final = ("ROLLBACK_", "CREATE_FAILED", "REVIEW_", "DELETE_")


class Subject(NamedTuple):
    """A stack with its routes, and the time by the local clock and by AWS at the same moment.

    `routes` is the routes file to check, or None for the deployed one. `notifications` is the stack of the
    notifications, or None without one; `parts` are the stacks of the further parts by name.
    """

    scope: StackContext
    pipeline: Stack
    routes: Path | None
    local_time: datetime
    aws_time: datetime
    notifications: Stack | None = None
    parts: Mapping[str, Stack] = {}

    def sibling(self, name: str) -> Stack | None:
        """Return the stack `<pipeline>-<name>`, or None if it is not deployed.

        Raise RejectedError if it is not a stack of alma-webhooks, and botocore's errors.
        """
        described = stack.describe(self.scope.aws, f"{self.pipeline.name}-{name}")
        if described is None or described["StackStatus"].startswith(_NEVER_DEPLOYED):
            return None
        mark.check(described, name)
        return Stack.of(described)

    @property
    def deploy_fix(self) -> Fix:
        """The fix for resources that the templates have but that were never deployed."""
        return Advice.deploy.text(options=self.scope.options)

    @property
    def repair_fix(self) -> Fix:
        """The fix for resources deleted or disabled by hand."""
        return Advice.doctor_fix.text(options=self.scope.options)


def open_subject(scope: StackContext, routes: Path | None) -> Subject:
    """Describe the stack, and that of its notifications. Raise botocore's errors."""
    answer = scope.aws.cloudformation.describe_stacks(StackName=scope.stack.name)
    subject = Subject(scope, Stack.of(answer["Stacks"][0]), routes, datetime.now(UTC), moment_of(answer))
    return subject._replace(notifications=notifications_of(scope))


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


def findings_of_all(checks: Iterable[Check], subject: Subject) -> list[Finding]:
    """Run checks at the same time. Return their findings in the order of the checks."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(chain.from_iterable(pool.map(partial(findings_of, subject=subject), checks)))
