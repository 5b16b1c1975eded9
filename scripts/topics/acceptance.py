"""What it means that a service accepted a notification, by the type of the integration. None of them says more."""

from collections.abc import Mapping
from typing import Final

ACCEPTANCE: Final[Mapping[str, str]] = {
    # "Sending messages using incoming webhooks" and "chat.postMessage", Slack docs
    "slack": "Slack took it for the channel; whether somebody sees it is not known. Look at the channel.",
    # "Create incoming webhooks with Workflows for Microsoft Teams", Microsoft Support
    "teams": "Teams answers before the flow runs, and a later failure of the flow is not reported here. Look at the "
    "channel, and at the run history of the flow in Power Automate.",
    # "sendMessage", Telegram Bot API
    "telegram": "Telegram took it for the chat; whether a device got it is not known. Look at the chat.",
    # "Using the Amazon SES account-level suppression list", Amazon SES Developer Guide
    "email": "SES took it. It drops mail to addresses on its suppression list, and a mail server can still return it "
    "or treat it as spam. Look into the mailbox.",
    # "Monitoring SMS activity" and "SMS sandbox", Amazon SNS Developer Guide
    "sms": "SNS took it. The monthly spend limit, the sandbox, an opt-out or the carrier can still stop it without an "
    "error. Look at the phone, and at the delivery logs of SNS.",
    "http": "The address answered 2XX; what it does with the notification is not known.",
}
