"""Posts of SNS: which are accepted, what values they give, and how a subscription is confirmed."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.stub import Stubber

from notifications.http_api import MAX_BODY_BYTES, Post, RejectedPost
from notifications.sns_signature import SnsSignatures, TopicArn
from notifications.sns_subscription import SnsSubscription
from tests.ingest.clocks import FakeClock
from tests.notifications.sns_messages import ARN, NOW, FakeFetch, confirmation, notification

OTHER_ARN = ARN.replace("eu-central-1", "eu-west-1")


def post(message: Any, **headers: str) -> Post:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return Post(
        "POST",
        "library",
        "jobs",
        is_sns=True,
        headers={"content-type": "text/plain; charset=UTF-8", **headers},
        body=body,
    )


def subscription(fetch: FakeFetch | None = None, sns: Any = None, *arns: str) -> SnsSubscription:
    topics = [topic for arn in arns or (ARN,) if (topic := TopicArn.parse(arn))]
    signatures = SnsSignatures(fetch or FakeFetch(), FakeClock(NOW.timestamp()))
    return SnsSubscription(topics, signatures, sns)


def rejected(given: Post) -> RejectedPost:
    """Return the rejection of a post, for which nothing was fetched."""
    fetch = FakeFetch()
    with pytest.raises(RejectedPost) as caught:
        subscription(fetch).message_of(given)
    assert fetch.urls == []
    return caught.value


@pytest.mark.parametrize("content_type", ["text/plain; charset=UTF-8", "application/json", "", "image/png"])
def test_a_notification_is_read_with_any_content_type(content_type: str) -> None:
    """SNS sends JSON as text/plain."""
    message = subscription().message_of(post(notification(), **{"content-type": content_type}))
    assert (message.kind, message.id, message.values) == (
        "Notification",
        "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        {"data": "Ende ✓"},
    )
    assert repr(message) == "SnsMessage('Notification', '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324', …)"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"job": "x", "n": 1, "deep": {"a": [null]}}', {"job": "x", "n": 1, "deep": {"a": [None]}}),
        ("{}", {}),
        ("", {"data": ""}),
        ("[1]", {"data": "[1]"}),
        ('"text"', {"data": '"text"'}),
        ("7", {"data": "7"}),
        ('{"a": 1', {"data": '{"a": 1'}),
        ('{"a": 1, "a": 2}', {"data": '{"a": 1, "a": 2}'}),
        ('{"a": NaN}', {"data": '{"a": NaN}'}),
        ("[" * 100_000, {"data": "[" * 100_000}),
    ],
)
def test_a_json_object_gives_its_members_and_other_text_is_data(text: str, values: dict[str, Any]) -> None:
    """JSON that parsers read differently is text."""
    assert subscription().message_of(post(notification(Message=text))).values == values


@pytest.mark.parametrize("arn", [OTHER_ARN, f"{ARN}2", "", None, 7, [ARN], {"a": 1}])
def test_another_topic_is_rejected_before_anything_is_fetched(arn: Any) -> None:
    """A topic is compared by its whole ARN."""
    given = rejected(post({**notification(), "TopicArn": arn}))
    assert (given.status, given.code) == (403, "sns-topic")


def test_no_topic_is_allowed_by_default() -> None:
    """Without the setting each message is rejected."""
    none: Any = None
    with pytest.raises(RejectedPost, match="not one of the allowed ones"):
        SnsSubscription([], SnsSignatures(FakeFetch(), FakeClock()), none).message_of(post(notification()))


@pytest.mark.parametrize("body", [b"text", b"{}", json.dumps(notification()).encode()])
def test_raw_delivery_is_named(body: bytes) -> None:
    """A message without a signature is rejected and the setting named, also if it looks like a signed one."""
    given = rejected(post(body, **{"x-amz-sns-rawdelivery": "True"}))
    assert (given.status, given.code) == (403, "sns-raw")
    assert str(given) == "Raw message delivery has no signature; switch it off for this subscription."


def test_the_header_of_raw_delivery_may_say_false() -> None:
    """Only true means raw delivery."""
    assert subscription().message_of(post(notification(), **{"x-amz-sns-rawdelivery": "false"}))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"text", b"\xff", b"[]", b"7", b"null", b"{}", b'{"Type": []}', b'{"Type": null}', b'{"Type": "Other"}'),
        *(b"[" * 100_000, b'{"Type": "Notification", "Type": "Notification"}', b" " * (MAX_BODY_BYTES + 1)),
    ],
)
def test_a_body_of_another_form_is_rejected(body: bytes) -> None:
    """One sentence says that it is not JSON, not of SNS, or too large."""
    given = rejected(post(body))
    assert (given.status, given.code) == (400, "body")


@pytest.mark.parametrize("member", ["Token", "SubscribeURL", "Message", "MessageId", "Timestamp"])
def test_a_confirmation_without_a_member_is_rejected(member: str) -> None:
    """Each signed member is needed."""
    message = confirmation()
    del message[member]
    assert rejected(post(message)).code == "body"


@pytest.mark.usefixtures("aws")
def test_a_subscription_is_confirmed_by_its_token() -> None:
    """The call goes to the topic's region, and no URL of the message is requested."""
    fetch = FakeFetch()
    sns = boto3.client("sns")
    clients = {"eu-central-1": sns}
    confirmed = subscription(fetch, clients.__getitem__)
    message = confirmed.message_of(post(confirmation(SubscribeURL="http://169.254.169.254/")))
    with Stubber(sns) as stub:
        request = {"TopicArn": ARN, "Token": "2336412f37", "AuthenticateOnUnsubscribe": "true"}
        stub.add_response("confirm_subscription", {"SubscriptionArn": f"{ARN}:1"}, request)
        confirmed.confirm(message)
        stub.assert_no_pending_responses()
    assert len(fetch.urls) == 1


class FailingSns:
    """A client that raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def confirm_subscription(self, **_: str) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InvalidParameter", 403),
        ("NotFound", 403),
        ("AuthorizationError", 502),
        ("SubscriptionLimitExceeded", 502),
        ("InternalError", 502),
    ],
)
def test_an_error_of_the_confirmation_is_an_answer(code: str, status: int) -> None:
    """A bad token is a 403; after any other failure SNS repeats the message. The client sees no code."""
    error = ClientError({"Error": {"Code": code, "Message": "secret text"}}, "ConfirmSubscription")
    confirmed = subscription(None, lambda _: FailingSns(error))
    message = confirmed.message_of(post(confirmation()))
    with pytest.raises(RejectedPost) as caught:
        confirmed.confirm(message)
    assert (caught.value.status, caught.value.detail) == (status, code)
    assert code not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_lost_connection_is_a_502() -> None:
    """SNS repeats the message, and a token can be used again."""
    confirmed = subscription(None, lambda _: FailingSns(ConnectTimeoutError(endpoint_url="https://x")))
    with pytest.raises(RejectedPost) as caught:
        confirmed.confirm(confirmed.message_of(post(confirmation())))
    assert (caught.value.status, caught.value.detail) == (502, "ConnectTimeoutError")


def test_the_end_of_a_subscription_is_read() -> None:
    """It has the same members as the confirmation of a new one."""
    message = subscription().message_of(post(confirmation(Type="UnsubscribeConfirmation")))
    assert (message.kind, message.token) == ("UnsubscribeConfirmation", "2336412f37")
    assert subscription().message_of(post(notification(Token="x"))).token == ""
