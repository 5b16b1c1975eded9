"""Find which secrets of a stage only one deployment uses, so that `destroy --everything` can delete them."""

from typing import TYPE_CHECKING

from ingest import heartbeat
from scripts.aws import mark, stack
from scripts.aws.clients import Aws
from scripts.aws.parameters import listed
from scripts.deploy.destruction import Destruction
from scripts.secret.store import notification_secrets, stored_secrets

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def to_delete(aws: Aws, found: Destruction) -> list[str]:
    """Return the names of the secrets that only this deployment uses.

    These are the secrets of the Alma profiles that only its pipeline serves. A secret of another profile of the stage
    may be of a stack that was destroyed and will be deployed again. The heartbeat's secret belongs to all pipelines of
    the stage, so it goes with the last secret of a profile. If the deployment has notifications, and no other one of
    the stage does, their secrets go too.
    """
    pages = aws.cloudformation.get_paginator("describe_stacks").paginate()
    others = [each for page in pages for each in page["Stacks"] if _is_other(each, found)]
    secrets = _of_profiles(aws, found, [each for each in others if _is_pipeline(each)])
    if _has_notifications(found.stacks) and not _has_notifications(others):
        secrets += notification_secrets(aws.ssm, found.stage)
    return secrets


def _of_profiles(aws: Aws, found: Destruction, others: "list[StackTypeDef]") -> list[str]:
    stored = {place.partition("/")[2]: names for place, names in stored_secrets(aws.ssm, found.stage).items()}
    own = {profile for each in found.stacks if _is_pipeline(each) for profile in _profiles(each)}
    gone = (own - {profile for each in others for profile in _profiles(each)}) & stored.keys()
    if not others and stored.keys() - gone == {heartbeat.PROFILE}:
        gone.add(heartbeat.PROFILE)
    return sorted(name for profile in gone for name in stored[profile])


def _profiles(pipeline: "StackTypeDef") -> list[str]:
    return listed(stack.parameters_of(pipeline).get("Profiles", ""))


def _is_other(each: "StackTypeDef", found: Destruction) -> bool:
    own = {one["StackName"] for one in found.stacks} | {found.place.stack}
    return each["StackName"] not in own and stack.parameters_of(each).get("Stage") == found.stage


def _is_pipeline(each: "StackTypeDef") -> bool:
    """Return whether this is a pipeline. One that is being created has no outputs yet, and so no mark."""
    outputs = stack.outputs_of(each)
    return mark.part_of(outputs) == mark.PIPELINE or (not outputs and "Profiles" in stack.parameters_of(each))


def _has_notifications(stacks: "list[StackTypeDef]") -> bool:
    return any(mark.part_of(stack.outputs_of(each)) == mark.NOTIFICATIONS for each in stacks)
