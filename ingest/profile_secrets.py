"""The profiles' secrets: read from SSM, cached, refreshed. Verifies nothing; no error or log of it holds a secret.

`/alma-webhooks/STAGE/PROFILE/secret` and, during a rotation, `…/previous-secret`. White space around a value is dropped
(a secret stored from a file often ends in a newline); a value of nothing else is unusable.
"""

from ingest.aws import AwsError, JsonApi
from ingest.deadline import Clock, Deadline

LIFETIME_SECONDS = 300.0

# At most so often is SSM asked for one profile because something went wrong: neither a flood of bad signatures nor an
# SSM that is down may make every request wait for it.
COOL_DOWN_SECONDS = 60.0


# How long "there is none" is believed: short, for whoever stores the first secret activates the profile next.
ABSENCE_SECONDS = 5.0


class NoUsableSecretError(Exception):
    """The profile has no secret, or only blank ones: nothing can be verified."""


class SecretsUnavailableError(Exception):
    """SSM did not answer, and without its answer the request can be neither accepted nor refused."""


class ProfileSecrets:
    """The usable secrets of each profile, current before previous."""

    def __init__(self, ssm: JsonApi, stage: str, monotonic: Clock) -> None:
        self._ssm = ssm
        self._stage = stage
        self._monotonic = monotonic
        self._known: dict[str, tuple[str, ...]] = {}
        self._stale_at: dict[str, float] = {}
        self._refresh_at: dict[str, float] = {}
        self._in_doubt: set[str] = set()

    def usable(self, profile: str, deadline: Deadline) -> tuple[str, ...]:
        """At least one secret; when SSM is down, the ones known before. Raises NoUsable…, SecretsUnavailableError."""
        if self._monotonic() < self._stale_at.get(profile, float("-inf")):
            return _at_least_one(self._known[profile])
        try:
            return self._fetch(profile, deadline)
        except SecretsUnavailableError:
            if not self._known.get(profile):
                raise
            self._stale_at[profile] = self._monotonic() + COOL_DOWN_SECONDS
            return self._known[profile]

    def after_mismatch(self, profile: str, deadline: Deadline) -> tuple[str, ...]:
        """The secrets read anew, for a signature that no known one gave; none if they were read so a moment ago.

        Raises NoUsableSecretError; SecretsUnavailableError when SSM did not answer, now or a moment ago: the secret may
        have been rotated, and to refuse the request would lose the event.
        """
        now = self._monotonic()
        if now >= self._refresh_at.get(profile, float("-inf")):
            self._refresh_at[profile] = now + COOL_DOWN_SECONDS
            self._in_doubt.add(profile)
            return self._fetch(profile, deadline)
        if profile in self._in_doubt:
            raise SecretsUnavailableError
        return ()

    def _fetch(self, profile: str, deadline: Deadline) -> tuple[str, ...]:
        """One GetParameters ("GetParameters", AWS Systems Manager API Reference): an unknown name is no error."""
        names = [f"/alma-webhooks/{self._stage}/{profile}/{name}" for name in ("secret", "previous-secret")]
        try:
            answer = self._ssm.call("GetParameters", {"Names": names, "WithDecryption": True}, deadline)
            values = {parameter["Name"]: parameter["Value"].strip() for parameter in answer["Parameters"]}
        except AwsError as error:
            raise SecretsUnavailableError(str(error)) from None
        except (KeyError, TypeError, AttributeError):
            raise SecretsUnavailableError("UnreadableAnswer") from None
        self._in_doubt.discard(profile)
        secrets = tuple(value for value in map(values.get, names) if value)
        self._known[profile] = secrets
        self._stale_at[profile] = self._monotonic() + (LIFETIME_SECONDS if secrets else ABSENCE_SECONDS)
        return _at_least_one(secrets)


def _at_least_one(secrets: tuple[str, ...]) -> tuple[str, ...]:
    if not secrets:
        raise NoUsableSecretError
    return secrets
