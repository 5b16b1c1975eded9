"""Reads the settings of the fill function and of the read API from their environments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from loan_cache.settings import SettingsError, TableNames, required, retry_policy_of
from notifications.local_receiver import LocalReceiver
from processor.retries import RetryPolicy

_ALMA: Final = ("STAGE", "PACE_TABLE")
_QUEUES: Final = ("QUEUE_URL", "DEAD_LETTER_QUEUE_URL")
_NUMBERS: Final = ("REQUESTS_PER_DAY", "REQUESTS_KEPT")


class AlmaSettings(NamedTuple):
    """How Alma's API is reached. Without a host it is not asked; a receiver stands for it on the emulator only."""

    stage: str
    host: str
    pace_table: str
    is_loopback_allowed: bool
    receiver: LocalReceiver | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables. Raise SettingsError."""
        is_emulated = environment.get("ALLOW_LOOPBACK") == "true"
        try:
            receiver = LocalReceiver.from_environment(environment, is_loopback_allowed=is_emulated)
        except ValueError as wrong:
            raise SettingsError(str(wrong)) from None
        host = environment.get("ALMA_API_HOST", "").strip()
        stage, pace_table = required(environment, _ALMA)
        return cls(stage, host, pace_table, is_emulated, receiver)


@dataclass(frozen=True)
class FillSettings:
    """The settings of the fill function. Alma gets at most `requests_per_day`, and `requests_kept` stay for others."""

    tables: TableNames
    alma: AlmaSettings
    queue_url: str
    dead_letter_queue_url: str
    retry_policy: RetryPolicy
    requests_per_day: int
    requests_kept: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; times are in seconds. Raise SettingsError."""
        queue_url, dead_letter_queue_url = required(environment, _QUEUES)
        per_day, kept = required(environment, _NUMBERS)
        if not (per_day.isdecimal() and kept.isdecimal()):
            raise SettingsError(f"{' and '.join(_NUMBERS)} must be whole numbers.")
        return cls(
            tables=TableNames.from_environment(environment),
            alma=AlmaSettings.from_environment(environment),
            queue_url=queue_url,
            dead_letter_queue_url=dead_letter_queue_url,
            retry_policy=retry_policy_of(environment),
            requests_per_day=int(per_day),
            requests_kept=int(kept),
        )


@dataclass(frozen=True)
class ReadSettings:
    """The settings of the read API."""

    tables: TableNames
    alma: AlmaSettings
    fill_queue_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables. Raise SettingsError."""
        [fill_queue_url] = required(environment, ("FILL_QUEUE_URL",))
        return cls(TableNames.from_environment(environment), AlmaSettings.from_environment(environment), fill_queue_url)
