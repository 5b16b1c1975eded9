"""Check that each queue still has the policy that its stack gave it.

"GetQueueAttributes", Amazon SQS API Reference.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from scripts.aws.errors import is_gone
from scripts.aws.template import PIPELINE, load
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.subject import Subject


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check for all policies."""
    yield Check("queue policies", partial(_policies, subject))


def lost_statements(wanted: "list[dict[str, Any]]", policy: str | None) -> list[str]:
    """Return the names (Sid) of the statements that a queue policy lacks or has changed.

    `policy` is None for a queue that does not exist, which lacks none.
    """
    if policy is None:
        return []
    found = {one.get("Sid"): one for one in json.loads(policy or "{}").get("Statement", [])}
    same = ("Effect", "Condition")
    return [one["Sid"] for one in wanted if any(one.get(name) != found.get(one["Sid"], {}).get(name) for name in same)]


def _policies(subject: Subject) -> Iterator[Finding]:
    count = 0
    for properties in _wanted():
        for reference in properties["Queues"]:
            url = subject.scope.output(_OUTPUTS[reference["Ref"]], "where its queues are")
            lost = lost_statements(properties["PolicyDocument"]["Statement"], _policy(subject, url))
            if lost:
                count += 1
                message = f"the policy of {url.rpartition('/')[2]} lacks {', '.join(lost)}"
                yield Finding("queue policies", Health.unhealthy, message, subject.repair_fix)
    if not count:
        yield Finding("queue policies", Health.ok, "each queue has its policy")


def _policy(subject: Subject, url: str) -> str | None:
    """Return the policy of a queue, empty if it has none; None if the queue does not exist (another check)."""
    try:
        found = subject.scope.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    return found.get("Attributes", {}).get("Policy", "")


_OUTPUTS = {"WebhookQueue": "QueueUrl", "DeadLetterQueue": "DeadLetterQueueUrl"}


def _wanted() -> Iterator[dict[str, Any]]:
    for resource in load(PIPELINE)["Resources"].values():
        if isinstance(resource, dict) and resource["Type"] == "AWS::SQS::QueuePolicy":
            yield resource["Properties"]
