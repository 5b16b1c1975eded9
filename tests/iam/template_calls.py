"""The requests that CloudFormation makes for the resources of the templates, with the rights of the deployer.

The schema of each resource type lists the actions of its handlers ("Resource type schema", CloudFormation CLI Guide).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.iam.physical import StackResources, stacks
from tests.iam.requests import IamRequest
from tests.policies import not_allowed
from tests.test_permissions import NOT_USED, needed_for

ROLE: Final = "deployer"

# Types whose resource is part of another one, and the member that refers to it.
_PARTS: Final = {
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SNS::Subscription": "TopicArn",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::Logs::MetricFilter": "LogGroupName",
    "AWS::SES::ConfigurationSetEventDestination": "ConfigurationSetName",
}
# The log groups of the pipeline are parameters of the other stack.
_LOG_GROUP: Final = "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/alma-webhooks-STAGE-ingest:*"
_CODE: Final = "arn:aws:s3:::alma-webhooks-artefacts-ACCOUNT-REGION/processor/DIGEST.zip"


def requests() -> dict[str, set[IamRequest]]:
    """Return them by role."""
    return {
        ROLE: {
            request
            for stack in stacks()
            for logical_id, resource in stack.resources.items()
            for request in _of(stack, logical_id, resource)
        }
    }


def _of(stack: StackResources, logical_id: str, resource: Mapping[str, Any]) -> Iterator[IamRequest]:
    kind = resource["Type"]
    arns = _arns(stack, logical_id, resource)
    for action in sorted(not_allowed(needed_for(kind), NOT_USED)):
        for arn in _about(action, arns, stack):
            yield IamRequest(action, arn)


def _arns(stack: StackResources, logical_id: str, resource: Mapping[str, Any]) -> list[str]:
    if resource["Type"] not in _PARTS:
        return [stack.arn(logical_id)]
    value = stack.resolved(resource["Properties"][_PARTS[resource["Type"]]])
    found = [str(each) for each in (value if isinstance(value, list) else [value])]
    return [each if each.startswith("arn:") else _LOG_GROUP for each in found]


def _about(action: str, arns: list[str], stack: StackResources) -> Iterator[str]:
    """Yield the ARNs that an action of a handler is about."""
    service = action.partition(":")[0]
    if own := [arn for arn in arns if arn.split(":")[2:3] == [service]]:
        yield from own
    elif action == "iam:PassRole":
        yield from (stack.arn(name) for name, each in stack.resources.items() if each["Type"] == "AWS::IAM::Role")
    elif action in {"s3:GetObject", "s3:GetObjectVersion"}:
        yield _CODE
    else:
        yield "*"
