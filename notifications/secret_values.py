"""Reads the secrets that topics refer to from SSM, and keeps them in memory for a while.

"GetParameter", AWS Systems Manager API Reference. While SSM does not answer, the values that were read keep working.
"""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from notifications.references import NOTIFICATIONS, SecretReference, parameter_of
from processor.errors import Permanent
from processor.retries import code_of, failure_by_code

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

LIFETIME_SECONDS = 300.0

# After a service refused a secret, which may have been replaced, and after a failed read: SSM takes 40 reads a second.
_PAUSE_SECONDS = 60.0

_MISSING = "ParameterNotFound"


class MissingSecret(Permanent):
    """The parameter of a reference does not exist."""


class _Cached(NamedTuple):
    value: str
    read_at: float
    expires_at: float

    def __repr__(self) -> str:
        """Return the class only, because nothing may show a secret."""
        return "_Cached(…)"


class SecretValues:
    """The secrets of a stage's integrations, or of another part. `ssm` returns the client, created at the first use.

    The time is that of the wall clock, because a function that Lambda freezes must not keep a secret for longer.
    """

    def __init__(
        self,
        ssm: Callable[[], "SSMClient"],
        stage: str,
        wall: Callable[[], float] = time.time,
        part: str = NOTIFICATIONS,
    ) -> None:
        self._ssm = ssm
        self._stage = stage
        self._part = part
        self._wall = wall
        self._cached: dict[str, _Cached] = {}
        self._missing_until: dict[str, float] = {}

    def parameter(self, reference: SecretReference) -> str:
        """Return the name of the parameter that has the secret."""
        return parameter_of(self._stage, reference.ssm, self._part)

    def optional(self, reference: SecretReference) -> str | None:
        """Return the secret, or None if it does not exist, which is remembered for a minute. Raise as `value` does."""
        if self._wall() < self._missing_until.get(reference.ssm, 0.0):
            return None
        try:
            return self.value(reference)
        except MissingSecret:
            self._missing_until[reference.ssm] = self._wall() + _PAUSE_SECONDS
            return None

    def value(self, reference: SecretReference) -> str:
        """Return the secret without outer white space. Raise Permanent (no-target) if there is none; Transient."""
        cached, now = self._cached.get(reference.ssm), self._wall()
        if cached and now < cached.expires_at:
            return cached.value
        try:
            value = self._read(reference)
        except (ClientError, BotoCoreError) as error:
            if cached is None or code_of(error) == _MISSING:
                raise self._failure(reference, code_of(error)) from None
            self._cached[reference.ssm] = cached._replace(expires_at=now + _PAUSE_SECONDS)
            return cached.value
        self._cached[reference.ssm] = _Cached(value, now, now + LIFETIME_SECONDS)
        return value

    def refused(self, references: Iterable[SecretReference]) -> None:
        """Read these secrets anew at the next use: a service refused a request that was made with them.

        A value that was read a short while ago is used for a minute from then.
        """
        for reference in references:
            if cached := self._cached.get(reference.ssm):
                expires_at = min(cached.expires_at, cached.read_at + _PAUSE_SECONDS)
                self._cached[reference.ssm] = cached._replace(expires_at=expires_at)

    def _read(self, reference: SecretReference) -> str:
        found = self._ssm().get_parameter(Name=self.parameter(reference), WithDecryption=True)
        value = found["Parameter"]["Value"].strip()
        if not value:
            raise Permanent("no-target", f"the parameter {self.parameter(reference)} is empty")
        return value

    def _failure(self, reference: SecretReference, code: str) -> Exception:
        name = self.parameter(reference)
        if code == _MISSING:
            self._cached.pop(reference.ssm, None)
            return MissingSecret("no-target", f"the parameter {name} does not exist")
        return failure_by_code(code, "no-target", f"the parameter {name} could not be read")
