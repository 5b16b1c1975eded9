"""Run all checks of a stack in parallel and collect their findings in order."""

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
    """Return the findings of every check. A check that is denied access or gets no answer reports `unknown`."""
    for client in _CLIENTS:  # created before the threads start, because boto3 sessions are not thread-safe
        getattr(subject.scope.aws, client)
    checks = [check for group in _GROUPS for check in group.checks(subject)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [finding for findings in pool.map(findings_of, checks) for finding in findings]
