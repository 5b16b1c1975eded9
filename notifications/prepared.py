"""Finds the integration of a notification, and validates its configuration."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from ingest.sqs_text import attribute_value
from notifications.errors import Permanent
from notifications.integrations.integration import RENDERED, Configuration, Integration
from notifications.notification import Notification
from notifications.references import SecretReference

Integrations = Mapping[str, Integration[Any]]


class Prepared(NamedTuple):
    """A notification's integration, the type of that, and its valid configuration."""

    integration: Integration[Any]
    kind: str
    configuration: Configuration

    @property
    def destination(self) -> str:
        """The name of the destination; of one to a person only after the look-up."""
        return f"{self.kind}:{self.integration.destination(self.configuration)}"

    @property
    def retries_unconfirmed(self) -> bool:
        """Whether a notification is sent again if the answer to it was lost."""
        chosen = self.configuration.retry_unconfirmed
        return self.integration.retries_unconfirmed if chosen is None else chosen

    @property
    def secrets(self) -> list[SecretReference]:
        """The references among the members of the configuration."""
        return [value for _, value in self.configuration if isinstance(value, SecretReference)]


def prepared(notification: Notification, integrations: Integrations) -> Prepared:
    """Return the integration and its configuration. Raise Permanent (no-target), which quotes no value.

    The producer has rendered the members, so a template in one of them is not valid. A forged message can name members
    of any length, so the field is cut.
    """
    kind = notification.credentials.get("type")
    integration = integrations.get(kind) if isinstance(kind, str) else None
    if integration is None:
        raise Permanent("no-target", "this version of the sender has no integration of this type", field="type")
    members = {name: value for name, value in notification.credentials.items() if name != "type"}
    try:
        configuration: Configuration = integration.configuration.model_validate(members, context=RENDERED)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        reason = f"the configuration of the integration is not valid ({first['type']})"
        raise Permanent("no-target", reason, field=attribute_value(".".join(map(str, first["loc"])))) from None
    return Prepared(integration, str(kind), configuration)
