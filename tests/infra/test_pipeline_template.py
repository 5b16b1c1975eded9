"""What the template promises, on the template parsed: the emulator enforces little of it."""

import json
import re
from typing import Any

import pytest

from ingest.settings import Settings as IngestSettings
from processor import heartbeat
from processor.deliveries import KEPT_SECONDS
from processor.errors import DeliveryUncertain
from processor.retries import ENOUGH_SECONDS, RetryPolicy
from processor.settings import Settings
from scripts.aws import parameters
from scripts.aws.template import PIPELINE, default_list, load
from scripts.deploy import retained
from scripts.deploy.runtime import Architecture

TEMPLATE = load()
RESOURCES: dict[str, dict[str, Any]] = {
    name: resource for name, resource in TEMPLATE["Resources"].items() if not name.startswith("Fn::ForEach")
}
QUEUES = ("WebhookQueue", "DeadLetterQueue")


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


def test_cloudformation_takes_it_without_a_bucket() -> None:
    """The template is small enough to be sent in the call itself."""
    assert len(PIPELINE.read_bytes()) < 51_200


def test_every_parameter_and_output_is_explained() -> None:
    """Whoever deploys it reads what each parameter and output is for."""
    described = [*TEMPLATE["Parameters"].values(), *TEMPLATE["Outputs"].values()]
    assert all(item.get("Description") for item in described)


def test_the_parameters_are_grouped_completely() -> None:
    """The console shows every parameter, in a group."""
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert {name for group in groups for name in group["Parameters"]} == set(TEMPLATE["Parameters"])


def test_f51_the_visibility_timeout_is_six_function_timeouts() -> None:
    """AWS advises six times the function's timeout, or events are processed twice."""
    assert properties("WebhookQueue")["VisibilityTimeout"] == {"Ref": "VisibilityTimeout"}
    assert properties("ProcessorFunction")["Timeout"] == {"Ref": "ProcessorTimeout"}
    defaults = {name: parameter.get("Default") for name, parameter in TEMPLATE["Parameters"].items()}
    assert defaults["VisibilityTimeout"] >= 6 * defaults["ProcessorTimeout"]


def test_f32_the_processor_has_time_for_more_than_one_delivery() -> None:
    """The shortest timeout that can be chosen is longer than what one delivery is kept back for."""
    assert TEMPLATE["Parameters"]["ProcessorTimeout"]["MinValue"] > ENOUGH_SECONDS


def test_f51_dead_letters_live_longer_than_what_they_were() -> None:
    """Retention counts from the first enqueue, so the dead-letter queue's must be the longer one."""
    source, dead = (properties(name)["MessageRetentionPeriod"] for name in QUEUES)
    assert (source, dead) == (4 * 86_400, 14 * 86_400)


def test_dead_letters_are_not_made_by_miscounted_receives() -> None:
    """A receive can be counted without a delivery: at least five, and the default is the design's eight."""
    redrive = properties("WebhookQueue")["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == {"Ref": "MaxReceiveCount"}
    assert TEMPLATE["Parameters"]["MaxReceiveCount"]["Default"] == 8


def test_no_event_is_tried_for_longer_than_its_queue_keeps_it() -> None:
    """With the most receives that can be chosen, at their longest waits, it is a dead letter before that."""
    parameter = TEMPLATE["Parameters"]["MaxReceiveCount"]
    visibility = TEMPLATE["Parameters"]["VisibilityTimeout"]["Default"]
    retry_policy = RetryPolicy(parameter["MaxValue"], visibility, 900, random=lambda: 1.0)
    failure = DeliveryUncertain("transient", "x")
    tried_for = sum(retry_policy.backoff_seconds(failure, receives) for receives in range(1, parameter["MaxValue"]))
    assert tried_for < properties("WebhookQueue")["MessageRetentionPeriod"]


def test_only_the_webhook_queue_may_use_the_dead_letter_queue() -> None:
    """Dead letters of other queues would be replayed into this one."""
    allow = properties("DeadLetterQueue")["RedriveAllowPolicy"]
    [source] = allow["sourceQueueArns"]
    name = properties("WebhookQueue")["QueueName"]["Fn::Sub"]
    assert allow["redrivePermission"] == "byQueue"
    assert source["Fn::Sub"].endswith(f":{name}")


@pytest.mark.parametrize("queue", QUEUES)
def test_queues_are_encrypted(queue: str) -> None:
    """What lies in a queue is patron data."""
    assert properties(queue)["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("queue", QUEUES)
def test_f51_queues_take_tls_only(queue: str) -> None:
    """A request without TLS is denied for every caller."""
    [policy] = [properties(n) for n in of_type("AWS::SQS::QueuePolicy") if {"Ref": queue} in properties(n)["Queues"]]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("resource", [*QUEUES, "DeliveriesTable", "OverflowBucket"])
def test_f52_what_holds_data_outlives_the_stack(resource: str) -> None:
    """Deleting the stack deletes no event; a failed first deployment leaves nothing; a replaced one stays."""
    assert RESOURCES[resource]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[resource]["UpdateReplacePolicy"] == "Retain"


def test_f52_every_queue_table_and_bucket_is_kept() -> None:
    """Every resource that holds data is retained under a stable name, so that a new stack can import it."""
    kinds = ("AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket")
    kept = retained.of(TEMPLATE, retained.Place("s", "1", "r"))
    assert {each.resource for each in kept} >= {name for kind in kinds for name in of_type(kind)}


def test_names_fit_where_names_are_shortest() -> None:
    """With the longest stack name that `deploy` takes, a bucket's 63 and a queue's 80 characters are enough."""
    stack = "s" * 35
    for each in retained.of(TEMPLATE, retained.Place(stack, "1" * 12, "ap-southeast-1")):
        assert len(each.name) <= (63 if each.kind == "AWS::S3::Bucket" else 80), each.name


def test_both_functions_have_the_instruction_set_of_the_zips() -> None:
    """One parameter, arm64 unless somebody says otherwise, and the machines that wheels can be had for."""
    parameter = TEMPLATE["Parameters"]["Architecture"]
    assert parameter["Default"] == "arm64"
    assert parameter["AllowedValues"] == [architecture.value for architecture in Architecture]
    for function in of_type("AWS::Lambda::Function"):
        assert properties(function)["Architectures"] == [{"Ref": "Architecture"}]


def test_a_domain_leads_to_the_api_only_when_one_is_given() -> None:
    """Off by default; with a domain the webhook URLs use it, and an output shows the target of its DNS record."""
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


def test_the_mapping_hands_over_one_event_at_a_time() -> None:
    """Batch size 1 and no partial-batch responses: a failure raises and slows the polling."""
    mapping = properties("ProcessorMapping")
    assert mapping["BatchSize"] == 1
    assert "FunctionResponseTypes" not in mapping
    assert "FilterCriteria" not in mapping, "a filter deletes what does not match"


def test_f51_the_mapping_is_bounded_for_every_stage() -> None:
    """MaximumConcurrency is 2 to 1,000, from a table: no stage is left without."""
    find = properties("ProcessorMapping")["ScalingConfig"]["MaximumConcurrency"]["Fn::FindInMap"]
    assert find == ["Concurrency", {"Ref": "Stage"}, "Processor"]
    table = TEMPLATE["Mappings"]["Concurrency"]
    assert set(table) == set(TEMPLATE["Parameters"]["Stage"]["AllowedValues"])
    assert all(2 <= row["Processor"] <= 1000 for row in table.values())


def test_f62_only_ingest_can_have_a_reservation_and_only_when_asked_for() -> None:
    """A flood of unsigned requests is limited to that number; the processor shares what is left with nobody's flood.

    The processor has none: below the mapping's concurrency it would throttle, and throttles burn receives.
    """
    parameter = TEMPLATE["Parameters"]["IngestReservedConcurrency"]
    assert parameter["Default"] == "0"
    allowed = re.compile(parameter["AllowedPattern"])
    assert all(allowed.match(text) for text in ("0", "1", "200"))
    # Lambda would never run a function that reserves 0: nothing but "0", which the condition knows, may mean it.
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


def test_the_template_says_why_the_processor_reserves_no_concurrency() -> None:
    """Where somebody would add it."""
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
def test_functions_are_as_designed(function: str, memory: int, timeout: object, handler: str) -> None:
    """Runtime, architecture, memory, time, handler and JSON logs in a group of their own."""
    found = properties(function)
    assert (found["Runtime"], found["Architectures"]) == ("python3.13", [{"Ref": "Architecture"}])
    assert (found["MemorySize"], found["Timeout"], found["Handler"]) == (memory, timeout, handler)
    assert found["LoggingConfig"]["LogFormat"] == "JSON"
    assert found["TracingConfig"] == {"Mode": {"Ref": "Tracing"}}
    assert found["LoggingConfig"]["LogGroup"] == {"Ref": function.replace("Function", "LogGroup")}


def test_logs_do_not_live_for_ever() -> None:
    """Every log group has a retention, and none forgets before a dead letter expires."""
    groups = of_type("AWS::Logs::LogGroup")
    assert len(groups) == 4
    assert all(properties(name)["RetentionInDays"] == {"Ref": "LogRetentionDays"} for name in groups)
    assert min(TEMPLATE["Parameters"]["LogRetentionDays"]["AllowedValues"]) >= 14


def test_every_request_reaches_ingest() -> None:
    """Both routes lead to the one integration, with payload 2.0: a 404 is ingest's own."""
    routes = [properties(name) for name in of_type("AWS::ApiGatewayV2::Route")]
    assert {route["RouteKey"] for route in routes} == {"ANY /webhooks/{profile}", "$default"}
    assert {json.dumps(route["Target"]) for route in routes} == {'{"Fn::Sub": "integrations/${IngestIntegration}"}'}
    integration = properties("IngestIntegration")
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["TimeoutInMillis"] > properties("IngestFunction")["Timeout"] * 1000


def test_throttling_stays_far_above_a_real_peak() -> None:
    """The gateway's 429 loses a genuine event, so it is for floods alone."""
    stage = properties("ApiStage")
    assert stage["StageName"] == "$default"
    assert set(stage["DefaultRouteSettings"]) >= {"ThrottlingRateLimit", "ThrottlingBurstLimit"}
    assert all(TEMPLATE["Parameters"][f"Throttling{kind}Limit"]["Default"] >= 1000 for kind in ("Rate", "Burst"))


@pytest.mark.parametrize("role", ["IngestRole", "ProcessorRole", "StateMachineRole"])
def test_f51_roles_are_narrow(role: str) -> None:
    """No action and no resource is a bare star, and no action ends in one."""
    for statement in statements(role):
        assert not any(action.endswith("*") for action in listed(statement["Action"])), statement["Sid"]
        assert "*" not in listed(statement["Resource"]) or statement["Sid"] == "SendTraces", statement["Sid"]


def test_f51_a_star_inside_a_resource_has_its_reason() -> None:
    """These are as narrow as they can be; the template says why beside each. A bucket's objects have no other form."""
    bodies = {"Fn::Sub": "${OverflowBucket.Arn}/bodies/*"}
    starred = {
        statement["Sid"]
        for role in of_type("AWS::IAM::Role")
        for statement in statements(role)
        if "*" in json.dumps(statement["Resource"]) and statement["Resource"] != bodies
    }
    assert starred == {"SendTraces", "ReadTheStagesSecrets", "DecryptTheStagesSecrets", "PublishToTheStacksTopics"}


def test_roles_allow_what_the_functions_do_and_no_more() -> None:
    """The actions of each role, in full."""
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
        "StateMachineRole": set(),
    }


def test_a_stage_reads_no_other_stages_secrets() -> None:
    """The stage is part of the parameters' path, for SSM and for the key alike; the key serves through SSM only."""
    by_sid = {statement["Sid"]: statement for statement in statements("IngestRole")}
    path = "parameter/alma-webhooks/${Stage}/*"
    assert by_sid["ReadTheStagesSecrets"]["Resource"]["Fn::Sub"].endswith(path)
    condition = by_sid["DecryptTheStagesSecrets"]["Condition"]
    assert condition["StringLike"]["kms:EncryptionContext:PARAMETER_ARN"]["Fn::Sub"].endswith(path)
    assert condition["StringEquals"]["kms:ViaService"] == {"Fn::Sub": "ssm.${AWS::Region}.amazonaws.com"}


def test_topics_are_encrypted_and_published_to_over_tls() -> None:
    """The one principal that may publish may do so over TLS only."""
    name, collection, resources = TEMPLATE["Resources"]["Fn::ForEach::Topics"]
    assert (name, collection) == ("Name", {"Ref": "Topics"})
    [topic] = resources.values()
    assert topic["Properties"]["KmsMasterKeyId"] == "alias/aws/sns"
    [publish] = [s for s in statements("ProcessorRole") if s["Sid"] == "PublishToTheStacksTopics"]
    assert publish["Condition"] == {"Bool": {"aws:SecureTransport": "true"}}


@pytest.mark.parametrize("profiles", ["alma", "alma,consortium", ""])
def test_f57_the_heartbeats_profile_and_topic_are_in_every_stack(profiles: str) -> None:
    """The profile comes before Alma's, whatever the parameters say; the topic is not in a loop, and is encrypted."""
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
def test_f57_no_parameter_lists_the_heartbeat(parameter: str) -> None:
    """CloudFormation holds each element of a list against the pattern, so by other means it is rejected too."""
    rules = TEMPLATE["Parameters"][parameter]
    assert not re.fullmatch(rules["AllowedPattern"], heartbeat.TOPIC)
    assert all(re.fullmatch(rules["AllowedPattern"], name) for name in ("", "alma", "heartbeats", "a-heartbeat"))
    assert heartbeat.TOPIC not in default_list(TEMPLATE, parameter)


def test_topic_names_make_distinct_logical_ids() -> None:
    """Logical ids lose the hyphens of the names, so the default names differ without them too."""
    names = default_list(TEMPLATE, "Topics")
    assert len({name.replace("-", "") for name in names}) == len(names)


def test_the_topics_prefix_is_said_alike_everywhere() -> None:
    """The processor, its role, the output and the topics' own names agree."""
    prefix = TEMPLATE["Outputs"]["TopicArnPrefix"]["Value"]
    assert environment("ProcessorFunction")["TOPIC_ARN_PREFIX"] == prefix
    [publish] = [s for s in statements("ProcessorRole") if s["Sid"] == "PublishToTheStacksTopics"]
    assert publish["Resource"]["Fn::Sub"] == prefix["Fn::Sub"] + "*"
    [topic] = TEMPLATE["Resources"]["Fn::ForEach::Topics"][2].values()
    assert prefix["Fn::Sub"].endswith(topic["Properties"]["TopicName"]["Fn::Sub"].removesuffix("${Name}"))


def test_state_machines_are_said_alike_everywhere() -> None:
    """The processor's setting and the output are the same JSON, and the role allows the same machines."""
    setting = environment("ProcessorFunction")["STATE_MACHINE_ARNS"]
    assert setting == TEMPLATE["Outputs"]["StateMachineArns"]["Value"]
    text, values = setting["Fn::Sub"]
    assert json.loads(text) == {name: f"${{{name.capitalize()}}}" for name in ("pod", "timdex", "bursar")}
    [start] = [s for s in statements("ProcessorRole") if s["Sid"] == "StartStateMachines"]
    assert start["Resource"] == [values["Pod"], values["Timdex"], values["Bursar"]]


def test_the_pod_state_machine_checks_its_input() -> None:
    """A missing, empty or non-text filename-prefix ends in Fail, anything else in Succeed."""
    states = properties("PodStateMachine")["Definition"]["States"]
    [choice] = states["CheckInput"]["Choices"]
    assert [next(k for k in test if k != "Variable") for test in choice["And"]] == [
        "IsPresent",
        "IsString",
        "StringGreaterThan",
    ]
    assert states[choice["Next"]]["Type"] == "Succeed"
    assert states[states["CheckInput"]["Default"]]["Type"] == "Fail"


def test_functions_get_the_settings_they_read() -> None:
    """Ingest's and the processor's variables, by name."""
    ingests = {"STAGE", "PROFILES", "RETIRED_PROFILES", "SECRET_LIFETIME_SECONDS", "QUEUE_URL", "OVERFLOW_BUCKET"}
    assert set(environment("IngestFunction")) == ingests
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
        "SENTRY_DSN",
        "POWERTOOLS_LOG_LEVEL",
        "LOG_LEVEL",
    }


def test_ingest_lacks_no_setting() -> None:
    """What the template hands over, and what Lambda itself sets, is all that ingest's settings ask for."""
    lambdas_own = ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    lifetime = TEMPLATE["Parameters"]["SecretLifetimeSeconds"]
    handed = dict.fromkeys((*environment("IngestFunction"), *lambdas_own), "x")
    for seconds in (lifetime["MinValue"], lifetime["Default"], lifetime["MaxValue"]):
        settings = IngestSettings.from_environment(handed | {"SECRET_LIFETIME_SECONDS": str(seconds)})
        assert (settings.profiles, settings.secret_lifetime) == (("x",), seconds)


def test_tools_can_read_how_long_secrets_are_kept() -> None:
    """Ingest's setting and the output come from the same parameter."""
    parameter = {"Ref": "SecretLifetimeSeconds"}
    assert environment("IngestFunction")["SECRET_LIFETIME_SECONDS"] == parameter
    assert TEMPLATE["Outputs"]["SecretLifetimeSeconds"]["Value"] == parameter


def test_the_processor_lacks_no_setting() -> None:
    """What the template hands over is all that the processor's settings ask for."""
    numbers = dict.fromkeys(
        ("MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT", "PARK_OLDER_THAN_DAYS"), "1"
    )
    handed = dict.fromkeys(environment("ProcessorFunction"), "x") | {"STATE_MACHINE_ARNS": "{}"} | numbers
    assert Settings.from_environment(handed).topic_arns == {"x": "xx"}


def test_f64_nothing_is_parked_by_default_and_nothing_that_only_waited() -> None:
    """0, or more days than an event can wait on the queue, and not more than its record is kept."""
    parameter = TEMPLATE["Parameters"]["ParkOlderThanDays"]
    assert parameter["Default"] == "0"
    assert environment("ProcessorFunction")["PARK_OLDER_THAN_DAYS"] == {"Ref": "ParkOlderThanDays"}
    taken = [days for days in range(200) if re.fullmatch(parameter["AllowedPattern"], str(days))]
    waits = properties("WebhookQueue")["MessageRetentionPeriod"] // 86_400
    assert taken == [0, *range(7, KEPT_SECONDS // 86_400 + 1)]
    assert min(taken[1:]) > waits


def test_the_processor_is_told_what_the_queue_does() -> None:
    """Its last receive is the queue's last, and the messages that it postpones are the queue's own."""
    told = environment("ProcessorFunction")
    assert told["WEBHOOK_QUEUE_URL"] == {"Ref": "WebhookQueue"}
    assert told["MAX_RECEIVE_COUNT"] == properties("WebhookQueue")["RedrivePolicy"]["maxReceiveCount"]
    assert told["VISIBILITY_TIMEOUT"] == properties("WebhookQueue")["VisibilityTimeout"]
    assert told["FUNCTION_TIMEOUT"] == properties("ProcessorFunction")["Timeout"]
    assert told["DEAD_LETTER_QUEUE_URL"] == {"Ref": "DeadLetterQueue"}


def test_large_bodies_are_kept_privately_and_not_for_ever() -> None:
    """Encrypted, nothing public, gone after 90 days."""
    bucket = properties("OverflowBucket")
    [encryption] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 90)


def test_f51_the_bucket_takes_tls_only_and_is_read_by_those_who_are_named() -> None:
    """A request without TLS is denied; readers of other accounts may only get bodies."""
    tls, readers = properties("OverflowBucketPolicy")["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    condition, statement, otherwise = readers["Fn::If"]
    assert (condition, otherwise) == ("HasOverflowReaders", {"Ref": "AWS::NoValue"})
    assert (statement["Principal"], statement["Action"]) == ({"AWS": {"Ref": "OverflowReaderArns"}}, "s3:GetObject")
    assert statement["Resource"] == {"Fn::Sub": "${OverflowBucket.Arn}/bodies/*"}


def test_records_of_deliveries_expire() -> None:
    """Each is gone after its time, and none by a mistake that could not be undone."""
    table = properties("DeliveriesTable")
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_f52_what_the_stack_holds_outlives_it() -> None:
    """Every queue, table and bucket, and the audit."""
    kept = {"AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket"}
    names = [name for name, resource in RESOURCES.items() if resource["Type"] in kept] + ["AuditLogGroup"]
    assert len(names) == 6
    policies = {(RESOURCES[name]["DeletionPolicy"], RESOURCES[name]["UpdateReplacePolicy"]) for name in names}
    assert policies == {("RetainExceptOnCreate", "Retain")}


def test_locks_expire() -> None:
    """One that nobody takes over is gone after its time."""
    table = properties("LocksTable")
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_no_secret_is_in_the_stack() -> None:
    """Secrets are made outside: the stack has neither a parameter nor a resource that could hold one."""
    assert not of_type("AWS::SSM::Parameter")
    assert not of_type("AWS::SecretsManager::Secret")
    assert not any("ecret" in name for name in TEMPLATE["Parameters"] if name != "SecretLifetimeSeconds")


def test_every_right_is_for_its_own_resource() -> None:
    """What each role may do it may do there and nowhere else; a right for another resource would be none here."""
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
        ("StateMachineRole", "states.amazonaws.com"),
    ],
)
def test_each_role_is_assumed_by_its_service_alone(role: str, service: str) -> None:
    """No account and nobody else; a state architecture's role only on behalf of this account."""
    [statement] = properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Principal"]) == ("sts:AssumeRole", {"Service": service})
    if role == "StateMachineRole":
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize(("function", "log_group"), [("Ingest", "IngestLogGroup"), ("Processor", "ProcessorLogGroup")])
def test_outcome_lines_are_kept(function: str, log_group: str) -> None:
    """JSON at level INFO in the function's own group: a higher level would drop the outcomes."""
    logging = properties(f"{function}Function")["LoggingConfig"]
    assert logging == {
        "LogFormat": "JSON",
        "LogGroup": {"Ref": log_group},
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }
    levels = [value for name, value in environment(f"{function}Function").items() if name.endswith("LOG_LEVEL")]
    assert set(levels) <= {"INFO"}
