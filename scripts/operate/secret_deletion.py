"""Deletes the secrets of an Alma profile that is not served any more, with an audit. Asks nobody."""

from typing import Final

from ingest import heartbeat
from scripts.deploy import stack
from scripts.deploy.aws import moment_of
from scripts.deploy.retired_profiles import PROFILE
from scripts.errors import ConfigurationError, RefusedError
from scripts.operate.alone import alone
from scripts.operate.aws_clock import aws_clock
from scripts.operate.scope import Scope
from scripts.operate.secret_store import SecretStore

_THINGS: Final = "secrets"
_COMMAND: Final = "secret-delete"


def check(scope: Scope, profile: str) -> list[str]:
    """Return the names of the parameters to delete. Raise RefusedError for a profile that the stack serves.

    Raise ConfigurationError where there is none.
    """
    if not PROFILE.fullmatch(profile):
        raise ConfigurationError(
            f"{profile!r} is not the name of an Alma profile: use lower-case letters, digits and hyphens."
        )
    if profile in scope.profiles:
        rest = ",".join(name for name in scope.profiles if name not in {profile, heartbeat.PROFILE})
        raise RefusedError(
            f"The stack {scope.stack.name} serves the Alma profile {profile}, so its secret was not deleted: every "
            f"event of it would be answered 503. Take the profile away first: alma-webhooks deploy {scope.options} "
            f"--parameter Profiles={rest} --allow-removal {profile}"
        )
    names = SecretStore(scope.aws.ssm, scope.stage).stored(profile)
    if not names:
        raise ConfigurationError(
            f"The Alma profile {profile} has no secret at the stage {scope.stage}, so nothing was deleted."
        )
    return names


def delete(scope: Scope, profile: str) -> list[str]:
    """Delete a profile's secrets, the previous one first. Return the parameters' names. Raise as `check` does."""
    caller = scope.aws.sts.get_caller_identity()
    clock = aws_clock(moment_of(caller))
    with alone(scope, _THINGS, _COMMAND, who=caller["Arn"], clock=clock, filters={"profile": profile}) as (_, audit):
        now = scope._replace(stack=stack.read(scope.aws, scope.stack.name))
        names = check(now, profile)  # somebody may have deployed since the question
        for name in names:
            SecretStore(scope.aws.ssm, scope.stage).delete(name)
            audit.record("deleted", parameter=name)
    return names
