"""The interface of integrations: how a value is escaped, what is too long, and how a notification is sent."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationInfo

from notifications.references import SecretReference

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient


class Configuration(BaseModel):
    """The configuration of an integration in a topic: settings, and references to secrets.

    `retry_unconfirmed` says whether a notification is sent again if the answer to it was lost; None means the default
    of the integration. `templated` has the names of members whose texts are templates in Jinja2: the producer renders
    them, and a notification has their results.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    templated: ClassVar[frozenset[str]] = frozenset()
    retry_unconfirmed: bool | None = None


# The context for validating a configuration whose members have been rendered.
RENDERED: Final = {"is_rendered": True}


def can_be_template(text: str, info: ValidationInfo) -> bool:
    """Return whether a text of a templated member is checked later, because it may still have to be rendered.

    A rendered one is not: its values could be made to look like a template.
    """
    return not (info.context or {}).get("is_rendered") and ("{{" in text or "{%" in text)


class HttpRequest(NamedTuple):
    """A POST. The URL can be a secret, and the body is a reader's text: neither is shown."""

    url: str
    body: bytes
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        """Return the class only."""
        return "HttpRequest(…)"


class HttpResponse(NamedTuple):
    """The answer to a POST: lower-case names of headers, and at most the first 64 KiB of the body."""

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
    """What integrations send with. Clients are created at their first use. `wall` is the time in seconds since 1970."""

    http: HttpClient
    ses: Callable[[], "SESV2Client"]
    sns: Callable[[], "SNSClient"]
    secret: Callable[[SecretReference], str]
    wall: Callable[[], float]


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
    summarises: ClassVar[bool] = False  # whether the rest of a burst becomes one line; chats only

    @abstractmethod
    def escape(self, value: str) -> str:
        """Return the value so that it is shown as it is: no markup, no mention, no link."""

    @abstractmethod
    def fits(self, text: str, configuration: AnyConfiguration) -> bool:
        """Return whether the service accepts a rendered text of this length, in its own unit."""

    def mistake(self, text: str) -> str:  # noqa: ARG002 - for those that accept not every text
        """Return what is wrong with a rendered text, as the end of "a text that …" without the text, or nothing."""
        return ""

    @abstractmethod
    def destination(self, configuration: AnyConfiguration) -> str:
        """Return a name of the destination, for pacing: made of references and settings, never of a secret's value."""

    @abstractmethod
    def send(self, outgoing: Outgoing, configuration: AnyConfiguration, connections: Connections) -> Accepted:
        """Send once. Raise Permanent (refused), Transient, Throttled, Unconfirmed; no text of an exception or URL."""
