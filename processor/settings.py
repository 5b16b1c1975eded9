"""Reads the processor's settings from the environment of its Lambda function."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from processor import heartbeat
from processor.delivery import MAX_MESSAGE_BYTES
from processor.retries import RetryPolicy

_RETRIES = ("MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT")
_NEEDED = (
    *("STAGE", "TOPICS", "TOPIC_ARN_PREFIX", "STATE_MACHINE_ARNS", "WEBHOOK_QUEUE_ARN", "WEBHOOK_QUEUE_URL"),
    *("DEAD_LETTER_QUEUE_URL", "OVERFLOW_BUCKET", "DELIVERIES_TABLE"),
    *_RETRIES,
)

_PARK = "PARK_OLDER_THAN_DAYS"
_TOPIC_BYTES = "TOPIC_MESSAGE_BYTES"
# The tier of alarms: only the largest has alarms that read the functions' metrics.
_ALARMS = "ALARMS"
_TIERS = ("none", "essential", "full")
_MOST_DAYS = 90  # `processor.deliveries.KEPT_SECONDS`

# A list that may be empty, for a stack whose routes deliver to none of its topics. The variable must still be set.
_MAY_BE_EMPTY = frozenset({"TOPICS"})


class SettingsError(Exception):
    """The environment is incomplete or invalid; the text names every missing variable."""


class NotificationNames(NamedTuple):
    """The names of the table of topics and of the queue, which the notifications stack creates."""

    topics_table: str
    queue: str


@dataclass(frozen=True)
class Settings:
    """The settings that the stack passes to the function. ARNs are by symbolic name, as in routes.yaml."""

    stage: str
    topic_arns: dict[str, str]  # without the heartbeat's
    heartbeat_topic_arn: str
    state_machine_arns: dict[str, str]
    webhook_queue_arn: str
    webhook_queue_url: str
    dead_letter_queue_url: str
    overflow_bucket: str
    deliveries_table: str
    retry_policy: RetryPolicy
    park_older_than_days: int  # 0: none
    topic_message_bytes: int = MAX_MESSAGE_BYTES  # of the topics in `topic_arns`
    has_metrics: bool = True  # for the alarms of the tier full
    notifications: NotificationNames | None = None  # if they are switched on

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables: TOPICS are names, comma-separated, STATE_MACHINE_ARNS a JSON object, timeouts seconds.

        TOPICS and the JSON object may be empty. Raise SettingsError.
        """
        given = {name for name, value in environment.items() if value or name in _MAY_BE_EMPTY}
        missing = [name for name in _NEEDED if name not in given]
        if missing:
            raise SettingsError(f"Missing environment variables: {', '.join(missing)}.")
        prefix = environment["TOPIC_ARN_PREFIX"]
        topics = [name.strip() for name in environment["TOPICS"].split(",")]
        return cls(
            stage=environment["STAGE"],
            topic_arns={name: prefix + name for name in topics if name},
            heartbeat_topic_arn=prefix + heartbeat.TOPIC,
            state_machine_arns=_object(environment, "STATE_MACHINE_ARNS"),
            webhook_queue_arn=environment["WEBHOOK_QUEUE_ARN"],
            webhook_queue_url=environment["WEBHOOK_QUEUE_URL"],
            dead_letter_queue_url=environment["DEAD_LETTER_QUEUE_URL"],
            overflow_bucket=environment["OVERFLOW_BUCKET"],
            deliveries_table=environment["DELIVERIES_TABLE"],
            retry_policy=_retry_policy(environment),
            park_older_than_days=_days(environment),
            topic_message_bytes=_number(environment, _TOPIC_BYTES, str(MAX_MESSAGE_BYTES)),
            has_metrics=_has_metrics(environment),
            notifications=_notifications(environment),
        )


def _retry_policy(environment: Mapping[str, str]) -> RetryPolicy:
    receives, visibility, timeout = (_number(environment, name) for name in _RETRIES)
    return RetryPolicy(receives, visibility, timeout)


def _notifications(environment: Mapping[str, str]) -> NotificationNames | None:
    names = NotificationNames(
        environment.get("NOTIFICATION_TOPICS_TABLE", ""), environment.get("NOTIFICATIONS_QUEUE", "")
    )
    return names if all(names) else None


def _object(environment: Mapping[str, str], name: str) -> dict[str, str]:
    try:
        return dict(json.loads(environment[name]))
    except (TypeError, ValueError):
        raise SettingsError(f"{name} is not a JSON object of names and ARNs.") from None


def _has_metrics(environment: Mapping[str, str]) -> bool:
    """Return whether alarms need metrics. A stack older than the tiers does not set the variable; it has all alarms."""
    tier = environment.get(_ALARMS, "").strip() or "full"
    if tier not in _TIERS:
        raise SettingsError(f"{_ALARMS} must be one of {', '.join(_TIERS)}.")
    return tier == "full"


def _days(environment: Mapping[str, str]) -> int:
    """Return the age limit in days; up to the days that records are kept, so that a younger event has its record."""
    days = _number(environment, _PARK, "0")
    if days > _MOST_DAYS:
        raise SettingsError(f"{_PARK} is {days}; set at most {_MOST_DAYS}, the days for which deliveries are recorded.")
    return days


def _number(environment: Mapping[str, str], name: str, default: str = "") -> int:
    """Return a whole number; the default for a variable that is empty, or that an older stack does not set."""
    text = environment.get(name) or default
    if not text.isdecimal():
        raise SettingsError(f"{name} is not a whole number.")
    return int(text)
