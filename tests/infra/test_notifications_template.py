"""The template of the notifications stack: its API, functions, roles, queues, tables and alarms."""

import json
import re
from typing import Any, Final

import pytest

from notifications.contact_cache import LIFETIME_SECONDS
from notifications.sender_table import KEPT_SECONDS
from processor.errors import DeliveryUncertain
from processor.retries import ENOUGH_SECONDS, RetryPolicy
from scripts.aws.template import NOTIFICATIONS, OBSERVABILITY, load
from scripts.cli.product_files import PROJECT
from scripts.deploy import retained
from scripts.deploy.conditions import holds
from scripts.deploy.desired import FIXED

TEMPLATE: Final = load(NOTIFICATIONS)
PIPELINE: Final = load()
RESOURCES: Final[dict[str, dict[str, Any]]] = TEMPLATE["Resources"]
ACCOUNT: Final = "${AWS::Region}:${AWS::AccountId}"
SECRETS: Final = f"arn:${{AWS::Partition}}:ssm:{ACCOUNT}:parameter/alma-webhooks/${{Stage}}/notifications"
API_KEYS: Final = [{"Fn::Sub": f"{SECRETS}/api-key"}, {"Fn::Sub": f"{SECRETS}/previous-api-key"}]
QUEUES: Final = ("NotificationQueue", "DeadLetterQueue")
TABLES: Final = ("TopicsTable", "SendingsTable", "ContactsTable")
STORES: Final = {"QueueName": QUEUES, "TableName": TABLES}
NOTHING: Final = {"Ref": "AWS::NoValue"}


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def of_type(kind: str) -> list[str]:
    return [name for name, resource in RESOURCES.items() if resource["Type"] == kind]


def environment(function: str) -> dict[str, Any]:
    found: dict[str, Any] = properties(function)["Environment"]["Variables"]
    return found


def statements(role: str) -> dict[str, dict[str, Any]]:
    """Return the statements of a role by Sid, those with a condition of the template too."""
    [policy] = properties(role)["Policies"]
    made = [one["Fn::If"][1] if "Fn::If" in one else one for one in policy["PolicyDocument"]["Statement"]]
    return {one["Sid"]: one for one in made}


def condition_of(role: str, sid: str) -> str:
    """Return the condition of the template under which a role has a statement, or an empty text."""
    [policy] = properties(role)["Policies"]
    choices = [one["Fn::If"] for one in policy["PolicyDocument"]["Statement"] if "Fn::If" in one]
    return next((name for name, one, other in choices if one["Sid"] == sid and other == NOTHING), "")


def is_true(name: str, **values: str) -> bool:
    conditions: dict[str, Any] = TEMPLATE["Conditions"]
    given = {one: str(parameter.get("Default", "")) for one, parameter in TEMPLATE["Parameters"].items()}
    return holds(conditions[name], conditions, given | values)


def test_the_template_fits_into_the_call() -> None:
    """The template is small enough to be sent in the call itself."""
    assert len(NOTIFICATIONS.read_bytes()) < 51_200


def test_parameters_and_outputs_are_described() -> None:
    """Every parameter and output has a description, and every parameter is in a group of the console."""
    assert all(one.get("Description") for one in (*TEMPLATE["Parameters"].values(), *TEMPLATE["Outputs"].values()))
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(TEMPLATE["Parameters"])


def test_f55_the_stack_has_the_mark_of_its_part() -> None:
    """The metadata and the output have the same mark, and the output names the project too."""
    shown = json.loads(TEMPLATE["Outputs"]["Mark"]["Value"]["Fn::Sub"])
    assert shown == {**TEMPLATE["Metadata"]["Mark"], "project": "${Project}"}
    assert shown["part"] == "notifications"


def test_parameters_without_a_default_come_from_the_pipeline_or_the_command() -> None:
    """The first stack's outputs give the rest; a parameter of both templates means the same in both."""
    needed = {name for name, parameter in TEMPLATE["Parameters"].items() if "Default" not in parameter}
    assert needed - set(PIPELINE["Outputs"]) == {"NotificationsCodeKey"}
    for template in (PIPELINE, load(OBSERVABILITY)):
        for name in set(TEMPLATE["Parameters"]) & set(template["Parameters"]):
            mine, other = TEMPLATE["Parameters"][name], template["Parameters"][name]
            assert mine["Type"] == other["Type"], name
            assert mine.get("AllowedValues") == other.get("AllowedValues"), name
            assert name in needed or mine["Default"] == other.get("Default"), name


def test_every_request_reaches_the_producer() -> None:
    """All routes lead to the producer with payload format 2.0, so it answers 404 and OPTIONS itself."""
    routes = [properties(name) for name in of_type("AWS::ApiGatewayV2::Route")]
    path = "/v1/notifications/{channel}/{topic}"
    assert {route["RouteKey"] for route in routes} == {f"ANY {path}", f"POST {path}/sns", "$default"}
    assert {json.dumps(route["Target"]) for route in routes} == {'{"Fn::Sub": "integrations/${ProducerIntegration}"}'}
    assert "CorsConfiguration" not in properties("Api")
    integration = properties("ProducerIntegration")
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["TimeoutInMillis"] > properties("ProducerFunction")["Timeout"] * 1000
    assert properties("ProducerFunction")["Timeout"] <= 15, "SNS waits for 15 seconds"
    api = {"Fn::Sub": f"arn:${{AWS::Partition}}:execute-api:{ACCOUNT}:${{Api}}/*"}
    assert properties("ApiMayInvokeProducer")["SourceArn"] == api


def test_the_api_is_throttled_and_logs_closed_values() -> None:
    """The stage has limits, and the same line in its access log as the pipeline's, below /aws/vendedlogs/."""
    stage, pipelines = (each["Resources"]["ApiStage"]["Properties"] for each in (TEMPLATE, PIPELINE))
    settings = stage["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "NotificationRateLimit"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "NotificationBurstLimit"}
    assert stage["AccessLogSettings"]["Format"] == pipelines["AccessLogSettings"]["Format"]
    name = properties("ApiLogGroup")["LogGroupName"]["Fn::Sub"]
    assert name == "/aws/vendedlogs/apigateway/${AWS::StackName}"


@pytest.mark.parametrize("name", ["Producer", "Sender"])
def test_functions_have_their_settings(name: str) -> None:
    """Both functions run the same zip, with JSON logs at level INFO in their own log group."""
    found = properties(f"{name}Function")
    assert found["Code"] == {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "NotificationsCodeKey"}}
    assert found["Handler"] == f"notifications.{name.lower()}_handler.lambda_handler"
    assert (found["Runtime"], found["Architectures"]) == ({"Ref": "Runtime"}, [{"Ref": "Architecture"}])
    assert "ReservedConcurrentExecutions" not in found
    assert found["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": {"Ref": f"{name}LogGroup"},
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }


def test_functions_have_their_environment_variables() -> None:
    """The template sets exactly these variables."""
    both = {"STAGE", "NOTIFICATIONS_QUEUE_URL", "POWERTOOLS_LOG_LEVEL", "LOG_LEVEL"}
    assert set(environment("ProducerFunction")) == both | {"NOTIFICATION_TOPICS_TABLE", "SNS_TOPIC_ARNS"}
    assert set(environment("SenderFunction")) == both | {
        *("DEAD_LETTER_QUEUE_URL", "SENDER_TABLE", "MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT"),
        *("HTTPS_PORTS", "ALLOW_LOOPBACK", "EMAIL_CONFIGURATION_SET", "ALARMS", "CONTACTS_TABLE", "ALMA_API_HOST"),
    }


def test_only_the_emulator_lets_notifications_reach_this_computer() -> None:
    """The setting follows the parameter that the deploying command sets, which is off by default."""
    assert environment("SenderFunction")["ALLOW_LOOPBACK"] == {"Ref": "Emulated"}
    assert TEMPLATE["Parameters"]["Emulated"]["Default"] == "false"
    assert "Emulated" in FIXED


def test_every_log_group_has_a_retention() -> None:
    """Every log group keeps lines for as long as the parameter says, at least as long as dead letters."""
    groups = of_type("AWS::Logs::LogGroup")
    assert len(groups) == 4
    assert all(properties(name)["RetentionInDays"] == {"Ref": "LogRetentionDays"} for name in groups)
    assert min(TEMPLATE["Parameters"]["LogRetentionDays"]["AllowedValues"]) >= 14


def test_f51_the_visibility_timeout_is_six_function_timeouts() -> None:
    """The sender knows the timeouts and the receive count of the template, and has time to send."""
    queue, function = properties("NotificationQueue"), properties("SenderFunction")
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert function["Timeout"] > ENOUGH_SECONDS
    variables = environment("SenderFunction")
    assert variables["VISIBILITY_TIMEOUT"] == str(queue["VisibilityTimeout"])
    assert variables["FUNCTION_TIMEOUT"] == str(function["Timeout"])
    assert variables["MAX_RECEIVE_COUNT"] == str(queue["RedrivePolicy"]["maxReceiveCount"]) == "8"


def test_retries_end_before_the_retention_of_the_queue() -> None:
    """A notification becomes a dead letter before the queue deletes it; its dead letter is kept for longer."""
    queue = properties("NotificationQueue")
    receives = queue["RedrivePolicy"]["maxReceiveCount"]
    policy = RetryPolicy(
        receives, queue["VisibilityTimeout"], properties("SenderFunction")["Timeout"], random=lambda: 1.0
    )
    failure = DeliveryUncertain("transient", "x")
    assert sum(policy.backoff_seconds(failure, each) for each in range(1, receives)) < queue["MessageRetentionPeriod"]
    assert queue["MessageRetentionPeriod"] < properties("DeadLetterQueue")["MessageRetentionPeriod"] == 14 * 86_400


def test_the_mapping_passes_one_notification_at_a_time() -> None:
    """The mapping has batch size 1, no partial-batch responses and a concurrency limit for every stage."""
    mapping = properties("SenderMapping")
    assert (mapping["BatchSize"], "FunctionResponseTypes" in mapping, "FilterCriteria" in mapping) == (1, False, False)
    assert mapping["ScalingConfig"]["MaximumConcurrency"] == {
        "Fn::FindInMap": ["Concurrency", {"Ref": "Stage"}, "Sender"]
    }
    table = TEMPLATE["Mappings"]["Concurrency"]
    assert set(table) == set(TEMPLATE["Parameters"]["Stage"]["AllowedValues"])
    assert all(2 <= row["Sender"] <= 50 for row in table.values())


def test_lambda_lets_the_sender_queue_messages_again() -> None:
    """Otherwise Lambda would stop a throttled notification as a loop; the producer cannot loop."""
    assert properties("SenderFunction")["RecursiveLoop"] == "Allow"
    assert "RecursiveLoop" not in properties("ProducerFunction")


@pytest.mark.parametrize("queue", QUEUES)
def test_f51_queues_are_encrypted_and_require_tls(queue: str) -> None:
    """Each queue is encrypted, and denies every request without TLS."""
    assert properties(queue)["SqsManagedSseEnabled"] is True
    [statement] = properties(f"{queue}Policy")["PolicyDocument"]["Statement"]
    assert properties(f"{queue}Policy")["Queues"] == [{"Ref": queue}]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_the_queue_can_use_the_dead_letter_queue() -> None:
    """Messages of other queues would be sent as notifications."""
    allow = properties("DeadLetterQueue")["RedriveAllowPolicy"]
    [source] = allow["sourceQueueArns"]
    assert allow["redrivePermission"] == "byQueue"
    assert source["Fn::Sub"].endswith(f":{properties('NotificationQueue')['QueueName']['Fn::Sub']}")


def test_tables_have_their_keys() -> None:
    """Topics are found by name and contacts by user, and neither expires; records of sendings expire."""
    topics, sendings, contacts = (properties(name) for name in TABLES)
    assert contacts["KeySchema"] == [{"AttributeName": "User", "KeyType": "HASH"}]
    assert "TimeToLiveSpecification" not in contacts
    assert topics["KeySchema"] == [{"AttributeName": "Name", "KeyType": "HASH"}]
    assert "TimeToLiveSpecification" not in topics
    assert sendings["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert sendings["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    for table in (topics, sendings, contacts):
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_privacy_page_lists_every_store_with_its_retention() -> None:
    """By the end of its name: days of queues and records; what the library enters is kept until it deletes it."""
    page = (PROJECT / "docs" / "privacy.md").read_text("utf-8")
    days = dict(re.findall(r"(?m)^\| (?:[a-z-]+ )?(?:queue|table), `-([a-z-]+)` \| .* \| (.+) \|$", page))
    kept = {name: int(properties(name)["MessageRetentionPeriod"]) // 86_400 for name in QUEUES}
    kept["SendingsTable"] = KEPT_SECONDS // 86_400
    names = {properties(name)[key]["Fn::Sub"]: name for key, group in STORES.items() for name in group}
    assert {f"${{AWS::StackName}}-{suffix}" for suffix in days} == set(names)
    for suffix, text in days.items():
        name = names[f"${{AWS::StackName}}-{suffix}"]
        assert text.startswith(str(kept.get(name, "until you delete"))), name
    assert f"used for {LIFETIME_SECONDS / 60:g} minutes" in page


def test_f52_queues_and_tables_are_retained_and_tagged() -> None:
    """Each is kept when the stack is deleted, with a stable name and the tags by which a new stack adopts it."""
    kept = retained.of(TEMPLATE, retained.Place("s" * 35 + "-notifications", "1" * 12, "eu-central-1"))
    assert {each.resource for each in kept} == {*QUEUES, *TABLES}
    assert all(len(each.name) <= 80 for each in kept)
    for name in (*QUEUES, *TABLES):
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
        assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        tags = {tag["Key"].removeprefix("alma-webhooks:"): tag["Value"] for tag in properties(name)["Tags"]}
        stack, project = {"Ref": "AWS::StackName"}, {"Ref": "Project"}
        expected = {"product": "alma-webhooks", "part": "notifications", "project": project, "stack": stack}
        assert tags == expected


def test_no_secret_is_in_the_stack() -> None:
    """The stack has neither a parameter nor a resource that could contain a secret."""
    assert not of_type("AWS::SSM::Parameter") + of_type("AWS::SecretsManager::Secret")
    assert not any(re.search("ecret|Token|ApiKey", name) for name in TEMPLATE["Parameters"])
