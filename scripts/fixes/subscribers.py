"""Find out whether anybody is subscribed to the topics of a replay. Changes nothing."""

from collections.abc import Iterable
from typing import NamedTuple

from botocore.exceptions import ClientError

from scripts.aws.context import StackContext
from scripts.aws.errors import is_denied, is_gone, suppress_if, why_unanswered
from scripts.aws.target_looks import arn_of
from scripts.cli.advice import NO_FIX, Fix


class SubscriberCheck(NamedTuple):
    """The topics without a confirmed subscription, and those whose subscriptions may not be read, with the fix."""

    silent: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    fix: Fix = NO_FIX


def check_subscribers(scope: StackContext, targets: Iterable[str]) -> SubscriberCheck:
    """Look up the subscriptions of the topics among these targets. Raise botocore's errors, except denied access."""
    found = SubscriberCheck()
    for target in targets:
        kind, _, name = target.partition(":")
        arn = arn_of(scope, kind, name) if kind == "topic" else None
        try:
            if arn and not _is_subscribed(scope, arn):
                found = found._replace(silent=(*found.silent, name))
        except ClientError as error:
            if not is_denied(error):
                raise
            _, fix = why_unanswered(error)
            found = found._replace(unread=(*found.unread, name), fix=fix)
    return found


def _is_subscribed(scope: StackContext, topic: str) -> bool:
    """Return whether a topic has a subscription that is confirmed: only such a one has an ARN.

    The others have a text such as `PendingConfirmation` ("Subscription", Amazon SNS API Reference). A topic that does
    not exist has none.
    """
    pages = scope.aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    with suppress_if(is_gone):
        return any(each["SubscriptionArn"].startswith("arn:") for page in pages for each in page["Subscriptions"])
    return False
