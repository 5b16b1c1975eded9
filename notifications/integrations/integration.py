"""The interface of integrations: how a value is escaped, what is too long, and how a notification is sent."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationInfo
from pydantic_core import PydanticKnownError

from notifications.person import USER, ContactKind, Person
from notifications.references import SecretReference

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient


class Configuration(BaseModel):
    """The configuration of an integration in a topic: settings, and references to secrets.

    `retry_unconfirmed` says whether a notification is sent again if the answer to it was lost; None means the default
    of the integration. `templated` has the names of members whose texts are templates in Jinja2: the producer renders
    them, and a notification has their results. `addressee` is the member that can be a person, or a list with one;
    the id in it is a template too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    templated: ClassVar[frozenset[str]] = frozenset()
    addressee: ClassVar[str] = ""
    retry_unconfirmed: bool | None = None

    @property
    def person(self) -> Person | None:
        """The person to whom the notification is sent, if it is sent to one."""
        value = getattr(self, self.addressee, None) if self.addressee else None
        each = value if isinstance(value, list) else [value]
        return next((one for one in each if isinstance(one, Person)), None)

    def addressed_to(self, contact: str) -> Self:
        """Return the configuration with this contact in place of the person."""
        value = getattr(self, self.addressee)
        if isinstance(value, list):
            return self.model_copy(
                update={self.addressee: [contact if isinstance(each, Person) else each for each in value]}
            )
        return self.model_copy(update={self.addressee: contact})


# The context for validating a configuration whose members have been rendered.
RENDERED: Final = {"is_rendered": True}


def can_be_template(text: str, info: ValidationInfo) -> bool:
    """Return whether a text of a templated member is checked later, because it may still have to be rendered.

    A rendered one is not: its values could be made to look like a template.
    """
    return not (info.context or {}).get("is_rendered") and ("{{" in text or "{%" in text)


def person_or(text: Callable[[str, ValidationInfo], str]) -> PlainValidator:
    """Return the validator of a member that is a person or a text. `text` checks the text; it raises ValueError."""

    def validated(value: Any, info: ValidationInfo) -> str | Person:
        if isinstance(value, Mapping):
            user = value.get(USER)
            return Person.parse(value, is_template=isinstance(user, str) and can_be_template(user, info))
        if not isinstance(value, str):
            raise PydanticKnownError("string_type")
        return text(value, info)

    return PlainValidator(validated)


class HttpRequest(NamedTuple):
    """A request. The URL and the headers can be secret, and the body is a reader's text: nothing is shown."""

    url: str
    body: bytes
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        """Return the class only."""
        return "HttpRequest(…)"


class HttpResponse(NamedTuple):
    """An answer: lower-case names of headers, and the start of the body: of a POST at most 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Return the status only."""
        return f"HttpResponse({self.status}, …)"


class HttpClient(Protocol):
    """Posts a request once, within one deadline."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Return the answer with any status. Raise Permanent (address not allowed), Transient, Unconfirmed."""


class Connections(NamedTuple):
    """What integrations send with. Clients are created at their first use. `wall` is the time in seconds since 1970.

    `email_configuration_set` is the configuration set of SES whose events report failed e-mails, or empty.
    """

    http: HttpClient
    ses: Callable[[], "SESV2Client"]
    sns: Callable[[], "SNSClient"]
    secret: Callable[[SecretReference], str]
    wall: Callable[[], float]
    email_configuration_set: str = ""


class Outgoing(NamedTuple):
    """A notification as it is sent: its rendered text, and an id that is the same in every attempt and replay."""

    text: str
    id: str

    def __repr__(self) -> str:
        """Return the id only, because logs must not show a text."""
        return f"Outgoing({self.id!r}, …)"


class Accepted(NamedTuple):
    """The service took the notification. That is all that is known: nobody says that it was delivered.

    `reference` is the id by which the service knows it, or empty. `facts` are more numbers for the log, by their names.
    """

    reference: str = ""
    facts: Mapping[str, int] = MappingProxyType({})


AnyConfiguration = TypeVar("AnyConfiguration", bound=Configuration)


class Integration(ABC, Generic[AnyConfiguration]):
    """One service. An instance holds no state."""

    configuration: ClassVar[type[Any]]  # a subclass of Configuration
    retries_unconfirmed: ClassVar[bool] = True  # unless the topic sets `retry_unconfirmed`
    seconds_between: ClassVar[float] = 0.0  # from one notification to the next at the same destination
    summarizes: ClassVar[bool] = False  # whether the rest of a burst becomes one line; chats only
    contact: ClassVar[ContactKind | None] = None  # what is looked up of a person

    @abstractmethod
    def escape(self, value: str) -> str:
        """Return the value so that it is shown as it is: no markup, no mention, no link."""

    @abstractmethod
    def fits(self, text: str, configuration: AnyConfiguration) -> bool:
        """Return whether the service accepts a rendered text of this length, in its own unit."""

    def mistake(self, text: str) -> str:  # noqa: ARG002 - for those that accept not every text
        """Return what is wrong with a rendered text, as the end of "a text that …" without the text, or nothing."""
        return ""

    def can_fall_back(self, configuration: AnyConfiguration) -> bool:
        """Return whether the fallback of the topic can be sent instead: the person may have no contact."""
        return configuration.person is not None

    @abstractmethod
    def destination(self, configuration: AnyConfiguration) -> str:
        """Return a name of the destination, for pacing: made of references and settings, never of a secret's value."""

    @abstractmethod
    def send(self, outgoing: Outgoing, configuration: AnyConfiguration, connections: Connections) -> Accepted:
        """Send once. Raise Permanent (refused), Transient, Throttled, Unconfirmed; no text of an exception or URL."""
