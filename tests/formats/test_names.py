"""Names in a deployed stack: outputs, which other stacks read, and physical names, on which data and users depend."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from scripts.aws.template import NOTIFICATIONS, OBSERVABILITY, PIPELINE
from tests.formats.golden import Golden
from tests.infra.complete_example import sent

LISTS: Final = {"Topics": "invented-topic", "Profiles": "invented-profile", "AlmaProfiles": ""}
NAMES: Final = {
    "AWS::ApiGatewayV2::Api": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}

PARTS: Final = (PIPELINE, OBSERVABILITY, NOTIFICATIONS)


@cache
def template_of(path: Path) -> dict[str, Any]:
    """The template as CloudFormation gets it, for one topic, one profile and the state machines of the example."""
    return sent(path, **LISTS)


def physical_names(template: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return resources by logical id and type, with the name in the template, or null."""
    for logical, resource in template["Resources"].items():
        if resource["Type"] in NAMES:
            name = resource.get("Properties", {}).get(NAMES[resource["Type"]])
            yield f"{logical} ({resource['Type']})", name.get("Fn::Sub", name) if isinstance(name, dict) else name


def test_stack_outputs_are_stable(golden: Golden) -> None:
    """The names of the outputs of all stacks are fixed."""
    outputs = {path.stem: sorted(template_of(path)["Outputs"]) for path in PARTS}
    golden.check("stack-outputs", outputs)


def test_physical_names_are_stable(golden: Golden) -> None:
    """The names in the templates are fixed, with the pseudo parameters that they use."""
    names = {path.stem: dict(sorted(physical_names(template_of(path)))) for path in PARTS}
    golden.check("physical-names", names)
