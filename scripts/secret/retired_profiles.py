"""Check the names of Alma profiles, and list those that have a secret but are not served by a stack."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from ingest import heartbeat
from scripts.cli.exit_codes import ConfigurationError
from scripts.secret.store import stored_secrets

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

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


def retired(ssm: "SSMClient", stage: str, served: Collection[str]) -> list[str]:
    """Return the profiles that have a secret but are not served, sorted by name."""
    return sorted(with_secret(ssm, stage) - set(served))


def with_secret(ssm: "SSMClient", stage: str) -> set[str]:
    """Return the profiles that have a current or previous secret in SSM. Reads the names of parameters only."""
    profiles = {place.partition("/")[2] for place in stored_secrets(ssm, stage)}
    return {profile for profile in profiles if PROFILE.fullmatch(profile)}
