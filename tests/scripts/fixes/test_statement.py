"""The statement of a missing right."""

import pytest

from scripts.aws.context import StackContext
from scripts.dead_letters.dead_letter import Cause
from scripts.fixes.statement import missing_right
from tests.scripts.aws.targets import with_targets
from tests.scripts.fixes.dead import DENIED

QUEUE = "arn:aws:sqs:us-east-1:123456789012:theirs"


@pytest.fixture
def site(scope: StackContext) -> StackContext:
    """A stack with a topic, and a processor that the caller may not look at."""
    made = with_targets(scope, ["loan-created"])
    outputs = made.stack.outputs | {"ProcessorFunctionName": "the-processor"}
    return made._replace(stack=made.stack._replace(outputs=outputs))


@pytest.mark.parametrize(
    ("target", "actions", "resource"),
    [
        ("topic:loan-created", ["sns:Publish"], "arn:aws:sns:us-east-1:123456789012:alma-webhooks-dev-loan-created"),
        (f"queue:{QUEUE}", ["sqs:SendMessage", "sqs:GetQueueUrl"], QUEUE),
    ],
)
def test_it_names_the_actions_and_the_target(
    site: StackContext, target: str, actions: list[str], resource: str
) -> None:
    """Without the right to read the role, a name stands for it."""
    right = missing_right(site, Cause("refused", DENIED, target=target))
    assert right.statement["Action"] == actions
    assert right.statement["Resource"] == resource
    assert right.statement["Principal"] == {"AWS": "ROLE-OF-the-processor"}
    assert right.policy.endswith(resource)


def test_a_refused_key_needs_its_own_policy(site: StackContext) -> None:
    """In a key's policy, `*` is the key itself."""
    right = missing_right(site, Cause("refused", "AWS returned KMSAccessDenied", target=f"queue:{QUEUE}"))
    assert right.policy == f"the key of the queue {QUEUE}"
    assert (right.statement["Action"], right.statement["Resource"]) == (["kms:GenerateDataKey", "kms:Decrypt"], "*")
