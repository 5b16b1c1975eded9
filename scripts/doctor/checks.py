"""Examine a deployed stack: list the checks of `doctor`, and run them. Prints nothing.

To add a check, write a function that takes a Subject and yields findings, into the module of its topic, and add it to
`checks_of`. Each next step that it suggests is a member of `scripts/cli/advice.py`.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from scripts.aws.context import StackContext
from scripts.cli.advice import Advice
from scripts.doctor import alarms, live_members, notifications, parts, profiles, queues, requests, routes
from scripts.doctor.check import Check, Finding, Health, Subject, findings_of_all, ok, open_subject, unhealthy


class Examination(NamedTuple):
    """The findings of all checks of a stack, in the order of the checks."""

    stack: str
    region: str
    findings: Sequence[Finding]

    @property
    def is_healthy(self) -> bool:
        """Whether no check is unhealthy or unknown."""
        return all(finding.state in {Health.ok, Health.warning} for finding in self.findings)


def examine(scope: StackContext, routes: Path | None = None) -> Examination:
    """Run all checks. `routes` is the routes file to check instead of the deployed one. Raise botocore's errors."""
    subject = open_subject(scope, routes)
    subject = subject._replace(parts=parts.deployed_parts(subject))
    return Examination(subject.pipeline.name, scope.aws.ssm.meta.region_name, run_checks(subject))


def checks_of(subject: Subject) -> list[Check]:
    """Return every check, in the order of the report."""
    served = subject.scope.profiles
    return [
        Check("stack", partial(notifications.deployment, stack=subject.pipeline, previous="may still be running")),
        Check("clock", clock),
        *(Check("secret", partial(profiles.secret, profile=profile)) for profile in served),
        Check("retired", profiles.retired),
        *(Check("listener", partial(profiles.listener, profile=profile)) for profile in served),
        Check("mapping", queues.mapping),
        Check("queue", queues.webhook_queue),
        Check("drain", queues.drain),
        Check("dead letters", queues.dead_letters),
        Check("queue policies", queues.policies),
        Check("requests", requests.failed_requests),
        Check("routes", routes.validity),
        Check("permissions", routes.permitted),
        Check("targets", routes.targets),
        Check("alarm topic", alarms.topic),
        Check("alarms", alarms.alarms),
        Check("last event", requests.last_events),
        Check("members", live_members.unknown_members),
        *notifications.checks_of(subject),
        *parts.checks_of(subject),
    ]


def run_checks(subject: Subject) -> list[Finding]:
    """Return the findings of every check. A check that is denied access or gets no answer reports `unknown`."""
    subject.scope.aws.create_clients()  # before the threads start
    return findings_of_all(checks_of(subject), subject)


_MAX_CLOCK_SKEW: Final = timedelta(seconds=60)


def clock(subject: Subject) -> Iterator[Finding]:
    """Compare the local clock with that of AWS."""
    skew = subject.local_time - subject.aws_time  # the date of AWS is in whole seconds
    if abs(skew) <= _MAX_CLOCK_SKEW:
        yield ok("local clock is within a minute of AWS")
        return
    seconds, way = round(abs(skew).total_seconds()), "ahead of" if skew > timedelta(0) else "behind"
    message = f"local clock is {seconds} s {way} AWS: times in reports are wrong, and AWS rejects more than 5 minutes"
    yield unhealthy(message, Advice.set_clock.text())
