"""The integrations by their type in a topic. A new one needs a module here and a line below."""

from collections.abc import Mapping
from typing import Any, Final

from notifications.integrations.email import Email
from notifications.integrations.http import Http
from notifications.integrations.integration import Integration
from notifications.integrations.slack import Slack
from notifications.integrations.sms import Sms
from notifications.integrations.teams import Teams
from notifications.integrations.telegram import Telegram

INTEGRATIONS: Final[Mapping[str, Integration[Any]]] = {
    "slack": Slack(),
    "teams": Teams(),
    "telegram": Telegram(),
    "email": Email(),
    "sms": Sms(),
    "http": Http(),
}
