"""Reads the sender's settings from the environment of its Lambda function."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from notifications.local_receiver import LocalReceiver
from processor.retries import RetryPolicy

_NEEDED = (
    *("STAGE", "NOTIFICATIONS_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "SENDER_TABLE", "CONTACTS_TABLE"),
    *("MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT"),
)
_BURST = "BURST_MESSAGES"
_AGE = "MOST_AGE_SECONDS"
_EMAIL_SET = "EMAIL_CONFIGURATION_SET"
_PORTS = "HTTPS_PORTS"
_ALARMS = "ALARMS"
_TIERS = ("none", "essential", "full")
_LOOPBACK = "ALLOW_LOOPBACK"
_ALMA_HOST = "ALMA_API_HOST"

DEFAULT_BURST_MESSAGES = 12
DEFAULT_MOST_AGE_SECONDS = 86_400
_HTTPS_PORT = 443
_MOST_PORT = 65_535


class SenderSettingsError(Exception):
    """The environment is incomplete or invalid; the text names every missing variable."""


@dataclass(frozen=True)
class SenderSettings:
    """The settings that the stack passes to the function."""

    stage: str
    notifications_queue_url: str
    dead_letter_queue_url: str
    sender_table: str
    contacts_table: str
    retry_policy: RetryPolicy
    burst_messages: int = DEFAULT_BURST_MESSAGES  # of one topic to one destination in a minute, before the summary
    most_age_seconds: int = DEFAULT_MOST_AGE_SECONDS  # of a notification that a service throttles
    email_configuration_set: str = ""  # of SES; empty if the stack sends no e-mail
    https_ports: frozenset[int] = frozenset({_HTTPS_PORT})
    has_metrics: bool = True  # for the alarms of the tier full
    is_loopback_allowed: bool = False  # on the emulator only
    alma_api_host: str = ""  # empty if people are not looked up in Alma
    receiver: LocalReceiver | None = None  # of a local run

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables: times in seconds, ports as numbers, comma-separated. Raise SenderSettingsError."""
        missing = [name for name in _NEEDED if not environment.get(name)]
        if missing:
            raise SenderSettingsError(f"Missing environment variables: {', '.join(missing)}.")
        is_loopback_allowed = _one_of(environment, _LOOPBACK, ("false", "true"), "false") == "true"
        return cls(
            stage=environment["STAGE"],
            notifications_queue_url=environment["NOTIFICATIONS_QUEUE_URL"],
            dead_letter_queue_url=environment["DEAD_LETTER_QUEUE_URL"],
            sender_table=environment["SENDER_TABLE"],
            contacts_table=environment["CONTACTS_TABLE"],
            retry_policy=RetryPolicy(
                max_receives=_number(environment, "MAX_RECEIVE_COUNT"),
                visibility_seconds=_number(environment, "VISIBILITY_TIMEOUT"),
                function_seconds=_number(environment, "FUNCTION_TIMEOUT"),
            ),
            burst_messages=_number(environment, _BURST, DEFAULT_BURST_MESSAGES),
            most_age_seconds=_number(environment, _AGE, DEFAULT_MOST_AGE_SECONDS),
            email_configuration_set=environment.get(_EMAIL_SET, ""),
            https_ports=_ports(environment),
            has_metrics=_one_of(environment, _ALARMS, _TIERS, "full") == "full",
            alma_api_host=environment.get(_ALMA_HOST, "").strip(),
            is_loopback_allowed=is_loopback_allowed,
            receiver=_receiver(environment, is_loopback_allowed=is_loopback_allowed),
        )


def _number(environment: Mapping[str, str], name: str, default: int = 0) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise SenderSettingsError(f"{name} is not a whole number above 0.")
    return int(text)


def _one_of(environment: Mapping[str, str], name: str, values: tuple[str, ...], default: str) -> str:
    text = environment.get(name, "").strip() or default
    if text not in values:
        raise SenderSettingsError(f"{name} must be one of {', '.join(values)}.")
    return text


def _ports(environment: Mapping[str, str]) -> frozenset[int]:
    texts = [text.strip() for text in environment.get(_PORTS, "").split(",") if text.strip()]
    if not all(text.isascii() and text.isdecimal() and 0 < int(text) <= _MOST_PORT for text in texts):
        raise SenderSettingsError(f"{_PORTS} is not a list of ports, such as 8443,9443.")
    return frozenset({_HTTPS_PORT, *map(int, texts)})


def _receiver(environment: Mapping[str, str], *, is_loopback_allowed: bool) -> LocalReceiver | None:
    try:
        return LocalReceiver.from_environment(environment, is_loopback_allowed=is_loopback_allowed)
    except ValueError as error:
        raise SenderSettingsError(str(error)) from None
