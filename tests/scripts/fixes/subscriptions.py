"""Answers of SNS to a request for the subscriptions of a topic."""

from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

OPERATION: Final = "list_subscriptions_by_topic"


def listed(*pages: list[str]) -> Callable[..., dict[str, Any]]:
    """Answer with these values of `SubscriptionArn`, page by page."""

    def answer(*, NextToken: str = "0", **_: str) -> dict[str, Any]:  # noqa: N803 -- the name of SNS
        number = int(NextToken)
        page = {"Subscriptions": [{"SubscriptionArn": value} for value in pages[number]]}
        return page | ({"NextToken": str(number + 1)} if number + 1 < len(pages) else {})

    return answer


def failed(code: str) -> Callable[..., None]:
    """Answer with an error."""

    def answer(**_: str) -> None:
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "ListSubscriptionsByTopic")

    return answer
