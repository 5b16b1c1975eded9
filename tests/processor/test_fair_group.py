"""The group of a queued message, and whether it is passed on."""

from typing import Any

import pytest

from processor.fair_group import group_parameter, message_group_of

QUEUE = "arn:aws:sqs:us-east-1:123456789012:library"


@pytest.mark.parametrize("group", ["alma.LOAN", "a", "g" * 128, "!~"])
def test_f75_a_message_group_of_a_record_is_passed_on(group: str) -> None:
    """A group that AWS accepts is a parameter of the request."""
    assert message_group_of({"attributes": {"MessageGroupId": group}}) == group
    assert group_parameter(group, QUEUE) == {"MessageGroupId": group}


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"attributes": None},
        {"attributes": "MessageGroupId"},
        *(
            {"attributes": {"MessageGroupId": group}}
            for group in ("", None, 7, ["a"], "a b", "\u00e4", "a\n", "g" * 129)
        ),
    ],
)
def test_f75_without_a_group_that_aws_accepts_none_is_sent(record: dict[str, Any]) -> None:
    """Messages that were queued without a group, or by somebody else with another one, are sent as before."""
    assert group_parameter(message_group_of(record), QUEUE) == {}


def test_f75_a_fifo_target_does_not_get_the_group() -> None:
    """There a group means order, so messages of one family would wait for each other."""
    assert group_parameter("alma.LOAN", f"{QUEUE}.fifo") == {}
