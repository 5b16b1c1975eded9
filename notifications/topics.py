"""Topics of notifications: what a post to one is sent to, as models and as items of the table of topics."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictStr,
    Tag,
    ValidationError,
    model_validator,
)

MAX_INTEGRATIONS: Final = 10  # of a topic: one batch of SQS
# In characters: ten of them have room in an item ("Constraints in Amazon DynamoDB", Amazon DynamoDB Developer Guide).
MAX_MODEL: Final = 10_000

ITEM_MEMBERS: Final = frozenset({"Id", "Name", "Integrations", "Fallback", "SnsTopics"})
"""All members that the item of a topic can have."""

NAME_PATTERN: Final = "^[a-z0-9][a-z0-9-]{0,62}$"
# Standard topics only: SNS does not post messages of FIFO topics ("Amazon SNS message delivery for FIFO topics").
SNS_TOPIC_PATTERN: Final = "^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"
MAX_SNS_TOPICS: Final = 10

NotificationName = Annotated[StrictStr, Field(pattern=NAME_PATTERN)]
SnsTopicArn = Annotated[StrictStr, Field(pattern=SNS_TOPIC_PATTERN)]
Source = Annotated[StrictStr, Field(min_length=1, max_length=MAX_MODEL)]


class InvalidTopicError(ValueError):
    """An item is not a topic; the text names a member and quotes no value."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JinjaSource(_Part):
    """A message template that is written in Jinja2."""

    jinja: Source


def _form_of(value: Any) -> str | None:
    return "text" if isinstance(value, str) else "jinja" if isinstance(value, dict | JinjaSource) else None


MessageModel = Annotated[
    Annotated[Source, Tag("text")] | Annotated[JinjaSource, Tag("jinja")],
    Discriminator(
        _form_of, custom_error_type="model_form", custom_error_message="expected text, or {jinja: TEXT} for Jinja2"
    ),
]


class IntegrationEntry(_Part):
    """One integration of a topic: `model` is its message template, and `type` decides the form of `configuration`."""

    name: NotificationName
    type: StrictStr
    model: MessageModel
    configuration: dict[str, Any]


def _with_unique_names(entries: list[IntegrationEntry]) -> list[IntegrationEntry]:
    twice = [name for name, times in Counter(entry.name for entry in entries).items() if times > 1]
    if twice:
        raise ValueError(f"the name {twice[0]} is used by several integrations; give each its own")
    return entries


class TopicContent(_Part):
    """What is sent, without the place where it is posted.

    `fallback` is sent instead of an integration whose person has no contact. The SNS topics `sns_topics` may post to it
    by `…/sns`.
    """

    integrations: Annotated[
        list[IntegrationEntry], Field(min_length=1, max_length=MAX_INTEGRATIONS), AfterValidator(_with_unique_names)
    ]
    fallback: IntegrationEntry | None = None
    sns_topics: Annotated[list[SnsTopicArn], Field(max_length=MAX_SNS_TOPICS)] = []

    @property
    def entries(self) -> list[IntegrationEntry]:
        """The integrations, with the fallback."""
        return [*self.integrations, *([self.fallback] if self.fallback else [])]

    @model_validator(mode="after")
    def _fallback_has_a_name_of_its_own(self) -> Self:
        _with_unique_names(self.entries)
        return self


class Topic(TopicContent):
    """A topic of a channel. `id` is the topic hash, which a post carries."""

    id: UUID
    channel: NotificationName
    topic: NotificationName

    @property
    def name(self) -> str:
        """The key of the topic in its table: `channel+topic`."""
        return f"{self.channel}+{self.topic}"

    def item(self) -> dict[str, Any]:
        """Return the item as boto3's resource takes it: `Id`, `Name` and `Integrations`, with Decimal for fractions.

        `Fallback` and `SnsTopics` are there if the topic has them.
        """
        entries = [entry.model_dump(mode="json") for entry in self.integrations]
        item = {"Id": str(self.id), "Name": self.name, "Integrations": _with_decimals(entries)}
        if self.fallback:
            item["Fallback"] = _with_decimals(self.fallback.model_dump(mode="json"))
        if self.sns_topics:
            item["SnsTopics"] = self.sns_topics
        return item


def topic_of_item(item: Mapping[str, Any]) -> Topic:
    """Return the topic of an item, with int and float for Decimal. Raise InvalidTopicError.

    Unknown members of the item and of its integrations are ignored: a newer version can have written them.
    """
    channel, _, topic = str(item.get("Name")).partition("+")
    members = {
        "id": item.get("Id"),
        "channel": channel,
        "topic": topic,
        "integrations": _without_decimals(item.get("Integrations")),
        "fallback": _without_decimals(item.get("Fallback")),
        "sns_topics": item.get("SnsTopics", []),
    }
    try:
        return Topic.model_validate(members, extra="ignore")
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise InvalidTopicError(f"The item is not a topic: {place} is missing or has the wrong form.") from None


def _with_decimals(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(value))
    return _each(value, _with_decimals)


def _without_decimals(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return _each(value, _without_decimals)


def _each(value: Any, convert: Any) -> Any:
    if isinstance(value, dict):
        return {name: convert(member) for name, member in value.items()}
    return [convert(member) for member in value] if isinstance(value, list) else value
