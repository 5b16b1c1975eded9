"""Reads the settings of the functions from their environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from processor.retries import RetryPolicy

_TABLES = ("USERS_TABLE", "LOANS_TABLE", "REQUESTS_TABLE")
_QUEUES = ("QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "FILL_QUEUE_URL")
_NUMBERS = ("MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT")


class SettingsError(Exception):
    """The environment is incomplete or invalid; the text names every missing variable."""


class TableNames(NamedTuple):
    """The names of the three tables."""

    users: str
    loans: str
    requests: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables. Raise SettingsError."""
        return cls(*required(environment, _TABLES))


@dataclass(frozen=True)
class EventSettings:
    """The settings that the stack passes to the event function."""

    tables: TableNames
    queue_url: str
    dead_letter_queue_url: str
    fill_queue_url: str
    retry_policy: RetryPolicy

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; timeouts are in seconds. Raise SettingsError."""
        required(environment, (*_TABLES, *_QUEUES, *_NUMBERS))  # so that the error names all that are missing
        queue_url, dead_letter_queue_url, fill_queue_url = required(environment, _QUEUES)
        tables, retry_policy = TableNames.from_environment(environment), retry_policy_of(environment)
        return cls(tables, queue_url, dead_letter_queue_url, fill_queue_url, retry_policy)


def retry_policy_of(environment: Mapping[str, str]) -> RetryPolicy:
    """Return the retry policy of a function that reads a queue. Raise SettingsError."""
    texts = zip(_NUMBERS, required(environment, _NUMBERS), strict=True)
    receives, visibility, timeout = (_number(name, text) for name, text in texts)
    return RetryPolicy(receives, visibility, timeout)


def required(environment: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    """Return the values of variables. Raise SettingsError, which names all that are missing."""
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise SettingsError(f"Missing environment variables: {', '.join(missing)}.")
    return [environment[name] for name in names]


def _number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise SettingsError(f"{name} is not a whole number.")
    return int(text)
