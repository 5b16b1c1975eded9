"""Entries of `deliver` in routes.yaml, one model for each kind of target."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StrictStr, Tag, model_validator

from processor.routing import bodies
from processor.routing.fifo import ID_KEYS


class Strict(BaseModel):
    """A part of routes.yaml. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _BaseEntry(Strict):
    """The base of all entries. `kind` is the kind of target, and the key that names the target."""

    kind: ClassVar[str]
    name: StrictStr = ""

    @property
    def target(self) -> str:
        """The template for the name or ARN of the target."""
        return str(getattr(self, self.kind))


MessageId = Annotated[StrictStr, Field(min_length=1)]
Delay = Annotated[StrictStr, Field(pattern="^(([0-9]|[1-9][0-9]|[1-8][0-9]{2}|900)s|([0-9]|1[0-5])m)$")]


class _MessageEntry(_BaseEntry):
    """The base of entries that send a message: the event's body, or `message`, an own one.

    The ids are text templates, and only for FIFO targets.
    """

    message: bodies.Body = None
    message_group_id: MessageId = ""
    message_deduplication_id: MessageId = ""


class TopicEntry(_MessageEntry):
    """Publish to an SNS topic: a name of the stack's, or an ARN. `name` distinguishes two such entries.

    `message_group_id` and `message_deduplication_id` are text templates for a FIFO topic (defaults: the event, the
    delivery).
    """

    kind: ClassVar = "topic"
    topic: StrictStr


class StateMachineEntry(_BaseEntry):
    """Start a Step Functions execution: a name of the stack's state machines, or an ARN.

    `input` is an own input (default: the event's fields), `execution_name` the readable beginning of the execution's
    name (default: the route's name).
    """

    kind: ClassVar = "state_machine"
    state_machine: StrictStr
    execution_name: StrictStr = ""
    input: bodies.Body = None


class QueueEntry(_MessageEntry):
    """Send a message to an SQS queue, by its ARN. `delay` is at most 15 minutes (`30s`, `10m`), and not for FIFO.

    `message_group_id` and `message_deduplication_id` are text templates for a FIFO queue (defaults: the event, the
    delivery).
    """

    kind: ClassVar = "queue"
    queue: StrictStr
    delay: Delay = ""

    @property
    def delay_seconds(self) -> int | None:
        """The delay in seconds, or None for that of the queue itself."""
        return int(self.delay[:-1]) * (60 if self.delay.endswith("m") else 1) if self.delay else None


class EventBusEntry(_BaseEntry):
    """Put an event on an EventBridge event bus, by its ARN. `source` and `detail_type` are text templates.

    Its detail is `input` (default: the event's fields).
    """

    kind: ClassVar = "event_bus"
    event_bus: StrictStr
    source: StrictStr = "alma-webhooks"
    detail_type: StrictStr = "{{ (event | default({})).value | default(action) }}"
    input: bodies.ObjectBody = None


class FunctionEntry(_BaseEntry):
    """Invoke a Lambda function asynchronously, by its ARN.

    Its payload is `input`, which is JSON, or `message`, whose text becomes a JSON string (default: the event's fields).
    """

    kind: ClassVar = "function"
    function: StrictStr
    input: bodies.Body = None
    message: bodies.Body = None

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        if self.input is not None and self.message is not None:
            raise ValueError("a function takes input or message, not both; remove one")
        return self


class NotificationEntry(_BaseEntry):
    """Notify people by a topic of notifications.yaml: `channel/topic`, whose models have the texts.

    Their variables are the event's fields, `profile` and all names of `let`.
    """

    kind: ClassVar = "notification"
    notification: StrictStr


KINDS = ("topic", "state_machine", "queue", "event_bus", "function", "notification")


def _tag_of(entry: Any) -> str | None:
    kinds = [kind for kind in KINDS if isinstance(entry, dict) and kind in entry]
    # Not the kind alone: pydantic puts the tag into the path of an error, and it must not look like a key of the file.
    return f"{kinds[0]} entry" if len(kinds) == 1 else None


DeliverEntry = Annotated[
    Annotated[TopicEntry, Tag("topic entry")]
    | Annotated[StateMachineEntry, Tag("state_machine entry")]
    | Annotated[QueueEntry, Tag("queue entry")]
    | Annotated[EventBusEntry, Tag("event_bus entry")]
    | Annotated[FunctionEntry, Tag("function entry")]
    | Annotated[NotificationEntry, Tag("notification entry")],
    Discriminator(
        _tag_of,
        custom_error_type="no_target",
        custom_error_message=f"an entry of deliver needs exactly one target: {', '.join(KINDS[:-1])} or {KINDS[-1]}",
    ),
]


def texts_of(entry: DeliverEntry, route: str) -> dict[str, str]:
    """Return the templates of an entry by their place in it (`input.dates[0]`); `route` is the route's name."""
    texts = {entry.kind: entry.target}
    match entry:
        case StateMachineEntry():
            texts |= {"execution_name": entry.execution_name or route}
        case EventBusEntry():
            texts |= {"source": entry.source, "detail_type": entry.detail_type}
        case TopicEntry() | QueueEntry():
            texts |= {key: text for key in ID_KEYS if (text := getattr(entry, key))}
    return texts | bodies.templates_of(entry)
