"""Create, rotate, retire and delete the secrets of the profiles of a stack. Prints nothing and asks nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from secrets import token_urlsafe
from typing import NamedTuple

from scripts.aws import stack
from scripts.aws.context import StackContext
from scripts.aws.errors import is_denied, suppress_if
from scripts.aws.exclusive import exclusive
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.progress import WaitProgress
from scripts.secret.rotation import Rotation, RotationState
from scripts.secret.store import Pair, SecretStore, check_name
from scripts.secret.usage import Usage, UsageUnknownError


class SecretStatus(NamedTuple):
    """The secrets of a profile. `last_uses` are of the current and the previous secret; `uses_unknown` says why not."""

    profile: str
    listener_url: str
    pair: Pair
    state: RotationState
    complete_at: datetime | None
    last_uses: Sequence[datetime | None] | None = None
    uses_unknown: str = ""


def rotation_of(scope: StackContext) -> Rotation:
    """Return the rotation of the secrets of a stack's stage."""
    store = SecretStore(scope.aws.ssm, scope.stage)
    usage = Usage(scope.aws.logs, scope.output("IngestLogGroupName", "where ingest's log is"))
    return Rotation(store, usage, scope.secret_lifetime)


class SecretService:
    """The secrets of the profiles that a stack serves. Every method raises botocore's errors.

    All but `deletable` and `delete` raise ConfigurationError for a profile that the stack does not serve.
    """

    def __init__(self, scope: StackContext) -> None:
        self.scope = scope

    @cached_property
    def _rotation(self) -> Rotation:
        return rotation_of(self.scope)

    def status(self, profile: str) -> SecretStatus:
        """Return the secrets of a profile and when they were last used."""
        status = self._status(profile, self._rotation.store.read(self.scope.profile(profile)))
        try:
            return status._replace(last_uses=self._rotation.last_uses(profile, status.pair))
        except UsageUnknownError as error:
            return status._replace(uses_unknown=str(error))

    def create(self, profile: str, secret: str | None = None) -> SecretStatus:
        """Store the first secret of a profile, a random one by default. Raise RejectedError if it has one."""
        return self._status(profile, self._rotation.create(self.scope.profile(profile), secret or token_urlsafe(32)))

    def rotate(self, profile: str, progress: WaitProgress) -> SecretStatus:
        """Store a new secret, keep the old one as previous, and wait until every running listener knows both.

        Continues an interrupted rotation. Raise RejectedError, or FailedError if somebody else changed the secrets.
        """
        self._rotation.begin(self.scope.profile(profile), token_urlsafe(32))
        return self._status(profile, self._rotation.wait(profile, progress))

    def retire(self, profile: str, unused_for: timedelta, *, force: bool) -> tuple[bool, SecretStatus]:
        """Remove the previous secret. Return whether there was one, and what is left.

        Raise RejectedError if it may still be needed.
        """
        is_removed = self._rotation.retire(self.scope.profile(profile), unused_for, force=force)
        return is_removed, self._status(profile, self._rotation.store.read(profile))

    def deletable(self, profile: str) -> tuple[list[str], bool]:
        """Return the names of the parameters to delete, and whether other stacks of the stage could be checked.

        Raise RejectedError if a stack of the stage serves the profile, ConfigurationError if the name is not valid for
        an Alma profile, or if the profile has no secret.
        """
        scope = self.scope
        check_name(profile)
        if profile in scope.profiles:
            raise RejectedError(
                f"The stack {scope.stack.name} serves the Alma profile {profile}, so its secret was not deleted: every "
                f"event of the profile would be answered with 503. Remove it from alma_profiles in alma-webhooks.yaml "
                f"first, then alma-webhooks deploy --allow-removal {profile} {scope.options}"
            )
        others = self._served_elsewhere(profile)
        if others:
            raise RejectedError(
                f"The stack {', '.join(others)} of the same stage serves the Alma profile {profile}, so its secret was "
                "not deleted: remove the profile from that stack first."
            )
        names = SecretStore(scope.aws.ssm, scope.stage).stored(profile)
        if not names:
            raise ConfigurationError(
                f"The Alma profile {profile} has no secret in the stage {scope.stage}, so nothing was deleted."
            )
        return names, others is not None

    def delete(self, profile: str) -> list[str]:
        """Delete the secrets of a profile, the previous one first. Return the names of the parameters.

        Raise the errors of `deletable` and `exclusive`.
        """
        scope = self.scope
        with exclusive(scope, "secrets", "secret-delete", filters={"profile": profile}) as (_, audit):
            # checked again: somebody may have deployed since the confirmation
            now = SecretService(scope._replace(stack=stack.read(scope.aws, scope.stack.name)))
            names, _ = now.deletable(profile)
            for name in names:
                SecretStore(scope.aws.ssm, scope.stage).delete(name)
                audit.record("deleted", parameter=name)
        return names

    def _status(self, profile: str, pair: Pair) -> SecretStatus:
        return SecretStatus(profile, self.scope.listener_url(profile), *self._rotation.status(pair))

    def _served_elsewhere(self, profile: str) -> list[str] | None:
        """Return the other stacks of the stage that serve the profile; None if listing stacks is denied."""
        with suppress_if(is_denied):
            return [
                each["StackName"]
                for page in self.scope.aws.cloudformation.get_paginator("describe_stacks").paginate()
                for each in page["Stacks"]
                if each["StackName"] != self.scope.stack.name
                and stack.parameters_of(each).get("Stage") == self.scope.stage
                and profile in listed(stack.outputs_of(each).get("Profiles", ""))
            ]
        return None
