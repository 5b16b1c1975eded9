"""The ARNs of the resources of all stacks, and the parts of their templates with names and ARNs in them."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from scripts.aws.template import NOTIFICATIONS, OBSERVABILITY, PIPELINE
from tests.infra.complete_example import sent

_NAMES: Final = {
    "AWS::SQS::Queue": ("QueueName", "arn:aws:sqs:REGION:ACCOUNT:{}"),
    "AWS::SNS::Topic": ("TopicName", "arn:aws:sns:REGION:ACCOUNT:{}"),
    "AWS::DynamoDB::Table": ("TableName", "arn:aws:dynamodb:REGION:ACCOUNT:table/{}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "arn:aws:logs:REGION:ACCOUNT:log-group:{}:*"),
    "AWS::Lambda::Function": ("FunctionName", "arn:aws:lambda:REGION:ACCOUNT:function:{}"),
    "AWS::Lambda::EventSourceMapping": ("", "arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:ID"),
    "AWS::S3::Bucket": ("BucketName", "arn:aws:s3:::{}"),
    "AWS::IAM::Role": ("RoleName", "arn:aws:iam::ACCOUNT:role/{}"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "arn:aws:states:REGION:ACCOUNT:stateMachine:{}"),
    "AWS::CloudWatch::Alarm": ("AlarmName", "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:{}"),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmName", "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:{}"),
    "AWS::CloudWatch::Dashboard": ("DashboardName", "arn:aws:cloudwatch::ACCOUNT:dashboard/{}"),
    "AWS::Events::Rule": ("Name", "arn:aws:events:REGION:ACCOUNT:rule/{}"),
    "AWS::SES::ConfigurationSet": ("Name", "arn:aws:ses:REGION:ACCOUNT:configuration-set/{}"),
    "AWS::Logs::ResourcePolicy": ("PolicyName", "*"),  # it has no ARN
    "AWS::KMS::Key": ("", "arn:aws:kms:REGION:ACCOUNT:key/ID"),
    "AWS::ApiGatewayV2::Api": ("", "arn:aws:apigateway:REGION::/apis/ID"),
    "AWS::ApiGatewayV2::DomainName": ("", "arn:aws:apigateway:REGION::/domainnames/NAME"),
    "AWS::ApiGatewayV2::ApiMapping": ("", "arn:aws:apigateway:REGION::/domainnames/NAME/apimappings/ID"),
    "AWS::ApiGatewayV2::Integration": ("", "arn:aws:apigateway:REGION::/apis/ID/integrations/ID"),
    "AWS::ApiGatewayV2::Route": ("", "arn:aws:apigateway:REGION::/apis/ID/routes/ID"),
    "AWS::ApiGatewayV2::Stage": ("", "arn:aws:apigateway:REGION::/apis/ID/stages/$default"),
}

# Values of the parameters that decide whether a statement is there, or what it names.
OUTSIDE: Final = {
    "DeclaredStateMachineArns": "arn:aws:states:REGION:ACCOUNT:stateMachine:alma-webhooks-STAGE-pod",
    "OutsideTopicArns": "arn:aws:sns:REGION:ACCOUNT:theirs",
    "OutsideStateMachineArns": "arn:aws:states:REGION:ACCOUNT:stateMachine:theirs",
    "QueueArns": "arn:aws:sqs:REGION:ACCOUNT:theirs",
    "EventBusArns": "arn:aws:events:REGION:ACCOUNT:event-bus/theirs",
    "FunctionArns": "arn:aws:lambda:REGION:ACCOUNT:function:theirs",
}
_ABSENT: Final = object()


class StackResources:
    """The resources of one expanded stack."""

    def __init__(self, template: Mapping[str, Any], stack: str) -> None:
        self.template = template
        self.resources: Mapping[str, Mapping[str, Any]] = template["Resources"]
        self._pseudo = {
            "AWS::StackName": stack,
            "AWS::Region": "REGION",
            "AWS::AccountId": "ACCOUNT",
            "AWS::Partition": "aws",
            "Stage": "STAGE",
            "AlarmStack": "alma-webhooks-STAGE-observability",
        }

    def arn(self, logical_id: str) -> str:
        """Return the ARN of a resource, with the id of the resource as the end of a name that AWS makes."""
        resource = self.resources[logical_id]
        member, form = _NAMES[resource["Type"]]
        name = resource["Properties"].get(member)
        made = f"{self._pseudo['AWS::StackName']}-{logical_id}-X"
        return form.format(self.resolved(name) if name else made)

    def resolved(self, part: Any) -> Any:
        """Return a part of the template with its references replaced. Conditions about ARNs outside the stack hold."""
        match part:
            case {"Ref": "AWS::NoValue"}:
                return _ABSENT
            case {"Ref": name}:
                return self._named(name)
            case {"Fn::GetAtt": [name, *_]} | {"Fn::GetAtt": str(name)}:
                return self.arn(name.partition(".")[0])
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}]+)\}", lambda found: str(self._named(found[1].partition(".")[0])), text)
            case {"Fn::If": [_, there, absent]}:
                found = self.resolved(there)
                return self.resolved(absent) if found is _ABSENT else found
            case {"Fn::Split": [_, text]} | {"Fn::Join": [_, text]}:
                return self.resolved(text)
            case dict():
                found = {name: self.resolved(value) for name, value in part.items()}
                return {name: value for name, value in found.items() if value is not _ABSENT}
            case list():
                return [value for value in map(self.resolved, part) if value is not _ABSENT]
        return part

    def _named(self, name: str) -> Any:
        if name in self.resources:
            return self.arn(name)
        if name in self._pseudo:
            return self._pseudo[name]
        return [OUTSIDE[name]] if name in OUTSIDE else name


def resource_policies() -> dict[str, Any]:
    """Return the policies of the keys of all stacks by ARN."""
    return {
        stack.arn(logical_id): stack.resolved(resource["Properties"]["KeyPolicy"])
        for stack in stacks()
        for logical_id, resource in stack.resources.items()
        if resource["Type"] == "AWS::KMS::Key"
    }


@cache
def stacks() -> list[StackResources]:
    """Return the resources of the pipeline, its observability and its notifications, with all alarms and rights."""
    return [
        StackResources(sent(PIPELINE, **OUTSIDE), "alma-webhooks-STAGE"),
        StackResources(sent(OBSERVABILITY), "alma-webhooks-STAGE-observability"),
        StackResources(sent(NOTIFICATIONS), "alma-webhooks-STAGE-notifications"),
    ]
