"""A profile's secrets as they lie in SSM Parameter Store: reads, writes and removes them. Knows no rotation's order.

`/alma-webhooks/STAGE/PROFILE/secret` and `…/previous-secret`, both SecureStrings; a blank one is none, as for ingest.
"""

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from scripts.aws.clients import moment_of
from scripts.cli.exit_codes import RejectedError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

CURRENT: Final = "secret"
PREVIOUS: Final = "previous-secret"


class Kept(NamedTuple):
    """A usable secret, and when it was stored."""

    value: str
    since: datetime

    def __repr__(self) -> str:
        """The time only: nothing that shows a value may show a secret."""
        return f"Kept(…, {self.since.isoformat()})"


class Pair(NamedTuple):
    """A profile's usable secrets, and when SSM said so: all times are by AWS' clocks, not by this computer's."""

    current: Kept | None
    previous: Kept | None
    read_at: datetime


class SecretStore:
    """The secrets of one stage."""

    def __init__(self, ssm: "SSMClient", stage: str) -> None:
        self._ssm = ssm
        self._stage = stage

    def read(self, profile: str) -> Pair:
        """What is there now."""
        names = [self.name(profile, which) for which in (CURRENT, PREVIOUS)]
        answer = self._ssm.get_parameters(Names=names, WithDecryption=True)
        kept = {
            parameter["Name"]: Kept(parameter["Value"].strip(), parameter["LastModifiedDate"].astimezone(UTC))
            for parameter in answer["Parameters"]
            if parameter["Value"].strip()
        }
        return Pair(kept.get(names[0]), kept.get(names[1]), moment_of(answer))

    def add(self, profile: str, which: str, value: str, key: str | None = None) -> None:
        """Stores a secret where there is none. Raises RejectedError when somebody was faster."""
        name = self.name(profile, which)
        try:
            self._put(name, value, key, overwrite=False)
        except self._ssm.exceptions.ParameterAlreadyExists:
            [parameter] = self._ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
            if parameter["Value"].strip():
                raise RejectedError(f"{name} has just been stored by somebody else; run secret status.") from None
            self._put(name, value, key, overwrite=True)

    def replace_current(self, profile: str, value: str, key: str | None = None) -> None:
        """Stores the current secret, whatever was there."""
        self._put(self.name(profile, CURRENT), value, key, overwrite=True)

    def remove_previous(self, profile: str) -> None:
        """Removes the previous secret, with all its older versions."""
        self._ssm.delete_parameter(Name=self.name(profile, PREVIOUS))

    def stored(self, profile: str) -> list[str]:
        """Return the names of the profile's parameters that are there, blank ones too, the previous secret's first."""
        names = [self.name(profile, which) for which in (PREVIOUS, CURRENT)]
        there = {parameter["Name"] for parameter in self._ssm.get_parameters(Names=names)["Parameters"]}
        return [name for name in names if name in there]

    def delete(self, name: str) -> None:
        """Delete a parameter, with all its older versions; one that is gone already is fine."""
        with contextlib.suppress(self._ssm.exceptions.ParameterNotFound):
            self._ssm.delete_parameter(Name=name)

    def key(self, profile: str) -> str | None:
        """The KMS key of the current secret, else of the previous one: the next one is to be encrypted with the same.

        SSM would take the account's default key ("PutParameter", AWS Systems Manager API Reference).
        """
        for which in (CURRENT, PREVIOUS):
            names = [{"Key": "Name", "Option": "Equals", "Values": [self.name(profile, which)]}]
            for found in self._ssm.describe_parameters(ParameterFilters=names)["Parameters"]:  # type: ignore[arg-type] # the stubs want a literal
                return found.get("KeyId")
        return None

    def name(self, profile: str, which: str) -> str:
        """The parameter's name."""
        return f"/alma-webhooks/{self._stage}/{profile}/{which}"

    def _put(self, name: str, value: str, key: str | None, *, overwrite: bool) -> None:
        more = {"KeyId": key} if key else {}
        self._ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=overwrite, **more)  # type: ignore[arg-type] # a key or nothing
