"""The pipeline template: checked by parsing it, because the emulator enforces little of it."""

import json
import re
from typing import Any

import pytest

from ingest.settings import Settings as IngestSettings
from processor import heartbeat
from processor.deliveries import KEPT_SECONDS
from processor.delivery import MAX_MESSAGE_BYTES
from processor.errors import DeliveryUncertain
from processor.retries import ENOUGH_SECONDS, RetryPolicy
from processor.settings import Settings
from scripts.aws import parameters
from scripts.aws.template import NOTIFICATIONS, PIPELINE, load
from scripts.deploy import retained, state_machines
from scripts.deploy.optional_parts import NOTIFICATIONS_PART
from scripts.deploy.runtime import Architecture
from tests.infra.complete_example import MACHINES, TOPICS, VALUES, sent

TEMPLATE = load()
RESOURCES: dict[str, dict[str, Any]] = {
    name: resource for name, resource in TEMPLATE["Resources"].items() if not name.startswith("Fn::ForEach")
}
QUEUES = ("WebhookQueue", "DeadLetterQueue")


RESOURCES |= {name: one for name, one in sent(PIPELINE)["Resources"].items() if name.startswith("PodStateMachine")}


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def of_type(kind: str) -> list[str]:
    return [name for name, resource in RESOURCES.items() if resource["Type"] == kind]


def environment(function: str) -> dict[str, Any]:
    found: dict[str, Any] = properties(function)["Environment"]["Variables"]
    return found


def statements(role: str) -> list[dict[str, Any]]:
    return [
        statement["Fn::If"][1] if "Fn::If" in statement else statement
        for policy in properties(role).get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_template_fits_into_the_call() -> None:
    """The template is small enough to be sent in the call itself."""
    assert len(PIPELINE.read_bytes()) < 51_200


def test_every_parameter_and_output_has_a_description() -> None:
    """Every parameter and output has a description."""
    described = [*TEMPLATE["Parameters"].values(), *TEMPLATE["Outputs"].values()]
    assert all(item.get("Description") for item in described)


def test_every_parameter_is_in_a_group() -> None:
    """The console shows every parameter in a group."""
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert {name for group in groups for name in group["Parameters"]} == set(TEMPLATE["Parameters"])


def test_f51_the_visibility_timeout_is_six_function_timeouts() -> None:
    """The visibility timeout is at least six function timeouts, as AWS recommends."""
    assert properties("WebhookQueue")["VisibilityTimeout"] == {"Ref": "VisibilityTimeout"}
    assert properties("ProcessorFunction")["Timeout"] == {"Ref": "ProcessorTimeout"}
    defaults = {name: parameter.get("Default") for name, parameter in TEMPLATE["Parameters"].items()}
    assert defaults["VisibilityTimeout"] >= 6 * defaults["ProcessorTimeout"]


def test_f32_the_processor_has_time_for_more_than_one_delivery() -> None:
    """The shortest function timeout is longer than the time that is reserved for one delivery."""
    assert TEMPLATE["Parameters"]["ProcessorTimeout"]["MinValue"] > ENOUGH_SECONDS


def test_f51_dead_letters_are_retained_longer_than_queued_events() -> None:
    """The dead-letter queue has a longer retention than the webhook queue, because it counts from the first enqueue."""
    source, dead = (properties(name)["MessageRetentionPeriod"] for name in QUEUES)
    assert (source, dead) == (4 * 86_400, 14 * 86_400)


def test_an_event_has_several_receives_before_it_is_a_dead_letter() -> None:
    """An event has eight receives by default, because a receive can be counted without a delivery."""
    redrive = properties("WebhookQueue")["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == {"Ref": "MaxReceiveCount"}
    assert TEMPLATE["Parameters"]["MaxReceiveCount"]["Default"] == 8


def test_retries_end_before_the_retention_of_the_queue() -> None:
    """The retries of an event end before the queue deletes it, even with the most receives and longest delays."""
    parameter = TEMPLATE["Parameters"]["MaxReceiveCount"]
    visibility = TEMPLATE["Parameters"]["VisibilityTimeout"]["Default"]
    retry_policy = RetryPolicy(parameter["MaxValue"], visibility, 900, random=lambda: 1.0)
    failure = DeliveryUncertain("transient", "x")
    retried_for = sum(retry_policy.backoff_seconds(failure, receives) for receives in range(1, parameter["MaxValue"]))
    assert retried_for < properties("WebhookQueue")["MessageRetentionPeriod"]


def test_only_the_webhook_queue_can_use_the_dead_letter_queue() -> None:
    """Only the webhook queue can use the dead-letter queue; others' messages would be replayed into it."""
    allow = properties("DeadLetterQueue")["RedriveAllowPolicy"]
    [source] = allow["sourceQueueArns"]
    name = properties("WebhookQueue")["QueueName"]["Fn::Sub"]
    assert allow["redrivePermission"] == "byQueue"
    assert source["Fn::Sub"].endswith(f":{name}")


@pytest.mark.parametrize("queue", QUEUES)
def test_queues_are_encrypted(queue: str) -> None:
    """Each queue is encrypted, because its messages contain patron data."""
    assert properties(queue)["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("queue", QUEUES)
def test_f51_queues_require_tls(queue: str) -> None:
    """A request without TLS is denied for every caller."""
    [policy] = [properties(n) for n in of_type("AWS::SQS::QueuePolicy") if {"Ref": queue} in properties(n)["Queues"]]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("resource", [*QUEUES, "DeliveriesTable", "OverflowBucket"])
def test_f52_resources_with_data_are_retained(resource: str) -> None:
    """Resources with events are retained when the stack is deleted, except after a failed first deployment."""
    assert RESOURCES[resource]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[resource]["UpdateReplacePolicy"] == "Retain"


def test_f52_retained_resources_have_stable_names() -> None:
    """Every retained resource has a stable name, so that a new stack can import it."""
    kinds = ("AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket")
    kept = retained.of(TEMPLATE, retained.Place("s", "1", "r"))
    assert {each.resource for each in kept} >= {name for kind in kinds for name in of_type(kind)}


def test_names_stay_below_the_limits_of_aws() -> None:
    """Names fit into 63 characters of a bucket and 80 of a queue, with the longest stack name that `deploy` accepts."""
    stack = "s" * 35
    for each in retained.of(TEMPLATE, retained.Place(stack, "1" * 12, "ap-southeast-1")):
        assert len(each.name) <= (63 if each.kind == "AWS::S3::Bucket" else 80), each.name


def test_both_functions_have_the_architecture_of_the_zips() -> None:
    """Both functions have the architecture of one parameter, with arm64 as the default."""
    parameter = TEMPLATE["Parameters"]["Architecture"]
    assert parameter["Default"] == "arm64"
    assert parameter["AllowedValues"] == [architecture.value for architecture in Architecture]
    for function in of_type("AWS::Lambda::Function"):
        assert properties(function)["Architectures"] == [{"Ref": "Architecture"}]


def test_a_domain_is_mapped_only_if_it_is_set() -> None:
    """A domain is optional; with one, the webhook URLs use it, and an output shows the target of its DNS record."""
    assert TEMPLATE["Parameters"]["DomainName"]["Default"] == TEMPLATE["Parameters"]["CertificateArn"]["Default"] == ""
    assert TEMPLATE["Conditions"]["HasDomain"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]}
    assert RESOURCES["Domain"]["Condition"] == RESOURCES["DomainMapping"]["Condition"] == "HasDomain"
    mapping = properties("DomainMapping")
    assert mapping == {"ApiId": {"Ref": "Api"}, "DomainName": {"Ref": "Domain"}, "Stage": {"Ref": "ApiStage"}}
    condition, with_domain, without = TEMPLATE["Outputs"]["WebhookUrlBase"]["Value"]["Fn::If"]
    assert (condition, with_domain) == ("HasDomain", {"Fn::Sub": "https://${DomainName}/webhooks/"})
    assert "${Api}.execute-api" in without["Fn::Sub"]
    target = TEMPLATE["Outputs"]["DomainTarget"]
    assert (target["Condition"], target["Value"]) == ("HasDomain", {"Fn::GetAtt": ["Domain", "RegionalDomainName"]})


def test_the_mapping_passes_one_event_at_a_time() -> None:
    """The mapping has batch size 1 and no partial-batch responses, so a failure slows the polling."""
    mapping = properties("ProcessorMapping")
    assert mapping["BatchSize"] == 1
    assert "FunctionResponseTypes" not in mapping
    assert "FilterCriteria" not in mapping, "a filter deletes what does not match"


def test_f51_the_mapping_has_a_concurrency_limit_for_every_stage() -> None:
    """Every stage has a MaximumConcurrency between 2 and 1,000."""
    find = properties("ProcessorMapping")["ScalingConfig"]["MaximumConcurrency"]["Fn::FindInMap"]
    assert find == ["Concurrency", {"Ref": "Stage"}, "Processor"]
    table = TEMPLATE["Mappings"]["Concurrency"]
    assert set(table) == set(TEMPLATE["Parameters"]["Stage"]["AllowedValues"])
    assert all(2 <= row["Processor"] <= 1000 for row in table.values())


def test_f62_only_ingest_can_have_reserved_concurrency() -> None:
    """Reserved concurrency limits ingest during a flood of unsigned requests, and is off by default.

    The processor has none: below the concurrency of the mapping it would throttle, and throttles use up receives.
    """
    parameter = TEMPLATE["Parameters"]["IngestReservedConcurrency"]
    assert parameter["Default"] == "0"
    allowed = re.compile(parameter["AllowedPattern"])
    assert all(allowed.match(text) for text in ("0", "1", "200"))
    # Lambda never runs a function with a reservation of 0, so only the exact text "0" means no reservation.
    assert not any(allowed.match(text) for text in ("", "00", "0.0", "-1", "1.5", " 0"))
    condition = {"Fn::Not": [{"Fn::Equals": [{"Ref": "IngestReservedConcurrency"}, "0"]}]}
    assert TEMPLATE["Conditions"]["HasReservedConcurrency"] == condition
    reserved = {
        name: properties(name)["ReservedConcurrentExecutions"]
        for name in of_type("AWS::Lambda::Function")
        if "ReservedConcurrentExecutions" in properties(name)
    }
    choice = ["HasReservedConcurrency", {"Ref": "IngestReservedConcurrency"}, {"Ref": "AWS::NoValue"}]
    assert reserved == {"IngestFunction": {"Fn::If": choice}}


def test_the_template_explains_why_the_processor_reserves_no_concurrency() -> None:
    """A comment in the template explains why the processor has no reserved concurrency."""
    explained = PIPELINE.read_text("utf-8").split("  Concurrency:\n")[0].rpartition("Mappings:")[2]
    assert "account's limit" in explained
    assert "each throttle uses up a receive" in explained


@pytest.mark.parametrize(
    ("function", "memory", "timeout", "handler"),
    [
        ("IngestFunction", 256, 5, "ingest.handler.lambda_handler"),
        ("ProcessorFunction", 512, {"Ref": "ProcessorTimeout"}, "processor.handler.lambda_handler"),
    ],
)
def test_functions_have_their_settings(function: str, memory: int, timeout: object, handler: str) -> None:
    """Each function has its runtime, architecture, memory, timeout and handler, and JSON logs in its own log group."""
    found = properties(function)
    assert (found["Runtime"], found["Architectures"]) == ({"Ref": "Runtime"}, [{"Ref": "Architecture"}])
    assert (found["MemorySize"], found["Timeout"], found["Handler"]) == (memory, timeout, handler)
    assert found["LoggingConfig"]["LogFormat"] == "JSON"
    assert found["TracingConfig"] == {"Mode": {"Fn::If": ["SendsTraces", "Active", "PassThrough"]}}
    assert found["LoggingConfig"]["LogGroup"] == {"Ref": function.replace("Function", "LogGroup")}


def test_every_log_group_has_a_retention() -> None:
    """Every log group has a retention that is at least as long as that of dead letters."""
    groups = of_type("AWS::Logs::LogGroup")
    assert len(groups) == 4
    assert all(properties(name)["RetentionInDays"] == {"Ref": "LogRetentionDays"} for name in groups)
    assert min(TEMPLATE["Parameters"]["LogRetentionDays"]["AllowedValues"]) >= 14


def test_every_request_reaches_ingest() -> None:
    """Both API routes lead to ingest with payload format 2.0, so ingest itself answers 404."""
    routes = [properties(name) for name in of_type("AWS::ApiGatewayV2::Route")]
    assert {route["RouteKey"] for route in routes} == {"ANY /webhooks/{profile}", "$default"}
    assert {json.dumps(route["Target"]) for route in routes} == {'{"Fn::Sub": "integrations/${IngestIntegration}"}'}
    integration = properties("IngestIntegration")
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["TimeoutInMillis"] > properties("IngestFunction")["Timeout"] * 1000


def test_throttling_limits_are_far_above_real_peaks() -> None:
    """The throttling limits are at least 1,000, because a 429 of the gateway loses an event."""
    stage = properties("ApiStage")
    assert stage["StageName"] == "$default"
    assert set(stage["DefaultRouteSettings"]) >= {"ThrottlingRateLimit", "ThrottlingBurstLimit"}
    assert all(TEMPLATE["Parameters"][f"Throttling{kind}Limit"]["Default"] >= 1000 for kind in ("Rate", "Burst"))


@pytest.mark.parametrize("role", ["IngestRole", "ProcessorRole", "PodStateMachineRole"])
def test_f51_roles_are_narrow(role: str) -> None:
    """No role has an action that ends in a star, or a star as its resource, except for traces."""
    for statement in statements(role):
        assert not any(action.endswith("*") for action in listed(statement["Action"])), statement["Sid"]
        assert "*" not in listed(statement["Resource"]) or statement["Sid"] == "SendTraces", statement["Sid"]


def test_f51_only_known_statements_have_a_star_in_a_resource() -> None:
    """Only these statements have a star in a resource, apart from objects of the bucket."""
    bodies = {"Fn::Sub": "${OverflowBucket.Arn}/bodies/*"}
    starred = {
        statement["Sid"]
        for role in of_type("AWS::IAM::Role")
        for statement in statements(role)
        if "*" in json.dumps(statement["Resource"]) and statement["Resource"] != bodies
    }
    assert starred == {"SendTraces", "ReadTheStagesSecrets", "DecryptTheStagesSecrets", "PublishToTheStacksTopics"}


def test_roles_allow_exactly_the_calls_of_the_functions() -> None:
    """Each role allows exactly these actions."""
    allowed = {
        role: {action for statement in statements(role) for action in listed(statement["Action"])}
        for role in of_type("AWS::IAM::Role")
    }
    logs = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    assert allowed == {
        "IngestRole": logs | {"ssm:GetParameters", "kms:Decrypt", "sqs:SendMessage", "s3:PutObject"},
        "ProcessorRole": logs
        | {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}
        | {"dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
        | {"s3:ListBucket", "s3:GetObject", "s3:PutObject", "sns:Publish", "states:StartExecution"}
        | {"sqs:SendMessage", "sqs:GetQueueUrl", "events:PutEvents", "lambda:InvokeFunction"},
        "PodStateMachineRole": set(),
    }


def test_a_stage_cannot_read_secrets_of_other_stages() -> None:
    """Ingest can read and decrypt only parameters whose path contains its stage, and only through SSM."""
    by_sid = {statement["Sid"]: statement for statement in statements("IngestRole")}
    path = "parameter/alma-webhooks/${Stage}/*"
    assert by_sid["ReadTheStagesSecrets"]["Resource"]["Fn::Sub"].endswith(path)
    condition = by_sid["DecryptTheStagesSecrets"]["Condition"]
    assert condition["StringLike"]["kms:EncryptionContext:PARAMETER_ARN"]["Fn::Sub"].endswith(path)
    assert condition["StringEquals"]["kms:ViaService"] == {"Fn::Sub": "ssm.${AWS::Region}.amazonaws.com"}


def test_topics_are_encrypted_and_published_to_over_tls() -> None:
    """Topics are encrypted, and the processor can publish to them only over TLS."""
    name, collection, resources = TEMPLATE["Resources"]["Fn::ForEach::Topics"]
    assert (name, collection) == ("Name", {"Ref": "Topics"})
    [topic] = resources.values()
    assert topic["Properties"]["KmsMasterKeyId"] == "alias/aws/sns"
    [publish] = [s for s in statements("ProcessorRole") if s["Sid"] == "PublishToTheStacksTopics"]
    assert publish["Condition"] == {"Bool": {"aws:SecureTransport": "true"}}


@pytest.mark.parametrize("profiles", ["alma", "alma,consortium", ""])
def test_f57_every_stack_has_the_profile_and_topic_of_the_heartbeat(profiles: str) -> None:
    """Every stack serves the heartbeat profile and has its encrypted topic, with any parameters."""
    outer, [first, inner] = environment("IngestFunction")["PROFILES"]["Fn::Join"]
    assert inner == {"Fn::Join": [",", {"Ref": "Profiles"}]}
    served = outer.join([first, profiles])
    assert parameters.listed(served) == [heartbeat.ROUTE.name, *parameters.listed(profiles)]
    assert TEMPLATE["Outputs"]["Profiles"]["Value"] == environment("IngestFunction")["PROFILES"]
    topic = TEMPLATE["Resources"]["HeartbeatTopic"]
    assert "Condition" not in topic
    assert topic["Properties"] == {
        "TopicName": {"Fn::Sub": f"${{AWS::StackName}}-{heartbeat.TOPIC}"},
        "KmsMasterKeyId": "alias/aws/sns",
    }


@pytest.mark.parametrize("parameter", ["Profiles", "Topics"])
def test_f57_no_parameter_accepts_the_heartbeat(parameter: str) -> None:
    """The patterns of the list parameters reject the name of the heartbeat."""
    rules = TEMPLATE["Parameters"][parameter]
    assert not re.fullmatch(rules["AllowedPattern"], heartbeat.TOPIC)
    assert all(re.fullmatch(rules["AllowedPattern"], name) for name in ("", "alma", "heartbeats", "a-heartbeat"))
    assert heartbeat.TOPIC not in rules["Default"].split(",")


def test_the_prefix_of_topics_is_the_same_everywhere() -> None:
    """The processor, its role, the output and the topic names use the same prefix."""
    prefix = TEMPLATE["Outputs"]["TopicArnPrefix"]["Value"]
    assert environment("ProcessorFunction")["TOPIC_ARN_PREFIX"] == prefix
    [publish] = [s for s in statements("ProcessorRole") if s["Sid"] == "PublishToTheStacksTopics"]
    assert publish["Resource"]["Fn::Sub"] == prefix["Fn::Sub"] + "*"
    [topic] = TEMPLATE["Resources"]["Fn::ForEach::Topics"][2].values()
    assert prefix["Fn::Sub"].endswith(topic["Properties"]["TopicName"]["Fn::Sub"].removesuffix("${Name}"))


def test_state_machines_are_the_same_everywhere() -> None:
    """The setting of the processor, the output and the role name the state machines that the routes declare."""
    setting = environment("ProcessorFunction")["STATE_MACHINE_ARNS"]
    assert setting == TEMPLATE["Outputs"]["StateMachineArns"]["Value"] == {"Ref": "StateMachineArns"}
    assert json.loads(VALUES["StateMachineArns"]) == {each.name: each.arn for each in MACHINES}
    [start] = [s for s in statements("ProcessorRole") if s["Sid"] == "StartStateMachines"]
    assert start["Resource"] == {"Ref": "DeclaredStateMachineArns"}
    assert VALUES["DeclaredStateMachineArns"].split(",") == [each.arn for each in MACHINES]


@pytest.mark.parametrize("parameter", ["DeclaredStateMachineArns", "OutsideStateMachineArns"])
def test_f51_the_processor_starts_only_listed_state_machines(parameter: str) -> None:
    """Each list is the whole resource of a statement. Its ARNs have no version or alias, because AWS compares those."""
    [start] = [s for s in statements("ProcessorRole") if s["Resource"] == {"Ref": parameter}]
    assert start["Action"] == "states:StartExecution"
    machine = MACHINES[0]._replace(arn=f"{MACHINES[0].arn}:PROD")
    assert state_machines.parameters([machine])["DeclaredStateMachineArns"] == MACHINES[0].arn
    assert "without version and alias" in TEMPLATE["Parameters"]["OutsideStateMachineArns"]["Description"]


def test_the_processor_is_updated_after_its_targets_exist() -> None:
    """Otherwise an event of a new route could be processed before its topic exists, and become a dead letter."""
    resources = sent(PIPELINE)["Resources"]
    kinds = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine")
    targets = {name for name, one in resources.items() if one["Type"] in kinds}
    assert set(resources["ProcessorFunction"]["DependsOn"]) == targets
    assert len(targets) == len(TOPICS) + 1 + len(MACHINES)


def test_the_pod_state_machine_checks_its_input() -> None:
    """The pod state machine fails if filename-prefix is missing, empty or not text, and succeeds otherwise."""
    states = properties("PodStateMachine")["Definition"]["States"]
    [choice] = states["CheckInput"]["Choices"]
    assert [next(k for k in test if k != "Variable") for test in choice["And"]] == [
        "IsPresent",
        "IsString",
        "StringGreaterThan",
    ]
    assert states[choice["Next"]]["Type"] == "Succeed"
    assert states[states["CheckInput"]["Default"]]["Type"] == "Fail"


def test_functions_have_their_environment_variables() -> None:
    """The template sets exactly these variables for ingest and the processor."""
    expected = {"STAGE", "PROFILES", "RETIRED_PROFILES", "SECRET_LIFETIME_SECONDS", "QUEUE_URL", "OVERFLOW_BUCKET"}
    assert set(environment("IngestFunction")) == {*expected, "ALARMS"}
    assert set(environment("ProcessorFunction")) == {
        "STAGE",
        "TOPICS",
        "TOPIC_ARN_PREFIX",
        "STATE_MACHINE_ARNS",
        "WEBHOOK_QUEUE_ARN",
        "WEBHOOK_QUEUE_URL",
        "DEAD_LETTER_QUEUE_URL",
        "OVERFLOW_BUCKET",
        "DELIVERIES_TABLE",
        "MAX_RECEIVE_COUNT",
        "VISIBILITY_TIMEOUT",
        "FUNCTION_TIMEOUT",
        "PARK_OLDER_THAN_DAYS",
        "TOPIC_MESSAGE_BYTES",
        "NOTIFICATION_TOPICS_TABLE",
        "NOTIFICATIONS_QUEUE",
        "ALARMS",
        "SENTRY_DSN",
        "POWERTOOLS_LOG_LEVEL",
        "LOG_LEVEL",
    }


def test_ingest_gets_every_setting() -> None:
    """The variables of the template and of Lambda are sufficient for the settings of ingest."""
    set_by_lambda = ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    lifetime = TEMPLATE["Parameters"]["SecretLifetimeSeconds"]
    variables = dict.fromkeys((*environment("IngestFunction"), *set_by_lambda), "x") | {"ALARMS": "none"}
    for seconds in (lifetime["MinValue"], lifetime["Default"], lifetime["MaxValue"]):
        settings = IngestSettings.from_environment(variables | {"SECRET_LIFETIME_SECONDS": str(seconds)})
        assert (settings.profiles, settings.secret_lifetime) == (("x",), seconds)


def test_an_output_has_the_lifetime_of_cached_secrets() -> None:
    """The setting of ingest and the output have the same parameter."""
    parameter = {"Ref": "SecretLifetimeSeconds"}
    assert environment("IngestFunction")["SECRET_LIFETIME_SECONDS"] == parameter
    assert TEMPLATE["Outputs"]["SecretLifetimeSeconds"]["Value"] == parameter


def test_the_processor_gets_every_setting() -> None:
    """The variables of the template are sufficient for the settings of the processor."""
    numbers = dict.fromkeys(
        ("MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT", "PARK_OLDER_THAN_DAYS", "TOPIC_MESSAGE_BYTES"),
        "1",
    )
    texts = {"STATE_MACHINE_ARNS": "{}", "ALARMS": "none"}
    variables = dict.fromkeys(environment("ProcessorFunction"), "x") | texts | numbers
    assert Settings.from_environment(variables).topic_arns == {"x": "xx"}


def test_topics_and_the_processor_have_the_same_limit() -> None:
    """By default the property is left out: topics have the limit of SNS, and any subscriber."""
    parameter = TEMPLATE["Parameters"]["TopicMessageBytes"]
    assert (parameter["Default"], parameter["MinValue"], parameter["MaxValue"]) == (262_144, MAX_MESSAGE_BYTES, 2**20)
    reference = {"Ref": "TopicMessageBytes"}
    assert environment("ProcessorFunction")["TOPIC_MESSAGE_BYTES"] == reference
    [loop] = [
        each[2]
        for name, each in TEMPLATE["Resources"].items()
        if name.startswith("Fn::ForEach") and "Topics" in str(each[1])
    ]
    [topic] = loop.values()
    assert topic["Properties"]["MaximumMessageSize"] == {
        "Fn::If": ["HasLargeMessages", reference, {"Ref": "AWS::NoValue"}]
    }
    assert TEMPLATE["Conditions"]["HasLargeMessages"] == {"Fn::Not": [{"Fn::Equals": [reference, "262144"]}]}


def test_f64_old_events_are_parked_only_on_request() -> None:
    """The age limit is 0 by default, longer than the retention of the queue, and at most that of delivery records."""
    parameter = TEMPLATE["Parameters"]["ParkOlderThanDays"]
    assert parameter["Default"] == "0"
    assert environment("ProcessorFunction")["PARK_OLDER_THAN_DAYS"] == {"Ref": "ParkOlderThanDays"}
    accepted = [days for days in range(200) if re.fullmatch(parameter["AllowedPattern"], str(days))]
    waits = properties("WebhookQueue")["MessageRetentionPeriod"] // 86_400
    assert accepted == [0, *range(7, KEPT_SECONDS // 86_400 + 1)]
    assert min(accepted[1:]) > waits


def test_the_processor_has_the_settings_of_the_queue() -> None:
    """The processor gets the queues, the receive limit and the timeouts of the template."""
    variables = environment("ProcessorFunction")
    assert variables["WEBHOOK_QUEUE_URL"] == {"Ref": "WebhookQueue"}
    assert variables["MAX_RECEIVE_COUNT"] == properties("WebhookQueue")["RedrivePolicy"]["maxReceiveCount"]
    assert variables["VISIBILITY_TIMEOUT"] == properties("WebhookQueue")["VisibilityTimeout"]
    assert variables["FUNCTION_TIMEOUT"] == properties("ProcessorFunction")["Timeout"]
    assert variables["DEAD_LETTER_QUEUE_URL"] == {"Ref": "DeadLetterQueue"}


def test_large_bodies_are_encrypted_private_and_deleted_after_90_days() -> None:
    """The overflow bucket is encrypted, blocks public access and deletes bodies after 90 days."""
    bucket = properties("OverflowBucket")
    [encryption] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 90)


def test_f51_the_bucket_requires_tls_and_admits_only_named_readers() -> None:
    """The bucket denies requests without TLS, and readers of other accounts can only get bodies."""
    tls, readers = properties("OverflowBucketPolicy")["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    condition, statement, otherwise = readers["Fn::If"]
    assert (condition, otherwise) == ("HasOverflowReaders", {"Ref": "AWS::NoValue"})
    assert (statement["Principal"], statement["Action"]) == ({"AWS": {"Ref": "OverflowReaderArns"}}, "s3:GetObject")
    assert statement["Resource"] == {"Fn::Sub": "${OverflowBucket.Arn}/bodies/*"}


def test_records_of_deliveries_expire() -> None:
    """The table of deliveries has a time to live and point-in-time recovery."""
    table = properties("DeliveriesTable")
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_f52_queues_tables_buckets_and_the_audit_log_are_retained() -> None:
    """Every queue, table and bucket and the audit log are retained when the stack is deleted."""
    kept = {"AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket"}
    names = [name for name, resource in RESOURCES.items() if resource["Type"] in kept] + ["AuditLogGroup"]
    assert len(names) == 7
    policies = {(RESOURCES[name]["DeletionPolicy"], RESOURCES[name]["UpdateReplacePolicy"]) for name in names}
    assert policies == {("RetainExceptOnCreate", "Retain")}


def test_locks_expire() -> None:
    """The table of locks has a time to live, so that abandoned locks expire."""
    table = properties("LocksTable")
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_states_of_issues_expire() -> None:
    """The table of issues has a time to live, so that issues nobody changes are forgotten."""
    table = properties("IssuesTable")
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert TEMPLATE["Outputs"]["IssuesTableName"]["Value"] == {"Ref": "IssuesTable"}


def test_no_secret_is_in_the_stack() -> None:
    """The stack has neither a parameter nor a resource that could contain a secret."""
    assert not of_type("AWS::SSM::Parameter")
    assert not of_type("AWS::SecretsManager::Secret")
    assert not any("ecret" in name for name in TEMPLATE["Parameters"] if name != "SecretLifetimeSeconds")


def test_notifications_are_known_by_the_names_that_their_stack_gives() -> None:
    """Their stack is deployed later. Without it the processor has neither the names nor the rights."""
    theirs = load(NOTIFICATIONS)["Resources"]
    names = {
        "table": theirs["TopicsTable"]["Properties"]["TableName"]["Fn::Sub"],
        "queue": theirs["NotificationQueue"]["Properties"]["QueueName"]["Fn::Sub"],
    }
    table, queue = (
        name.replace("${AWS::StackName}", f"${{AWS::StackName}}{NOTIFICATIONS_PART.suffix}") for name in names.values()
    )
    variables = environment("ProcessorFunction")
    assert variables["NOTIFICATION_TOPICS_TABLE"] == {"Fn::If": ["HasNotifications", {"Fn::Sub": table}, ""]}
    assert variables["NOTIFICATIONS_QUEUE"] == {"Fn::If": ["HasNotifications", {"Fn::Sub": queue}, ""]}
    account = "${AWS::Region}:${AWS::AccountId}"
    [policy] = properties("ProcessorRole")["Policies"]
    conditional = [one["Fn::If"] for one in policy["PolicyDocument"]["Statement"] if "Fn::If" in one]
    allowed = {one["Sid"]: one for condition, one, _ in conditional if condition == "HasNotifications"}
    assert {sid: (one["Action"], one["Resource"]) for sid, one in allowed.items()} == {
        "ReadTopicsOfNotifications": (
            "dynamodb:GetItem",
            {"Fn::Sub": f"arn:${{AWS::Partition}}:dynamodb:{account}:table/{table}"},
        ),
        "QueueNotifications": (
            ["sqs:SendMessage", "sqs:GetQueueUrl"],
            {"Fn::Sub": f"arn:${{AWS::Partition}}:sqs:{account}:{queue}"},
        ),
    }
    parameter = TEMPLATE["Parameters"]["Notifications"]
    assert (parameter["Default"], parameter["AllowedValues"]) == ("false", ["true", "false"])


def test_every_permission_is_for_one_resource() -> None:
    """Each statement of the roles names its own resource."""
    resources = {
        (role, statement["Sid"]): statement["Resource"]
        for role in ("IngestRole", "ProcessorRole")
        for statement in statements(role)
    }
    account = "${AWS::Region}:${AWS::AccountId}"
    assert resources[("IngestRole", "WriteItsLog")] == {"Fn::GetAtt": ["IngestLogGroup", "Arn"]}
    assert resources[("IngestRole", "QueueWebhooks")] == {"Fn::GetAtt": ["WebhookQueue", "Arn"]}
    assert resources[("ProcessorRole", "WriteItsLog")] == {"Fn::GetAtt": ["ProcessorLogGroup", "Arn"]}
    assert resources[("ProcessorRole", "TakeEventsFromTheQueue")] == {"Fn::GetAtt": ["WebhookQueue", "Arn"]}
    assert resources[("ProcessorRole", "PutDeadLetters")] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    assert resources[("ProcessorRole", "KeepRecordsOfDeliveries")] == {"Fn::GetAtt": ["DeliveriesTable", "Arn"]}
    assert resources[("ProcessorRole", "KnowWhichBodiesAreThere")] == {"Fn::GetAtt": ["OverflowBucket", "Arn"]}
    assert resources[("ProcessorRole", "ReadAndStoreLargeBodies")] == {"Fn::Sub": "${OverflowBucket.Arn}/bodies/*"}
    assert resources[("IngestRole", "StoreLargeBodies")] == {"Fn::Sub": "${OverflowBucket.Arn}/bodies/*"}
    topics = {"Fn::Sub": f"arn:${{AWS::Partition}}:sns:{account}:${{AWS::StackName}}-*"}
    assert resources[("ProcessorRole", "PublishToTheStacksTopics")] == topics
    api = {"Fn::Sub": f"arn:${{AWS::Partition}}:execute-api:{account}:${{Api}}/*"}
    assert properties("ApiMayInvokeIngest")["SourceArn"] == api


@pytest.mark.parametrize(
    ("role", "service"),
    [
        ("IngestRole", "lambda.amazonaws.com"),
        ("ProcessorRole", "lambda.amazonaws.com"),
        ("PodStateMachineRole", "states.amazonaws.com"),
    ],
)
def test_each_role_is_assumed_by_its_service_alone(role: str, service: str) -> None:
    """Each role can be assumed only by its service, that of the state machines only for this account."""
    [statement] = properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Principal"]) == ("sts:AssumeRole", {"Service": service})
    if role == "PodStateMachineRole":
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize(("function", "log_group"), [("Ingest", "IngestLogGroup"), ("Processor", "ProcessorLogGroup")])
def test_outcome_lines_are_logged(function: str, log_group: str) -> None:
    """Functions log JSON at level INFO, because a higher level would drop the outcomes."""
    logging = properties(f"{function}Function")["LoggingConfig"]
    assert logging == {
        "LogFormat": "JSON",
        "LogGroup": {"Ref": log_group},
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }
    levels = [value for name, value in environment(f"{function}Function").items() if name.endswith("LOG_LEVEL")]
    assert set(levels) <= {"INFO"}
