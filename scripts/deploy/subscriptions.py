"""Count the subscriptions of a topic."""

from botocore.exceptions import ClientError

from scripts.aws.clients import Aws


def count(aws: Aws, arn: str) -> int | None:
    """Return the number of a topic's subscriptions: 0 if the topic does not exist, None if access is denied."""
    try:
        pages = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        return sum(len(page["Subscriptions"]) for page in pages)
    except ClientError as error:
        return 0 if error.response["Error"].get("Code", "") in {"NotFound", "NotFoundException"} else None
