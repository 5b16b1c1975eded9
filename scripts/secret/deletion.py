"""Delete the secrets of an Alma profile that is no longer served, with an audit log."""

from typing import Final, NamedTuple

from botocore.exceptions import ClientError

from ingest import heartbeat
from scripts.aws import stack
from scripts.aws.clients import moment_of
from scripts.aws.clock import aws_clock
from scripts.aws.context import StackContext
from scripts.aws.errors import is_denied
from scripts.aws.exclusive import exclusive
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.routes.judged_routes import deploy_options
from scripts.secret.retired_profiles import check_name
from scripts.secret.store import SecretStore

_THINGS: Final = "secrets"
_COMMAND: Final = "secret-delete"


class Deletable(NamedTuple):
    """The names of the parameters to delete, and whether other stacks of the stage could be checked."""

    names: list[str]
    others_checked: bool


def check(scope: StackContext, profile: str) -> Deletable:
    """Return the parameters to delete. Raise RejectedError if a stack of the stage serves the profile.

    Raise ConfigurationError if the name is not valid for an Alma profile, or if the profile has no secret.
    """
    check_name(profile)
    if profile in scope.profiles:
        rest = ",".join(name for name in scope.profiles if name not in {profile, heartbeat.PROFILE})
        raise RejectedError(
            f"The stack {scope.stack.name} serves the Alma profile {profile}, so its secret was not deleted: every "
            f"event of the profile would be answered with 503. Remove the profile first: alma-webhooks deploy "
            f"{deploy_options(scope)} --parameter Profiles={rest} --allow-removal {profile}"
        )
    others = _served_elsewhere(scope, profile)
    if others:
        raise RejectedError(
            f"The stack {', '.join(others)} of the same stage serves the Alma profile {profile}, so its secret was not "
            "deleted: remove the profile from that stack first."
        )
    names = SecretStore(scope.aws.ssm, scope.stage).stored(profile)
    if not names:
        raise ConfigurationError(
            f"The Alma profile {profile} has no secret in the stage {scope.stage}, so nothing was deleted."
        )
    return Deletable(names, others is not None)


def _served_elsewhere(scope: StackContext, profile: str) -> list[str] | None:
    """Return the other stacks of the stage that serve the profile; None if listing stacks is denied."""
    try:
        pages = [*scope.aws.cloudformation.get_paginator("describe_stacks").paginate()]
    except ClientError as error:
        if is_denied(error):
            return None
        raise
    stacks = [each for page in pages for each in page["Stacks"] if each["StackName"] != scope.stack.name]
    of_stage = [each for each in stacks if stack.parameters_of(each).get("Stage") == scope.stage]
    return [each["StackName"] for each in of_stage if profile in listed(stack.outputs_of(each).get("Profiles", ""))]


def delete(scope: StackContext, profile: str) -> list[str]:
    """Delete the secrets of a profile, the previous one first. Return the names of the parameters.

    Raise the errors of `check` and `exclusive`.
    """
    caller = scope.aws.sts.get_caller_identity()
    clock = aws_clock(moment_of(caller))
    filters = {"profile": profile}
    with exclusive(scope, _THINGS, _COMMAND, who=caller["Arn"], clock=clock, filters=filters) as (_, audit):
        now = scope._replace(stack=stack.read(scope.aws, scope.stack.name))
        names = check(now, profile).names  # checked again: somebody may have deployed since the confirmation
        for name in names:
            SecretStore(scope.aws.ssm, scope.stage).delete(name)
            audit.record("deleted", parameter=name)
    return names
