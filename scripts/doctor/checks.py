"""List the checks of `doctor`, and run them.

To add a check, write a function that takes a Subject and yields findings, into the module of its topic, and add it to
`checks_of`. Each next step that it suggests is a member of `scripts/cli/advice.py`.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from scripts.doctor import alarms, profiles, queues, requests, routes, stack_checks
from scripts.doctor.finding import Check, Finding, findings_of
from scripts.doctor.subject import Subject

_AT_ONCE: Final = 8
_CLIENTS: Final = (
    *("cloudformation", "cloudwatch", "events", "functions", "logs", "s3"),
    *("sns", "sqs", "ssm", "states"),
)


def checks_of(subject: Subject) -> list[Check]:
    """Return every check, in the order of the report."""
    served = subject.scope.profiles
    return [
        Check("stack", stack_checks.deployment),
        Check("clock", stack_checks.clock),
        *(Check("secret", partial(profiles.secret, profile=profile)) for profile in served),
        Check("retired", profiles.retired),
        *(Check("listener", partial(profiles.listener, profile=profile)) for profile in served),
        Check("mapping", queues.mapping),
        Check("queue", queues.webhook_queue),
        Check("dead letters", queues.dead_letters),
        Check("queue policies", queues.policies),
        Check("requests", requests.failed_requests),
        Check("routes", routes.validity),
        Check("permissions", routes.permitted),
        Check("targets", routes.targets),
        Check("alarm topic", alarms.topic),
        Check("alarms", alarms.alarms),
        Check("last event", requests.last_events),
    ]


def examine(subject: Subject) -> list[Finding]:
    """Return the findings of every check. A check that is denied access or gets no answer reports `unknown`."""
    for client in _CLIENTS:  # created before the threads start, because boto3 sessions are not thread-safe
        getattr(subject.scope.aws, client)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(partial(findings_of, subject=subject), checks_of(subject))
        return [finding for findings in found for finding in findings]
