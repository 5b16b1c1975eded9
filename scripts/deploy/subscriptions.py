"""How many subscriptions a topic of a deployed stack has. Changes none."""

from botocore.exceptions import ClientError

from scripts.aws.clients import Aws


def count(aws: Aws, arn: str) -> int | None:
    """Return the number of a topic's subscriptions: 0 for a topic that is not there, None where it may not be read."""
    try:
        pages = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        return sum(len(page["Subscriptions"]) for page in pages)
    except ClientError as error:
        return 0 if error.response["Error"].get("Code", "") in {"NotFound", "NotFoundException"} else None
