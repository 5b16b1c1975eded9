"""The policies of the documents: they allow what the code calls, nothing else, on what the template names."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped] # it has no types

from scripts.aws.template import load
from tests.policies import actions, called_in, not_allowed, policies, resources

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts"
AWS = SCRIPTS / "aws"
DOCTOR = sorted((SCRIPTS / "doctor").glob("*.py"))
PAGE = policies("permissions.md")
DEPLOYER = (PAGE["The deployer"], PAGE["The deployer 2"])
OPERATORS = {
    "look": PAGE["Look at dead letters"],
    "change": PAGE["Change dead letters"],
    "secrets": policies("secrets.md")["Rights"],
    "reconcile": policies("reconciliation.md")["Rights"],
    "executions": policies("executions.md")["Rights"],
    "doctor": policies("doctor.md")["Rights"],
    "fix": PAGE["Recreate what was deleted by hand"],
}
TEMPLATES = sorted((ROOT / "infra" / "cloudformation").glob("*.yaml"))

# What CloudFormation's resource types may ask for, and do not with templates that do not use it.
NOT_USED = {
    **dict.fromkeys(("ec2:*", "elasticfilesystem:*", "s3files:*"), "functions in a VPC or with a file system"),
    **dict.fromkeys(("kinesis:*", "firehose:*", "s3tables:*"), "streams and tables of other services"),
    **dict.fromkeys(("iam:*tachRolePolicy", "iam:*RolePermissionsBoundary"), "roles with managed policies, boundaries"),
    "iam:CreateServiceLinkedRole": "replicas of tables",
    **dict.fromkeys(("kms:CreateGrant", "kms:RevokeGrant", "kms:ListAliases"), "tables with a key of one's own"),
    **dict.fromkeys(("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"), "functions with a key of one's own"),
    **dict.fromkeys(("dynamodb:*Replica", "dynamodb:*Item", "dynamodb:Query", "dynamodb:Scan"), "replicas of tables"),
    **dict.fromkeys(("dynamodb:*able*KinesisStreamingDestination", "dynamodb:UpdateKinesis*"), "streams of tables"),
    **dict.fromkeys(("dynamodb:ImportTable", "dynamodb:UpdateContributorInsights"), "imports, insights"),
    **dict.fromkeys(("dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"), "tables with a policy"),
    **dict.fromkeys(("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), "imports of tables"),
    **dict.fromkeys(("lambda:*Concurrency", "lambda:*CodeSigningConfig", "lambda:*Layer*"), "none is set"),
    **dict.fromkeys(("lambda:PutFunction*Config", "lambda:PutRuntime*", "lambda:AssociateRuntimeAlias"), "none is set"),
    **dict.fromkeys(("lambda:PassCapacityProvider", "lambda:PublishVersion"), "none is set"),
    **dict.fromkeys(("logs:*DataProtectionPolicy", "logs:*IndexPolic*", "logs:*KmsKey"), "none is set"),
    **dict.fromkeys(("logs:PutBearerTokenAuthentication", "logs:DeleteResourcePolicy"), "none is set"),
    "logs:PutLogGroupDeletionProtection": "none is set",
    "sns:PutDataProtectionPolicy": "none is set",
    "iam:GetRole": "subscriptions by Firehose; the roles themselves may be read",
    **dict.fromkeys(("s3:*Metadata*", "s3:*Analytics*", "s3:*Accelerate*", "s3:*Abac", "s3:*CORS"), "none is set"),
    **dict.fromkeys(("s3:*Logging", "s3:*Notification", "s3:*ObjectLock*", "s3:*Replication*"), "none is set"),
    **dict.fromkeys(("s3:*Website", "s3:*IntelligentTiering*", "s3:*Inventory*", "s3:*Metrics*"), "none is set"),
    **dict.fromkeys(("s3:PutBucketAcl", "s3:PutObjectAcl", "s3:DeleteObject", "s3:REST.PUT.OBJECT"), "none is set"),
    "s3:GetObjectVersion": "code named with a version",
}


def types() -> set[str]:
    """The types of resources that the templates make."""
    return {
        name
        for path in TEMPLATES
        for name in re.findall(r"Type: (AWS::\w+::\w+)$", path.read_text("utf-8"), re.MULTILINE)
    }


def needed_for(kind: str) -> set[str]:
    """What CloudFormation calls to make, read, change and delete a resource of a type, by the type's own schema."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema["handlers"]
    return {action for name, handler in handlers.items() if name != "list" for action in handler["permissions"]}


@pytest.mark.parametrize("kind", sorted(types()))
def test_the_deployer_may_do_what_cloudformation_does_for_each_type_of_resource(kind: str) -> None:
    """A deployment that lacks a right fails half-way, so the schemas' own lists count, but for what is not used."""
    assert not_allowed(needed_for(kind), {*actions(*DEPLOYER), *NOT_USED}) == set()


def test_nothing_is_called_unused_that_no_type_asks_for() -> None:
    """The exceptions are of the types that there are."""
    asked = {action for kind in types() for action in needed_for(kind)}
    assert [name for name in NOT_USED if not asked - not_allowed(asked, [name])] == []


_DEPLOYERS = ("clients.py", "emulator.py", "logs.py", "mark.py", "stack.py")


def test_the_deployer_may_do_what_the_tools_call() -> None:
    """Each call under scripts/deploy is allowed, and those of the modules that it has others' work done by."""
    called = called_in([*sorted((SCRIPTS / "deploy").glob("*.py")), *(AWS / name for name in _DEPLOYERS)])
    called |= {"ssm:PutParameter"}  # by the secrets' own module
    assert "cloudformation:DescribeStacks" in called
    assert not_allowed(called, actions(*DEPLOYER)) == set()


def test_f57_the_deployer_may_read_the_heartbeats_secret_and_no_other() -> None:
    """That is enough to prove a deployment; whoever reads another profile's could post events as Alma."""
    read = {"ssm:GetParameter*", "ssm:GetParameters", "ssm:GetParameter", "ssm:GetParameterHistory", "ssm:*"}
    for policy in DEPLOYER:
        for statement in policy["Statement"]:
            if actions({"Statement": [statement]}) & read:
                found = resources({"Statement": [statement]})
                assert found == {"arn:aws:ssm:REGION:ACCOUNT:parameter/alma-webhooks/STAGE/heartbeat/secret"}


def test_the_dead_letters_policies_have_every_right_that_their_commands_use() -> None:
    """Each call of theirs is allowed, and nothing else is but to tell an expired body from one that is not theirs."""
    used = called_in(
        [
            *sorted((SCRIPTS / "dead_letters").rglob("*.py")),
            *(AWS / f"{name}.py" for name in ("lock", "audit_log", "logs", "target_looks")),
            SCRIPTS / "request_trace" / "log.py",
            ROOT / "processor" / "overflow_bucket.py",
        ]
    )
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:PutObject", "dynamodb:PutItem"} <= used
    allowed = actions(OPERATORS["look"], OPERATORS["change"])
    assert allowed == used | {"cloudformation:DescribeStacks", "s3:ListBucket"}


def test_whoever_looks_can_change_nothing() -> None:
    """But hide a dead letter for a while, without which there is no looking."""
    verbs = {action.partition(":")[2] for action in actions(OPERATORS["look"])} - {"ChangeMessageVisibility"}
    assert [verb for verb in verbs if not verb.startswith(("Get", "Describe", "Filter", "Receive"))] == []


def test_the_doctors_policy_has_every_right_that_it_uses() -> None:
    """Each call of its checks is allowed, and nothing else is."""
    used = called_in([*DOCTOR, AWS / "logs.py", AWS / "target_looks.py"])
    used |= {"ssm:GetParameters", "ssm:DescribeParameters", "s3:GetObject"}  # by modules that others use too
    assert actions(OPERATORS["doctor"]) == used


REPAIRED = (
    *("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"),
    *("AWS::Lambda::EventSourceMapping", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"),
)
# Of subscriptions by Firehose and mappings with a key of one's own, which the templates have none of.
NOT_REPAIRED = ("iam:PassRole", "kms:DescribeKey")


def test_f74_who_fixes_has_every_right_that_a_repair_uses() -> None:
    """Its own calls, and those of CloudFormation for each type that is recreated; the bucket is there already."""
    files = [*(SCRIPTS / "doctor" / "repair").glob("*.py"), SCRIPTS / "deploy" / "change_sets.py"]
    files += [AWS / name for name in ("lock.py", "audit_log.py", "mark.py", "stack.py")]
    used = called_in(files) - {"cloudformation:DeleteStack"}  # of a stack that is new
    used |= {"s3:ListBucket", "s3:GetBucketPolicy", "s3:GetObject", "s3:PutObject"}
    needed = used | {action for kind in REPAIRED for action in needed_for(kind)}
    allowed = actions(PAGE["Recreate what was deleted by hand"], OPERATORS["doctor"])
    assert not_allowed(needed, {*allowed, *NOT_USED, *NOT_REPAIRED}) == set()
    own = actions(PAGE["Recreate what was deleted by hand"])
    assert [name for name in own if not any(fnmatchcase(action, name) for action in needed)] == []


def test_who_tests_a_deployed_stack_has_every_right_that_the_tests_use() -> None:
    """Each call of theirs is allowed, and nothing else is but to look."""
    used = called_in([SCRIPTS / "local" / "observe.py", ROOT / "tests" / "end_to_end" / "stack.py"])
    assert {"sns:Subscribe", "sqs:DeleteQueue", "states:ListExecutions"} <= used
    looking = actions(OPERATORS["look"])
    allowed = actions(PAGE["Test a deployed stack"])
    assert allowed | looking == used | looking | {"ssm:GetParameters"}  # the secrets' module
    assert not allowed & looking - {"sqs:ReceiveMessage"}, "which is on another queue"
    assert not any(resource.endswith("STAGE-webhooks*") for resource in resources(PAGE["Test a deployed stack"]))


NAMED_BY = {
    "AWS::SQS::Queue": "QueueName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Logs::LogGroup": "LogGroupName",
}


def made() -> Iterator[str]:
    """Service and name of what the template makes, by a name of its own, or else by the logical id."""
    for logical, resource in load()["Resources"].items():
        if isinstance(resource, dict) and resource["Type"] in NAMED_BY:
            service = resource["Type"].split("::")[1].lower()
            name = resource["Properties"].get(NAMED_BY[resource["Type"]], f"${{AWS::StackName}}-{logical}-X")
            yield f"{service}:{_filled(name).lower() if service == 's3' else _filled(name)}"


def _filled(name: Any) -> str:
    """A name with the stack's own filled in, and an X for every other pseudo parameter."""
    text = name if isinstance(name, str) else name["Fn::Sub"]
    text = text if isinstance(text, str) else text[0]
    return re.sub(r"\$\{(.*?)\}", lambda found: "alma-webhooks-STAGE" if "StackName" in found[1] else "X", text)


def told(policy: Mapping[str, Any]) -> list[str]:
    """Service and name of each queue, table, log group and bucket of a policy."""
    arns = [arn.split(":", 5) for arn in sorted(resources(policy)) if arn.startswith("arn:")]
    names = [(arn[2], re.sub(r"^(table/|log-group:)|:\*$|/(bodies|routes|templates)/\*$", "", arn[5])) for arn in arns]
    return [
        f"{service}:{name.lower() if service == 's3' else name}"
        for service, name in names
        if service in {"sqs", "dynamodb", "s3", "logs"}
    ]


@pytest.mark.parametrize("name", OPERATORS)
def test_the_arns_are_those_of_the_template(name: str) -> None:
    """A policy on a queue, a table, a log group or a bucket that is called otherwise allows nothing."""
    there = {*made(), f"s3:{'alma-webhooks-artefacts-ACCOUNT-REGION'.lower()}"}
    assert [one for one in told(OPERATORS[name]) if not any(fnmatchcase(each, one) for each in there)] == []


@pytest.mark.parametrize("policy", [*PAGE.values(), *OPERATORS.values()])
def test_a_policy_fits_into_a_managed_one(policy: dict[str, Any]) -> None:
    """6,144 characters without white space ("IAM and AWS STS quotas", IAM User Guide)."""
    assert policy["Version"] == "2012-10-17"
    assert len(re.sub(r"\s", "", json.dumps(policy))) <= 6_144
