"""Reads the settings of the event function from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from processor.retries import RetryPolicy

_NUMBERS = ("MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT")
_NEEDED = (
    *("USERS_TABLE", "LOANS_TABLE", "REQUESTS_TABLE"),
    *("LOAN_QUEUE_URL", "LOAN_DEAD_LETTER_QUEUE_URL", "FILL_QUEUE_URL"),
    *_NUMBERS,
)


class SettingsError(Exception):
    """The environment is incomplete or invalid; the text names every missing variable."""


@dataclass(frozen=True)
class EventSettings:
    """The settings that the stack passes to the event function."""

    users_table: str
    loans_table: str
    requests_table: str
    loan_queue_url: str
    dead_letter_queue_url: str
    fill_queue_url: str
    retry_policy: RetryPolicy

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; timeouts are in seconds. Raise SettingsError."""
        missing = [name for name in _NEEDED if not environment.get(name)]
        if missing:
            raise SettingsError(f"Missing environment variables: {', '.join(missing)}.")
        for name in _NUMBERS:
            if not environment[name].isdecimal():
                raise SettingsError(f"{name} is not a whole number.")
        receives, visibility, timeout = (int(environment[name]) for name in _NUMBERS)
        return cls(
            users_table=environment["USERS_TABLE"],
            loans_table=environment["LOANS_TABLE"],
            requests_table=environment["REQUESTS_TABLE"],
            loan_queue_url=environment["LOAN_QUEUE_URL"],
            dead_letter_queue_url=environment["LOAN_DEAD_LETTER_QUEUE_URL"],
            fill_queue_url=environment["FILL_QUEUE_URL"],
            retry_policy=RetryPolicy(receives, visibility, timeout),
        )
