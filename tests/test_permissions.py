"""The policies in the documents allow the calls of the code, nothing else, on resources that the templates name."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scripts.aws.template import NOTIFICATIONS, PIPELINE, load
from scripts.deploy import change_sets
from tests.policies import actions, called_in, not_allowed, policies, resources

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts"
AWS = SCRIPTS / "aws"
DOCTOR = sorted((SCRIPTS / "doctor").glob("*.py"))
_DRAIN = (SCRIPTS / "drain" / "service.py", AWS / "metric_data.py")
PAGE = policies("permissions.md")
DEPLOYER = (PAGE["The deployer"], PAGE["The deployer 2"])
OPERATORS = {
    "inspect": PAGE["Look at dead letters"],
    "find": PAGE["Find in executions"],
    "change": PAGE["Change dead letters"],
    "secrets": policies("secrets.md")["Rights"],
    "reconcile": policies("reconciliation.md")["Rights"],
    "executions": policies("executions.md")["Rights"],
    "issues": policies("issues.md")["Rights"],
    "doctor": policies("doctor.md")["Rights"],
    "topics": PAGE["Topics of notifications"],
    "fix": PAGE["Recreate what was deleted by hand"],
    "everything": PAGE["Roll back and remove everything"],
}
TEMPLATES = sorted((ROOT / "infra" / "cloudformation").glob("*.yaml"))

# Permissions that resource types can need, but not with these templates, by the feature that needs them.
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
    **dict.fromkeys(
        ("lambda:PutFunctionScaling*", "lambda:PutRuntime*", "lambda:AssociateRuntimeAlias"), "none is set"
    ),
    **dict.fromkeys(("lambda:PassCapacityProvider", "lambda:PublishVersion"), "none is set"),
    **dict.fromkeys(("logs:*DataProtectionPolicy", "logs:*IndexPolic*", "logs:*KmsKey"), "none is set"),
    **dict.fromkeys(("logs:PutBearerTokenAuthentication", "logs:PutLogGroupDeletionProtection"), "none is set"),
    "sns:PutDataProtectionPolicy": "none is set",
    "iam:GetRole": "subscriptions by Firehose; the roles themselves may be read",
    **dict.fromkeys(("s3:*Metadata*", "s3:*Analytics*", "s3:*Accelerate*", "s3:*Abac", "s3:*CORS"), "none is set"),
    **dict.fromkeys(("s3:*Logging", "s3:*Notification", "s3:*ObjectLock*", "s3:*Replication*"), "none is set"),
    **dict.fromkeys(("s3:*Website", "s3:*IntelligentTiering*", "s3:*Inventory*", "s3:*Metrics*"), "none is set"),
    **dict.fromkeys(("s3:PutBucketAcl", "s3:PutObjectAcl", "s3:DeleteObject", "s3:REST.PUT.OBJECT"), "none is set"),
    "s3:GetObjectVersion": "code named with a version",
}


def types() -> set[str]:
    """Return the resource types of the templates."""
    return {
        name
        for path in TEMPLATES
        for name in re.findall(r"Type: (AWS::\w+::\w+)$", path.read_text("utf-8"), re.MULTILINE)
    }


@cache
def needed_for(kind: str) -> set[str]:
    """Return the actions that CloudFormation needs to create, read, update and delete a type, by its schema."""
    # Only where it is used: every process imports this module, and cfn-lint with it would take a tenth of all imports.
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped] # it has no types

    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema["handlers"]
    return {action for name, handler in handlers.items() if name != "list" for action in handler["permissions"]}


@pytest.mark.parametrize("kind", sorted(types()))
def test_the_deployer_has_the_permissions_for_each_resource_type(kind: str) -> None:
    """The deployer has every permission in the schemas of the resource types, except for unused features.

    A deployment without one of them fails half-way.
    """
    assert not_allowed(needed_for(kind), {*actions(*DEPLOYER), *NOT_USED}) == set()


def test_every_permission_listed_as_not_used_belongs_to_a_resource_type() -> None:
    """Each exception is a permission that one of the resource types can need."""
    asked = {action for kind in types() for action in needed_for(kind)}
    assert [name for name in NOT_USED if not asked - not_allowed(asked, [name])] == []


_EVERYTHING = ("stage_secrets", "everything", "leftovers", "data_export")
_DEPLOYERS = ("clients.py", "emulator.py", "logs.py", "mark.py", "stack.py")


def test_the_deployer_has_the_permissions_for_the_calls_of_deploy() -> None:
    """The policy allows each call in scripts/deploy and in the modules that it uses."""
    modules = [path for path in sorted((SCRIPTS / "deploy").glob("*.py")) if path.stem not in _EVERYTHING]
    called = called_in([*modules, *(AWS / name for name in _DEPLOYERS)])
    called |= {"ssm:PutParameter"}  # called in the module for secrets
    assert "cloudformation:DescribeStacks" in called
    assert not_allowed(called, actions(*DEPLOYER)) == set()


@pytest.mark.parametrize("name", ["The deployer", "Recreate what was deleted by hand"])
def test_the_policies_allow_change_sets_by_their_own_arn(name: str) -> None:
    """IAM may ask for the change set instead of the stack, which has a name of our own and an id of AWS's."""
    [statement] = [each for each in PAGE[name]["Statement"] if "cloudformation:ExecuteChangeSet" in each["Action"]]
    [pattern] = [arn for arn in statement["Resource"] if ":changeSet/" in arn]
    made = f"arn:aws:cloudformation:REGION:ACCOUNT:changeSet/{change_sets.new_name()}/0f9a"
    assert fnmatchcase(made, pattern)
    assert not fnmatchcase(made.replace("changeSet/deploy-", "changeSet/other-"), pattern)


def test_the_policy_to_roll_back_and_remove_everything_allows_exactly_what_the_others_lack() -> None:
    """The deployer's policies allow the rest, and that to look at dead letters what their export needs."""
    own = actions(PAGE["Roll back and remove everything"])
    modules = [SCRIPTS / "deploy" / f"{name}.py" for name in _EVERYTHING]
    modules += [SCRIPTS / "dead_letters" / "scan.py", AWS / "logs.py", AWS / "queues.py"]
    called = called_in(modules)
    assert {"sqs:DeleteQueue", "ssm:DeleteParameter", "logs:DeleteLogGroup"} <= called
    assert not_allowed(called, {*actions(*DEPLOYER), *own, *actions(OPERATORS["inspect"])}) == set()
    indirect = {"sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "s3:DeleteObjectVersion"}
    assert not_allowed(own, {*called, *indirect}) == set()


def test_f57_the_deployer_can_read_only_the_secret_of_the_heartbeat() -> None:
    """The deployer can read no secret of an Alma profile, because with it one could post events as Alma."""
    read = {"ssm:GetParameter*", "ssm:GetParameters", "ssm:GetParameter", "ssm:GetParameterHistory", "ssm:*"}
    for policy in DEPLOYER:
        for statement in policy["Statement"]:
            if actions({"Statement": [statement]}) & read:
                found = resources({"Statement": [statement]})
                assert found == {"arn:aws:ssm:REGION:ACCOUNT:parameter/alma-webhooks/STAGE/heartbeat/secret"}


def test_the_policies_for_dead_letters_allow_exactly_the_calls_of_their_commands() -> None:
    """The policies allow the commands' calls, and ListBucket to distinguish an expired body from a denied one."""
    used = called_in(
        [
            *sorted((SCRIPTS / "dead_letters").rglob("*.py")),
            *(AWS / f"{name}.py" for name in ("lock", "audit_log", "logs", "target_looks")),
            *_DRAIN,
            SCRIPTS / "request_trace" / "log.py",
            ROOT / "processor" / "overflow_bucket.py",
        ]
    )
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:PutObject", "dynamodb:PutItem"} <= used
    used |= {"ssm:DescribeParameters"}  # called in the module for secrets
    allowed = actions(OPERATORS["inspect"], OPERATORS["change"])
    assert allowed == used | {"cloudformation:DescribeStacks", "s3:ListBucket"}


def test_the_policy_to_inspect_dead_letters_is_read_only() -> None:
    """The policy allows no change but to hide a dead letter for a while, and an audit line of who saw a body."""
    verbs = {action.partition(":")[2] for action in actions(OPERATORS["inspect"])} - {"ChangeMessageVisibility"}
    verbs -= {"CreateLogStream", "PutLogEvents"}
    assert [verb for verb in verbs if not verb.startswith(("Get", "Describe", "Filter", "Receive"))] == []


def test_the_policy_to_inspect_dead_letters_allows_the_calls_of_watch() -> None:
    """The command itself reads the log and the pace of the queue; the actions of its keys have their own policies."""
    used = called_in([*sorted((SCRIPTS / "watch").glob("*.py")), *_DRAIN, AWS / "log_follower.py", AWS / "logs.py"])
    assert used == {"logs:FilterLogEvents", "sqs:GetQueueAttributes", "cloudwatch:GetMetricData"}
    assert used < actions(OPERATORS["inspect"])


def test_the_policy_to_find_in_executions_allows_exactly_the_calls_of_find() -> None:
    """The policy allows the calls of its own; what it reads besides has the policy to inspect dead letters."""
    used = called_in(sorted((SCRIPTS / "find").glob("*.py")))
    assert used == {"states:ListExecutions", "states:DescribeExecution"}
    assert actions(OPERATORS["find"]) == used


def test_the_policy_for_the_doctor_allows_exactly_its_calls() -> None:
    """The policy allows the calls of the checks, and nothing else."""
    used = called_in([*DOCTOR, *_DRAIN, *(AWS / f"{name}.py" for name in ("logs", "queues", "target_looks"))])
    used |= {"ssm:GetParameters", "ssm:DescribeParameters", "s3:GetObject", "dynamodb:Scan"}  # in shared modules
    assert actions(OPERATORS["doctor"]) == used


def test_the_policy_for_topics_allows_exactly_its_calls() -> None:
    """It allows those of `topics` and `notify`, and what the integrations send with in `topics test`."""
    used = called_in(
        [
            *sorted((SCRIPTS / "topics").glob("*.py")),
            SCRIPTS / "secret" / "store.py",
            ROOT / "notifications" / "secret_values.py",
            *(AWS / f"{name}.py" for name in ("lock", "audit_log")),
        ]
    )
    assert {"dynamodb:Scan", "ssm:PutParameter"} <= used
    used |= {"cloudformation:DescribeStacks", "ssm:GetParameter", "ses:SendEmail", "sns:Publish"}
    used |= {"sns:CheckIfPhoneNumberIsOptedOut"}
    assert actions(OPERATORS["topics"]) == used


RECREATED = (
    *("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"),
    *("AWS::Lambda::EventSourceMapping", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"),
)
# For Firehose subscriptions and mappings with a customer managed key, which the templates do not have.
NOT_NEEDED_TO_RECREATE = ("iam:PassRole", "kms:DescribeKey")


def test_f74_the_policy_for_fixes_allows_exactly_the_calls_of_a_fix() -> None:
    """The policy allows the calls of a fix and those of CloudFormation for each type that a fix recreates."""
    files = [*(SCRIPTS / "doctor" / "repair").glob("*.py"), SCRIPTS / "deploy" / "change_sets.py"]
    files += [AWS / name for name in ("lock.py", "audit_log.py", "mark.py", "stack.py")]
    used = called_in(files) - {"cloudformation:DeleteStack"}  # only called for a new stack
    used |= {"s3:ListBucket", "s3:GetBucketPolicy", "s3:GetObject", "s3:PutObject"}
    needed = used | {action for kind in RECREATED for action in needed_for(kind)}
    allowed = actions(PAGE["Recreate what was deleted by hand"], OPERATORS["doctor"])
    assert not_allowed(needed, {*allowed, *NOT_USED, *NOT_NEEDED_TO_RECREATE}) == set()
    own = actions(PAGE["Recreate what was deleted by hand"])
    assert [name for name in own if not any(fnmatchcase(action, name) for action in needed)] == []


def test_the_policy_for_integration_tests_allows_exactly_their_calls() -> None:
    """The policies allow the calls of tests on a deployed stack and to inspect dead letters, and nothing else."""
    used = called_in([SCRIPTS / "local" / "observe.py", ROOT / "tests" / "end_to_end" / "stack.py"])
    assert {"sns:Subscribe", "sqs:DeleteQueue", "states:ListExecutions"} <= used
    looking = actions(OPERATORS["inspect"])
    allowed = actions(PAGE["Test a deployed stack"])
    assert allowed | looking == used | looking | {"ssm:GetParameters"}  # called in the module for secrets
    assert not allowed & looking - {"sqs:ReceiveMessage"}, "which is on another queue"
    assert not any(resource.endswith("STAGE-webhooks*") for resource in resources(PAGE["Test a deployed stack"]))


STACK = "alma-webhooks-STAGE"
NAMED_BY = {
    "AWS::SQS::Queue": "QueueName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Logs::LogGroup": "LogGroupName",
}


def resources_of_the_template() -> Iterator[str]:
    """Yield service and name of each resource with data: its explicit name, or one with its logical id."""
    for path, stack in ((PIPELINE, "alma-webhooks-STAGE"), (NOTIFICATIONS, "alma-webhooks-STAGE-notifications")):
        for logical, resource in load(path)["Resources"].items():
            if isinstance(resource, dict) and resource["Type"] in NAMED_BY:
                service = resource["Type"].split("::")[1].lower()
                name = resource["Properties"].get(NAMED_BY[resource["Type"]], f"${{AWS::StackName}}-{logical}-X")
                yield f"{service}:{_filled(name, stack).lower() if service == 's3' else _filled(name, stack)}"


def _filled(name: Any, stack: str) -> str:
    """Return a name with the stack name filled in, and an X for every other pseudo parameter."""
    text = name if isinstance(name, str) else name["Fn::Sub"]
    text = text if isinstance(text, str) else text[0]
    return re.sub(r"\$\{(.*?)\}", lambda found: stack if "StackName" in found[1] else "X", text)


def resources_of_a_policy(policy: Mapping[str, Any]) -> list[str]:
    """Return service and name of each queue, table, log group and bucket of a policy."""
    arns = [arn.split(":", 5) for arn in sorted(resources(policy)) if arn.startswith("arn:")]
    names = [(arn[2], re.sub(r"^(table/|log-group:)|:\*$|/(bodies|routes|templates)/\*$", "", arn[5])) for arn in arns]
    return [
        f"{service}:{name.lower() if service == 's3' else name}"
        for service, name in names
        if service in {"sqs", "dynamodb", "s3", "logs"}
    ]


@pytest.mark.parametrize("name", OPERATORS)
def test_policies_name_existing_resources(name: str) -> None:
    """Every queue, table, log group and bucket in a policy is a resource of a template."""
    existing = {*resources_of_the_template(), f"s3:{'alma-webhooks-artefacts-ACCOUNT-REGION'.lower()}"}
    named = resources_of_a_policy(OPERATORS[name])
    assert [one for one in named if not any(fnmatchcase(each, one) for each in existing)] == []


@pytest.mark.parametrize("policy", [*PAGE.values(), *OPERATORS.values()])
def test_a_policy_fits_into_a_managed_policy(policy: dict[str, Any]) -> None:
    """A policy has at most 6,144 characters without white space ("IAM and AWS STS quotas", IAM User Guide)."""
    assert policy["Version"] == "2012-10-17"
    assert len(re.sub(r"\s", "", json.dumps(policy))) <= 6_144
