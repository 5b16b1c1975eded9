"""A service in memory: it takes what is sent, or fails as the test says."""

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar

from pydantic import ValidationInfo

from notifications.integrations.integration import (
    Accepted,
    Configuration,
    Connections,
    HttpRequest,
    HttpResponse,
    Integration,
    Outgoing,
    person_or,
)
from notifications.person import ContactKind, Person
from notifications.references import SecretReference


def _any_room(text: str, _: ValidationInfo) -> str:
    return text


class FakeConfiguration(Configuration):
    """A room, which can be a person, and a secret that is read when something is sent."""

    addressee: ClassVar[str] = "room"

    room: Annotated[str | Person, person_or(_any_room)]
    token: SecretReference | None = None


Failing = Exception | type[BaseException]


class FakeService(Integration[FakeConfiguration]):
    """Keeps what it accepted, as (room, text, id). `first` are failures of the first calls; None accepts.

    `loses` are failures after which the service has accepted all the same. `during` is called while it is asked.
    """

    configuration: ClassVar[type[FakeConfiguration]] = FakeConfiguration
    contact = ContactKind.PHONE
    facts: ClassVar[Mapping[str, int]] = {}

    def __init__(self, *first: Failing | None, loses: bool = False, during: Callable[[], None] = lambda: None) -> None:
        self.first = list(first)
        self.loses = loses
        self.during = during
        self.accepted: list[tuple[str, str, str]] = []
        self.secrets: list[str] = []

    def escape(self, value: str) -> str:
        return value

    def fits(self, text: str, configuration: FakeConfiguration) -> bool:  # noqa: ARG002 -- the interface
        return True

    def destination(self, configuration: FakeConfiguration) -> str:
        return str(configuration.room)

    def send(self, outgoing: Outgoing, configuration: FakeConfiguration, connections: Connections) -> Accepted:
        if configuration.token:
            self.secrets.append(connections.secret(configuration.token))
        self.during()
        failure = self.first.pop(0) if self.first else None
        if failure is None or self.loses:
            self.accepted.append((str(configuration.room), outgoing.text, outgoing.id))
        if failure is not None:
            raise failure
        return Accepted(f"reference-{len(self.accepted)}", self.facts)

    @property
    def texts(self) -> list[str]:
        return [text for _, text, _ in self.accepted]


class FakeChat(FakeService):
    """A chat: one message a second, and bursts are summarized."""

    seconds_between = 1.0
    summarizes = True


class FakeSms(FakeService):
    """A service whose notifications are not sent again if the answer was lost."""

    retries_unconfirmed = False
    facts: ClassVar[Mapping[str, int]] = {"parts": 2}


class NoHttp:
    """No HTTP client, because the fakes post nothing."""

    def post(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError(f"{request} was posted")

    def get(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError(f"{request} was read")
