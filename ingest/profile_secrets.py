"""The profiles' secrets: read from SSM, cached, refreshed. Verifies nothing; no error or log of it holds a secret.

`/alma-webhooks/STAGE/PROFILE/secret` and, during a rotation, `…/previous-secret`. White space around a value is dropped
(a secret stored from a file often ends in a newline); a value of nothing else is unusable.

What is kept here grows with the profiles that callers name, so callers name configured ones only.

What `alma-webhooks secret rotate` waits for stands on two rules kept here. Nobody is shown secrets of which the reading
began longer ago than their lifetime, unless SSM is down; and while SSM is down no signature is certainly wrong. So an
event signed with a secret that is older than the lifetime never gets a 401, whoever used up the cool-down before it.
"""

from __future__ import annotations

import time

from ingest.aws import AwsError, JsonApi
from ingest.deadline import Deadline, MonotonicClock, WallClock
from ingest.lite_namedtuple import NamedTuple

# After SSM has answered a mismatch, a flood of bad signatures does not make this environment ask again for so long.
COOL_DOWN_SECONDS = 60.0

# After SSM has failed once, twice, …: shorter, because no signature is certainly wrong until it answers, and each 503
# delays a genuine event by an hour. Counted from the end of the failed call, so that not every request waits for one.
BACK_OFF_SECONDS = (1.0, 2.0, 5.0, 10.0)

# How long "there is none" is believed: short, for whoever stores the first secret activates the profile next.
ABSENCE_SECONDS = 5.0

_NEVER_READ = (float("-inf"), float("-inf"))


class NoUsableSecretError(Exception):
    """The profile has no secret, or only blank ones: nothing can be verified."""


class SecretsUnavailableError(Exception):
    """SSM did not answer, and without its answer the request can be neither accepted nor rejected."""


class Secrets(NamedTuple):
    """A profile's secrets, without white space around them; empty where there is none."""

    current: str = ""
    previous: str = ""

    def __repr__(self) -> str:
        """The class only: nothing that logs a value may log a secret."""
        return "Secrets(…)"


class ProfileSecrets:
    """The usable secrets of each profile. `lifetime`: seconds that they are kept, counted by both clocks.

    By the wall clock too, for nobody says whether the monotonic one goes on while Lambda holds a function frozen.
    """

    def __init__(
        self,
        ssm: JsonApi,
        stage: str,
        lifetime: float,
        *,
        monotonic: MonotonicClock = time.monotonic,
        wall: WallClock = time.time,
    ) -> None:
        self._ssm = ssm
        self._stage = stage
        self._lifetime = lifetime
        self._monotonic = monotonic
        self._wall = wall
        self._known: dict[str, Secrets] = {}
        self._stale_at: dict[str, tuple[float, float]] = {}
        self._refresh_at: dict[str, float] = {}
        self._failures: dict[str, int] = {}  # of SSM, since its last answer

    def usable(self, profile: str, deadline: Deadline) -> Secrets:
        """At least one secret; when SSM is down, the ones known before. Raises NoUsable…, SecretsUnavailableError."""
        if not self._is_stale(profile):
            return _at_least_one(self._known[profile])
        try:
            return self._fetch(profile, deadline)
        except SecretsUnavailableError:
            if not any(self._known.get(profile, ())):
                raise
            self._keep(profile, self._back_off(profile))
            return self._known[profile]

    def after_mismatch(self, profile: str, deadline: Deadline) -> Secrets:
        """The secrets read anew, for a signature that no known one gave; none if they were read so a moment ago.

        Raises NoUsableSecretError; SecretsUnavailableError when SSM did not answer, now or a moment ago: the secret may
        have been rotated, and to reject the request would lose the event.
        """
        if self._monotonic() >= self._refresh_at.get(profile, float("-inf")):
            secrets = self._fetch(profile, deadline)
            self._refresh_at[profile] = self._monotonic() + COOL_DOWN_SECONDS
            return secrets
        if profile in self._failures:
            raise SecretsUnavailableError("BackOff")
        return Secrets()

    def _fetch(self, profile: str, deadline: Deadline) -> Secrets:
        """One GetParameters ("GetParameters", AWS Systems Manager API Reference): an unknown name is no error."""
        began = self._now()  # what another writes while SSM's answer is on its way is not in it
        names = [f"/alma-webhooks/{self._stage}/{profile}/{name}" for name in ("secret", "previous-secret")]
        try:
            answer = self._ssm.call("GetParameters", {"Names": names, "WithDecryption": True}, deadline)
            values = {parameter["Name"]: parameter["Value"].strip() for parameter in answer["Parameters"]}
        except AwsError as error:
            raise self._failed(profile, str(error)) from None
        except (KeyError, TypeError, AttributeError):
            raise self._failed(profile, "UnreadableAnswer") from None
        self._failures.pop(profile, None)
        secrets = Secrets(*(values.get(name, "") for name in names))
        self._known[profile] = secrets
        self._keep(profile, self._lifetime if any(secrets) else ABSENCE_SECONDS, began)
        return _at_least_one(secrets)

    def _failed(self, profile: str, reason: str) -> SecretsUnavailableError:
        self._failures[profile] = min(self._failures.get(profile, 0) + 1, len(BACK_OFF_SECONDS))
        self._refresh_at[profile] = self._monotonic() + self._back_off(profile)
        return SecretsUnavailableError(reason)

    def _back_off(self, profile: str) -> float:
        return BACK_OFF_SECONDS[self._failures[profile] - 1]

    def _now(self) -> tuple[float, float]:
        return self._monotonic(), self._wall()

    def _keep(self, profile: str, seconds: float, since: tuple[float, float] | None = None) -> None:
        monotonic, wall = since or self._now()
        self._stale_at[profile] = (monotonic + seconds, wall + seconds)

    def _is_stale(self, profile: str) -> bool:
        monotonic, wall = self._stale_at.get(profile, _NEVER_READ)
        return self._monotonic() >= monotonic or self._wall() >= wall


def _at_least_one(secrets: Secrets) -> Secrets:
    if not any(secrets):
        raise NoUsableSecretError
    return secrets
