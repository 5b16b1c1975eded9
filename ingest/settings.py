"""Reads ingest's settings from the environment of its Lambda function.

Variables that the template does not set are those of Lambda ("Defined runtime environment variables", AWS Lambda
Developer Guide).
"""

from __future__ import annotations

from collections.abc import Mapping

from ingest.lite_namedtuple import NamedTuple
from ingest.sigv4 import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_LAMBDAS_OWN = ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

# Five minutes: a rotation waits this long, and each running function asks SSM this often.
_LIFETIME = "SECRET_LIFETIME_SECONDS"
_LIFETIME_SECONDS = 300
_LIFETIME_LIMITS = (5, 3600)  # the template's parameter SecretLifetimeSeconds has the same


# The tier of alarms: only the largest has alarms that read the functions' metrics.
_ALARMS = "ALARMS"
_TIERS = ("none", "essential", "full")


class SettingsError(Exception):
    """The environment is incomplete or invalid; the text names all missing variables, or the invalid one."""


def check_complete(environment: Mapping[str, str], *names: str) -> None:
    """Raise SettingsError with all of these variables, and those of Lambda, that are missing or blank."""
    missing = [name for name in (*names, *_LAMBDAS_OWN) if not environment.get(name, "").replace(",", " ").strip()]
    if missing:
        raise SettingsError(f"Missing environment variables: {', '.join(missing)}.")


class Surroundings(NamedTuple):
    """The region, credentials and endpoint that Lambda passes to every function."""

    region: str
    credentials: Credentials
    endpoint_url: str  # empty on AWS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables of a complete environment."""
        credentials = Credentials(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN", ""),
        )
        return cls(environment["AWS_REGION"], credentials, environment.get("AWS_ENDPOINT_URL", ""))

    def endpoint_of(self, service: str) -> str:
        """Return the URL of a service: AWS_ENDPOINT_URL if set, otherwise that of AWS in the region."""
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return self.endpoint_url or f"https://{service}.{self.region}.{suffix}"


class Settings(NamedTuple):
    """The settings that the stack and Lambda pass to the listener."""

    stage: str
    profiles: tuple[str, ...]
    queue_url: str
    overflow_bucket: str
    surroundings: Surroundings
    secret_lifetime: int  # seconds
    retired_profiles: tuple[str, ...] = ()
    has_metrics: bool = True  # for the alarms of the tier full

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables. Raise SettingsError with all missing or blank ones, or with an invalid one."""
        check_complete(environment, "STAGE", "PROFILES", "QUEUE_URL", "OVERFLOW_BUCKET")
        return cls(
            stage=environment["STAGE"],
            profiles=_listed(environment["PROFILES"]),
            queue_url=environment["QUEUE_URL"],
            overflow_bucket=environment["OVERFLOW_BUCKET"],
            surroundings=Surroundings.from_environment(environment),
            secret_lifetime=_lifetime(environment.get(_LIFETIME, "").strip() or str(_LIFETIME_SECONDS)),
            retired_profiles=_listed(environment.get("RETIRED_PROFILES", "")),
            has_metrics=_has_metrics(environment),
        )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name for name in map(str.strip, text.split(",")) if name)


def _has_metrics(environment: Mapping[str, str]) -> bool:
    """Return whether alarms need metrics. A stack older than the tiers does not set the variable; it has all alarms."""
    tier = environment.get(_ALARMS, "").strip() or "full"
    if tier not in _TIERS:
        raise SettingsError(f"{_ALARMS} must be one of {', '.join(_TIERS)}.")
    return tier == "full"


def _lifetime(text: str) -> int:
    lowest, highest = _LIFETIME_LIMITS
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(highest)) and lowest <= int(text) <= highest):
        raise SettingsError(f"{_LIFETIME} must be whole seconds from {lowest} to {highest}.")
    return int(text)
