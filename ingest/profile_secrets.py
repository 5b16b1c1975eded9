"""The profiles' secrets: read from SSM, cached and refreshed. No error or log line shows a secret.

The parameters are `/alma-webhooks/STAGE/PROFILE/secret` and, during a rotation, `…/previous-secret`. White space around
a value is dropped, because a secret stored from a file often ends in a newline; a blank value is unusable.

Callers must pass configured profiles only, because the cache grows with each profile.

`alma-webhooks secret rotate` relies on two rules. Unless SSM is down, secrets are not used longer than their lifetime
after the start of reading them. While SSM is down, no signature is certainly wrong. So an event signed with a secret
that is older than the lifetime never gets a 401, even if another request has used up the cool-down.
"""

from __future__ import annotations

import time

from ingest.aws import AwsError, JsonApi
from ingest.deadline import Deadline, MonotonicClock, WallClock
from ingest.lite_namedtuple import NamedTuple

# After a mismatch SSM is not asked again for this long, so a flood of bad signatures causes few requests.
COOL_DOWN_SECONDS = 60.0

# After SSM has failed once, twice, …: shorter, because no signature is certainly wrong until SSM responds, and each 503
# delays a genuine event by an hour. Counted from the end of the failed call, so that not every request waits for it.
BACK_OFF_SECONDS = (1.0, 2.0, 5.0, 10.0)

# How long a missing secret is cached: short, because after storing the first secret the operator activates the profile.
ABSENCE_SECONDS = 5.0

_NEVER_READ = (float("-inf"), float("-inf"))


class NoUsableSecretError(Exception):
    """The profile has no secret, or only blank ones: nothing can be verified."""


class SecretsUnavailableError(Exception):
    """SSM did not respond, and without it the request can be neither accepted nor rejected."""


class Secrets(NamedTuple):
    """The secrets of a profile, without surrounding white space; empty if missing."""

    current: str = ""
    previous: str = ""

    def __repr__(self) -> str:
        """Return the class only, because logs must not show a secret."""
        return "Secrets(…)"


class ProfileSecrets:
    """The usable secrets of each profile. `lifetime` is how many seconds they are cached, by both clocks.

    The wall clock counts too, because the monotonic clock may stop while Lambda freezes a function.
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
        """Return at least one secret; if SSM is down, the cached ones. Raise NoUsable…, SecretsUnavailableError."""
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
        """Read the secrets again after a signature matched none; return none during the cool-down.

        Raise NoUsableSecretError; SecretsUnavailableError if SSM does not respond, now or within the back-off: the
        secret may have been rotated, and rejecting the request would lose the event.
        """
        if self._monotonic() >= self._refresh_at.get(profile, float("-inf")):
            secrets = self._fetch(profile, deadline)
            self._refresh_at[profile] = self._monotonic() + COOL_DOWN_SECONDS
            return secrets
        if profile in self._failures:
            raise SecretsUnavailableError("BackOff")
        return Secrets()

    def _fetch(self, profile: str, deadline: Deadline) -> Secrets:
        """Call GetParameters once (AWS Systems Manager API Reference); an unknown name is not an error."""
        began = self._now()  # the response does not have what is written while it is on its way
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
