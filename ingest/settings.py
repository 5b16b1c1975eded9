"""Ingest's settings, from the environment of its Lambda and from nowhere else. Opens nothing, checks no secret.

"Defined runtime environment variables", AWS Lambda Developer Guide: what is not the template's is Lambda's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingest.lite_namedtuple import NamedTuple
from ingest.sigv4 import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_LAMBDAS_OWN = ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

# Five minutes: a rotation has to wait as long, and each running function asks SSM as often.
_LIFETIME = "SECRET_LIFETIME_SECONDS"
_LIFETIME_SECONDS = 300
_LIFETIME_LIMITS = (5, 3600)  # the template's parameter SecretLifetimeSeconds has the same


class SettingsError(Exception):
    """The environment is incomplete or wrong; the text names every variable that is missing, or the wrong one."""


def check_complete(environment: Mapping[str, str], *names: str) -> None:
    """Raises SettingsError that names all of these, and of Lambda's own, that are missing or blank."""
    missing = [name for name in (*names, *_LAMBDAS_OWN) if not environment.get(name, "").replace(",", " ").strip()]
    if missing:
        raise SettingsError(f"The environment lacks {', '.join(missing)}.")


class Surroundings(NamedTuple):
    """What Lambda tells every function: where it runs, and by whose rights."""

    region: str
    credentials: Credentials
    endpoint_url: str  # empty on AWS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Reads the variables of an environment that is complete."""
        credentials = Credentials(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN", ""),
        )
        return cls(environment["AWS_REGION"], credentials, environment.get("AWS_ENDPOINT_URL", ""))

    def endpoint_of(self, service: str) -> str:
        """The service's URL: AWS_ENDPOINT_URL for every one, if it is set, else AWS' own in the region."""
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return self.endpoint_url or f"https://{service}.{self.region}.{suffix}"


class Settings(NamedTuple):
    """What the stack and Lambda tell the listener."""

    stage: str
    profiles: tuple[str, ...]
    queue_url: str
    overflow_bucket: str
    surroundings: Surroundings
    secret_lifetime: int  # seconds
    retired_profiles: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Reads the variables. Raises SettingsError that names all that are missing or blank, or one that is wrong."""
        check_complete(environment, "STAGE", "PROFILES", "QUEUE_URL", "OVERFLOW_BUCKET")
        return cls(
            stage=environment["STAGE"],
            profiles=_listed(environment["PROFILES"]),
            queue_url=environment["QUEUE_URL"],
            overflow_bucket=environment["OVERFLOW_BUCKET"],
            surroundings=Surroundings.from_environment(environment),
            secret_lifetime=_lifetime(environment.get(_LIFETIME, "").strip() or str(_LIFETIME_SECONDS)),
            retired_profiles=_listed(environment.get("RETIRED_PROFILES", "")),
        )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name for name in map(str.strip, text.split(",")) if name)


def _lifetime(text: str) -> int:
    lowest, highest = _LIFETIME_LIMITS
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(highest)) and lowest <= int(text) <= highest):
        raise SettingsError(f"{_LIFETIME} must be whole seconds from {lowest} to {highest}.")
    return int(text)
