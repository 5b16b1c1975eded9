"""The whole examination: all checks of a subject at once, their findings in order. Prints nothing."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from scripts.doctor import (
    alarms,
    last_events,
    listener,
    mapping,
    profile_secrets,
    queue_policies,
    queues,
    requests,
    retired,
    routes,
    stack_checks,
    targets,
)
from scripts.doctor.finding import Finding, findings_of
from scripts.doctor.subject import Subject

_GROUPS: Final = (
    stack_checks,
    profile_secrets,
    retired,
    listener,
    mapping,
    queues,
    queue_policies,
    requests,
    routes,
    targets,
    alarms,
    last_events,
)
_AT_ONCE: Final = 8
_CLIENTS: Final = (
    *("cloudformation", "cloudwatch", "events", "functions", "logs", "s3"),
    *("sns", "sqs", "ssm", "states"),
)


def examine(subject: Subject) -> list[Finding]:
    """Every check's findings: one that may not look or gets no answer finds `unknown`, and the others go on."""
    for client in _CLIENTS:  # before the threads: boto3's sessions make no two clients at once
        getattr(subject.scope.aws, client)
    looks = [check for group in _GROUPS for check in group.checks(subject)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [finding for findings in pool.map(findings_of, looks) for finding in findings]
