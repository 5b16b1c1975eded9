"""Read, write and delete the secrets of profiles in SSM Parameter Store.

`/alma-webhooks/STAGE/PROFILE/secret` and `…/previous-secret` are SecureStrings; ingest and this module ignore blank
ones.
"""

import contextlib
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from ingest import heartbeat
from scripts.aws.clients import moment_of
from scripts.cli.exit_codes import ConfigurationError, RejectedError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


CURRENT: Final = "secret"
PREVIOUS: Final = "previous-secret"

_NAME: Final = re.compile(rf"/alma-webhooks/([^/]+/[^/]+)/(?:{CURRENT}|{PREVIOUS})")


class StoredSecret(NamedTuple):
    """A usable secret, and when it was stored."""

    value: str
    since: datetime

    def __repr__(self) -> str:
        """Show the time only, so that no log or traceback shows the secret."""
        return f"StoredSecret(…, {self.since.isoformat()})"


class Pair(NamedTuple):
    """The usable secrets of a profile, and when they were read. All times are by the clock of AWS."""

    current: StoredSecret | None
    previous: StoredSecret | None
    read_at: datetime


class SecretStore:
    """The secrets of a stage in SSM. `last` is the last part of the name of a current one, by the kind of secret."""

    def __init__(self, ssm: "SSMClient", stage: str, last: str = CURRENT) -> None:
        self._ssm = ssm
        self._stage = stage
        self._last = last

    def read(self, profile: str) -> Pair:
        """Read the usable secrets of a profile."""
        names = [self.name(profile, which) for which in (CURRENT, PREVIOUS)]
        answer = self._ssm.get_parameters(Names=names, WithDecryption=True)
        kept = {
            parameter["Name"]: StoredSecret(parameter["Value"].strip(), parameter["LastModifiedDate"].astimezone(UTC))
            for parameter in answer["Parameters"]
            if parameter["Value"].strip()
        }
        return Pair(kept.get(names[0]), kept.get(names[1]), moment_of(answer))

    def add(self, profile: str, which: str, value: str, key: str | None = None) -> None:
        """Store a secret if there is none. Raise RejectedError if somebody else stored one first."""
        name = self.name(profile, which)
        try:
            self._put(name, value, key, overwrite=False)
        except self._ssm.exceptions.ParameterAlreadyExists:
            [parameter] = self._ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
            if parameter["Value"].strip():
                raise RejectedError(f"Somebody else has just stored {name}, so it was not changed.") from None
            self._put(name, value, key, overwrite=True)

    def replace_current(self, profile: str, value: str, key: str | None = None) -> None:
        """Store the current secret, overwriting any other."""
        self._put(self.name(profile, CURRENT), value, key, overwrite=True)

    def remove_previous(self, profile: str) -> None:
        """Delete the previous secret with all its older versions."""
        self._ssm.delete_parameter(Name=self.name(profile, PREVIOUS))

    def stored(self, profile: str) -> list[str]:
        """Return the names of the profile's parameters that exist, blank ones too, the previous secret first."""
        names = [self.name(profile, which) for which in (PREVIOUS, CURRENT)]
        there = {parameter["Name"] for parameter in self._ssm.get_parameters(Names=names)["Parameters"]}
        return [name for name in names if name in there]

    def delete(self, name: str) -> None:
        """Delete a parameter with all its older versions, if it exists."""
        with contextlib.suppress(self._ssm.exceptions.ParameterNotFound):
            self._ssm.delete_parameter(Name=name)

    def key(self, profile: str) -> str | None:
        """Return the KMS key of the current or else the previous secret, for encrypting the next one.

        Without a key id, SSM uses the default key of the account ("PutParameter", AWS Systems Manager API Reference).
        """
        for which in (CURRENT, PREVIOUS):
            names = [{"Key": "Name", "Option": "Equals", "Values": [self.name(profile, which)]}]
            for found in self._ssm.describe_parameters(ParameterFilters=names)["Parameters"]:  # type: ignore[arg-type] # the stubs want a literal
                return found.get("KeyId")
        return None

    def name(self, profile: str, which: str) -> str:
        """Return the name of the parameter."""
        return f"/alma-webhooks/{self._stage}/{profile}/{which.removesuffix(CURRENT)}{self._last}"

    def _put(self, name: str, value: str, key: str | None, *, overwrite: bool) -> None:
        more = {"KeyId": key} if key else {}
        self._ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=overwrite, **more)  # type: ignore[arg-type] # a key or nothing


def stored_secrets(ssm: "SSMClient", stage: str = "") -> dict[str, list[str]]:
    """Return the names of the parameters by STAGE/PROFILE, at most two each, of one stage or of all. Reads no secret.

    Raise botocore's errors.
    """
    found: dict[str, list[str]] = {}
    for name in _names_below(ssm, f"/alma-webhooks/{stage}".rstrip("/")):
        if match := _NAME.fullmatch(name):
            found.setdefault(match[1], []).append(name)
    return found


def notification_secrets(ssm: "SSMClient", stage: str) -> list[str]:
    """Return the names of the API keys and of the secrets of integrations of a stage, sorted. Reads no secret.

    Raise botocore's errors.
    """
    return sorted(_names_below(ssm, f"/alma-webhooks/{stage}/notifications"))


def _names_below(ssm: "SSMClient", path: str) -> Iterator[str]:
    pages = ssm.get_paginator("describe_parameters").paginate(
        ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [path]}]
    )
    return (parameter["Name"] for page in pages for parameter in page["Parameters"])


PROFILE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""The profile names that the template and ingest accept."""


def check_name(profile: str) -> None:
    """Raise ConfigurationError unless an Alma profile can have this name."""
    if profile == heartbeat.PROFILE:
        raise ConfigurationError(f"The profile {profile} is built in and always served; name an Alma profile.")
    if not PROFILE.fullmatch(profile):
        raise ConfigurationError(
            f"{profile!r} is not the name of an Alma profile: use lower-case letters, digits and hyphens."
        )


def retired_profiles(ssm: "SSMClient", stage: str, served: Collection[str]) -> list[str]:
    """Return the profiles that have a secret but are not served, sorted by name. Reads names of parameters only."""
    profiles = {place.partition("/")[2] for place in stored_secrets(ssm, stage)}
    return sorted(profile for profile in profiles - set(served) if PROFILE.fullmatch(profile))
