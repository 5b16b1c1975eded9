"""Names that a deployed stack has: outputs, which others read, and physical names, which data and users depend on."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.deploy.expansion import expanded
from tests.formats.golden import Golden

LISTS: Final = {"Topics": "invented-topic", "Profiles": "invented-profile"}
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


@cache
def sent(path: Path) -> dict[str, Any]:
    """The template as CloudFormation gets it, for one topic and one profile."""
    template = load(path)
    return expanded(template, {name: text for name, text in LISTS.items() if name in template["Parameters"]})


def named(template: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Resources by logical id and type, with the name that the template gives them, or null."""
    for logical, resource in template["Resources"].items():
        if resource["Type"] in NAMES:
            name = resource.get("Properties", {}).get(NAMES[resource["Type"]])
            yield f"{logical} ({resource['Type']})", name.get("Fn::Sub", name) if isinstance(name, dict) else name


def test_stack_outputs_stay(golden: Golden) -> None:
    """The names of the outputs of both stacks."""
    golden.check("stack-outputs", {path.stem: sorted(sent(path)["Outputs"]) for path in (PIPELINE, OBSERVABILITY)})


def test_physical_names_stay(golden: Golden) -> None:
    """What the templates name, with the pseudo parameters that names are made of."""
    names = {path.stem: dict(sorted(named(sent(path)))) for path in (PIPELINE, OBSERVABILITY)}
    golden.check("physical-names", names)
