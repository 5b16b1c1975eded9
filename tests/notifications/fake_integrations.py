"""Integrations for tests: a chat with markup and a limit, and mail with templated members."""

from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import StrictStr, field_validator, model_validator

from notifications.integrations.integration import Accepted, Configuration, Connections, Integration, Outgoing
from notifications.references import SecretReference
from notifications.topics import Topic

# A valid notifications.yaml of these integrations.
TOPICS = """\
channels:
  library:
    jobs:
      integrations:
        - {name: team, type: chat, model: "*$title* is due", configuration: {url: {ssm: chat-team}}}
        - name: desk
          type: mail
          model:
            jinja: |
              {% if title %}Due: {{ title }}{% endif %}
          configuration:
            to: ["{{ mail }}", desk@example.org]
            subject: "Due: {{ title }}"
  students:
    loans:
      integrations:
        - {name: team, type: chat, model: Hello, configuration: {url: {ssm: chat-team}}}
"""

HASH = UUID("4c5f2f3e-8d1d-4c0b-9d55-0d6d1a3f0a11")


class ChatConfiguration(Configuration):
    """A chat: the reference to its URL, and its limit in characters."""

    url: SecretReference
    limit: int = 3_000


class MailConfiguration(Configuration):
    """Mail: who gets it, and its subject."""

    templated: ClassVar[frozenset[str]] = frozenset({"to", "subject"})

    to: list[StrictStr]
    subject: StrictStr = ""

    @field_validator("to")
    @classmethod
    def _is_address(cls, to: list[str]) -> list[str]:
        if not all("@" in each and "…" not in each for each in to):
            raise ValueError("an address has an @")
        return to

    @model_validator(mode="after")
    def _has_recipient(self) -> Self:
        if not self.to:
            raise ValueError("mail needs a recipient")
        return self


class FakeIntegration(Integration[Any]):
    """Escapes three characters, and fits by characters. `escaped` has the values that were escaped."""

    def __init__(self, configuration: type[Configuration] = ChatConfiguration) -> None:
        self.configuration = configuration  # type: ignore[misc] # a class variable of real ones
        self.escaped: list[str] = []

    def escape(self, value: str) -> str:
        self.escaped.append(value)
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def fits(self, text: str, configuration: Any) -> bool:
        return len(text) <= getattr(configuration, "limit", 3_000)

    def destination(self, configuration: Any) -> str:
        return repr(configuration)

    def send(self, outgoing: Outgoing, configuration: Any, connections: Connections) -> Accepted:  # noqa: ARG002
        raise AssertionError("nothing is sent in these tests")


def fake_integrations() -> dict[str, Integration[Any]]:
    """Return a new chat and a new mail, by type."""
    return {"chat": FakeIntegration(), "mail": FakeIntegration(MailConfiguration)}


def entry(model: Any = "*$title* is due", **members: Any) -> dict[str, Any]:
    """Return an integration of a topic, as it is written."""
    return {"name": "team", "type": "chat", "model": model, "configuration": {"url": {"ssm": "chat-team"}}, **members}


def topic_with(*entries: dict[str, Any], fallback: dict[str, Any] | None = None) -> Topic:
    """Return the topic jobs of the channel library with these integrations."""
    members = {"id": HASH, "channel": "library", "topic": "jobs", "integrations": list(entries), "fallback": fallback}
    return Topic.model_validate(members)
