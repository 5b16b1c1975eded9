"""Messages that SNS posts to `/v1/notifications/{channel}/{topic}/sns`: neither key nor hash, but signed by SNS."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from notifications.http_api import Post, RejectedPost, json_of
from notifications.sns_signature import SIGNED, SnsSignatures, TopicArn
from processor.alma.json_body import NotJson, read
from processor.retries import code_of

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_RAW_HEADER: Final = "x-amz-sns-rawdelivery"
NOTIFICATION: Final = "Notification"
SUBSCRIPTION: Final = "SubscriptionConfirmation"


class SnsMessage(NamedTuple):
    """A message that SNS has signed."""

    kind: str  # Notification, SubscriptionConfirmation or UnsubscribeConfirmation
    id: str
    text: str
    token: str
    topic: TopicArn

    def __repr__(self) -> str:
        """Return kind and id only, because logs must not show a message or a token."""
        return f"SnsMessage({self.kind!r}, {self.id!r}, …)"

    @property
    def values(self) -> dict[str, Any]:
        """The values for templates: the members of a JSON object, or other text as `data`."""
        try:
            members = read(self.text.encode("utf-8", "surrogatepass"))
        except NotJson:
            members = None
        return members if isinstance(members, dict) else {"data": self.text}


class SnsSubscription:
    """Reads and confirms. `topics` are the ARNs of the allowed topics; `sns` makes the client of a region."""

    def __init__(
        self, topics: Collection[TopicArn], signatures: SnsSignatures, sns: Callable[[str], "SNSClient"]
    ) -> None:
        self._topics = {topic.text: topic for topic in topics}
        self._signatures = signatures
        self._sns = sns

    def message_of(self, post: Post) -> SnsMessage:
        """Return the message of a post of any content type, after all checks. Raise RejectedPost."""
        if post.headers.get(_RAW_HEADER, "").strip().lower() == "true":
            sentence = "Raw message delivery has no signature; switch it off for this subscription."
            raise RejectedPost(403, "sns-raw", sentence)
        message = _members(post)
        arn = message.get("TopicArn")
        topic = self._topics.get(arn) if isinstance(arn, str) else None
        if topic is None:
            raise RejectedPost(403, "sns-topic", "The SNS topic is not one of the allowed ones.")
        self._signatures.check(message, topic)
        token = message["Token"] if message["Type"] != NOTIFICATION else ""
        return SnsMessage(message["Type"], message["MessageId"], message["Message"], token, topic)

    def confirm(self, message: SnsMessage) -> None:
        """Confirm a subscription by its token ("ConfirmSubscription", Amazon SNS API Reference). Raise RejectedPost.

        SubscribeURL is never followed: it would let the sender of a message choose what is requested from here. The
        subscription can then be ended only by its owner or the topic's.
        """
        try:
            self._sns(message.topic.region).confirm_subscription(
                TopicArn=message.topic.text, Token=message.token, AuthenticateOnUnsubscribe="true"
            )
        except (ClientError, BotoCoreError) as error:
            code = code_of(error)
            if code in _BAD_TOKEN:
                raise RejectedPost(403, "sns-token", "SNS does not accept the token.", code) from None
            raise RejectedPost(502, "confirmation", "the subscription could not be confirmed", code) from None


# "ConfirmSubscription", Amazon SNS API Reference: an invalid token, a topic that does not exist.
_BAD_TOKEN: Final = {"InvalidParameter", "NotFound", "NotFoundException"}


def _members(post: Post) -> Mapping[str, Any]:
    members = json_of(post)
    kind = members.get("Type") if isinstance(members, dict) else None
    if not isinstance(members, dict) or not isinstance(kind, str) or kind not in SIGNED:
        raise RejectedPost(400, "body", "The body is not a message of SNS.")
    return members
