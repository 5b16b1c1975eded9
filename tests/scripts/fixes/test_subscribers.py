"""Whether anybody is subscribed to the topics of a replay. AWS is in process."""

import pytest
from botocore.exceptions import ClientError

from scripts.aws.context import StackContext
from scripts.cli.advice import Fix
from scripts.dead_letters.store import DeadLetterStore
from scripts.fixes.subscribers import SubscriberCheck, check_subscribers
from tests.scripts.aws.targets import with_targets
from tests.scripts.fixes.subscriptions import OPERATION, failed, listed

TOPIC = "arn:aws:sns:us-east-1:123456789012:alma-webhooks-dev-loan-created"
SILENT = SubscriberCheck(silent=("loan-created",))


@pytest.fixture
def scope(dead_letters: DeadLetterStore) -> StackContext:
    """A stack with one topic."""
    return with_targets(dead_letters.scope, ["loan-created"])


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ([[]], SILENT),
        ([["PendingConfirmation"]], SILENT),
        ([["PendingConfirmation", "Deleted"], []], SILENT),
        ([["PendingConfirmation", f"{TOPIC}:1"]], SubscriberCheck()),
        ([["PendingConfirmation"], [f"{TOPIC}:1"]], SubscriberCheck()),
    ],
    ids=["none", "pending", "deleted", "confirmed", "on the second page"],
)
def test_f74_a_subscription_counts_once_it_is_confirmed(
    scope: StackContext, monkeypatch: pytest.MonkeyPatch, pages: list[list[str]], found: SubscriberCheck
) -> None:
    """SNS delivers nothing to one that is pending or deleted."""
    monkeypatch.setattr(scope.aws.sns, OPERATION, listed(*pages))
    assert check_subscribers(scope, ["topic:loan-created"]) == found


def test_f74_only_topics_have_subscribers(scope: StackContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that the stack does not have is not looked up either."""
    monkeypatch.setattr(scope.aws.sns, OPERATION, failed("InternalError"))
    assert check_subscribers(scope, ["state_machine:pod", "queue:q", "topic:removed"]) == SubscriberCheck()


@pytest.mark.parametrize("code", ["AuthorizationError", "AccessDenied", "AccessDeniedException"])
def test_f74_subscriptions_that_may_not_be_read_are_not_missing(
    scope: StackContext, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """Each topic is named, and the missing right."""
    monkeypatch.setattr(scope.aws.sns, OPERATION, failed(code))
    assert check_subscribers(scope, ["topic:loan-created", f"topic:{TOPIC}-2"]) == SubscriberCheck(
        unread=("loan-created", f"{TOPIC}-2"), fix=Fix("grant your role sns:ListSubscriptionsByTopic")
    )


def test_f74_another_error_is_raised(scope: StackContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says nothing about subscribers."""
    monkeypatch.setattr(scope.aws.sns, OPERATION, failed("InternalError"))
    with pytest.raises(ClientError, match="InternalError"):
        check_subscribers(scope, ["topic:loan-created"])


def test_f74_a_topic_that_does_not_exist_has_no_subscribers(
    scope: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was deleted since it was looked up, or a route no longer delivers to it."""
    monkeypatch.setattr(scope.aws.sns, OPERATION, failed("NotFound"))
    assert check_subscribers(scope, ["topic:loan-created"]) == SILENT
