"""The observability template: recipients, conditions and descriptions of the alarms."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from processor import heartbeat
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.template import load
from scripts.main import app
from tests.infra.observability_alarms import PROFILES, TEMPLATE, alarms, resources, resources_of
from tests.scripts import cli_commands

TOPICS = ["loan-created", "heartbeat"]
ALARMS = alarms(TOPICS)
RESOURCES = resources(TOPICS)
PIPELINE = load()
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]


@cache
def commands() -> set[str]:
    """Return all commands of the command line, including those of groups."""
    return {" ".join(path) for path, _ in cli_commands.commands(get_command(app))}


def named_in(text: str) -> list[str]:
    """Return the commands that a text names, without their flags."""
    found = re.findall(r"alma-webhooks ([a-z-]+(?: (?!to\b|and\b)[a-z-]+)?)", text)
    known = commands()
    return [name if name in known or name.split()[0] not in known else name.split()[0] for name in found]


def statements(role: str) -> list[dict[str, Any]]:
    [policy] = RESOURCES[role]["Properties"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def test_every_parameter_and_output_has_a_description_and_a_group() -> None:
    """Every parameter and output has a description, and every parameter is in a group of the console."""
    assert all(item.get("Description") for item in (*PARAMETERS.values(), *TEMPLATE["Outputs"].values()))
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(PARAMETERS)


def test_required_parameters_are_outputs_of_the_pipeline_stack() -> None:
    """Each parameter without a default is an output of the pipeline stack with the same name, or from the routes."""
    needed = {name for name, parameter in PARAMETERS.items() if "Default" not in parameter} - {"StateMachines"}
    assert needed
    assert needed <= set(PIPELINE["Outputs"])
    outputs = {name: PIPELINE["Outputs"][name]["Value"] for name in needed}
    assert outputs["QueueName"] == {"Fn::GetAtt": ["WebhookQueue", "QueueName"]}
    assert outputs["DeadLetterQueueName"] == {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}
    assert outputs["ApiLogGroupName"] == {"Ref": "ApiLogGroup"}
    assert outputs["Topics"] == {"Fn::Join": [",", {"Ref": "Topics"}]}
    assert outputs["AlmaProfiles"] == {"Fn::Join": [",", {"Ref": "Profiles"}]}
    assert outputs["ProcessorLogGroupName"] == {"Ref": "ProcessorLogGroup"}
    [topic] = PIPELINE["Resources"]["Fn::ForEach::Topics"][2].values()
    assert topic["Properties"]["TopicName"]["Fn::Sub"] == outputs["TopicNamePrefix"]["Fn::Sub"] + "${Name}"


@pytest.mark.parametrize("name", ALARMS)
def test_f51_every_alarm_sends_a_message_when_it_begins_and_ends(name: str) -> None:
    """Every alarm sends both ALARM and OK to the alarm topic."""
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert alarm.get("ActionsEnabled", True)


@pytest.mark.parametrize("name", ALARMS)
def test_every_description_ends_in_a_command(name: str) -> None:
    """Every description begins with the urgency and ends in an existing command for this stage."""
    text = ALARMS[name]["AlarmDescription"]
    assert re.match(r"(Page|Ticket)\. [A-Z]", text)
    first = re.search(r" First: (alma-webhooks [a-z].* --stage \$\{Stage\})$", text)
    assert first
    [command] = named_in(first[1])
    assert command in commands()
    assert len(text) <= 1024  # "PutMetricAlarm", Amazon CloudWatch API Reference


def test_an_unknown_command_is_found() -> None:
    """A misspelled command, or an unknown command of a group, is not accepted."""
    assert named_in("alma-webhooks secret status all --stage x") == ["secret status"]
    assert named_in("alma-webhooks reconcile --since 1h") == ["reconcile"]
    for wrong in ("alma-webhooks ballance", "alma-webhooks secret shows", "alma-webhooks dead-letters purge"):
        assert not set(named_in(wrong)) & commands()


@pytest.mark.parametrize("name", [name for name in ALARMS if name != "Page"])
def test_every_threshold_is_a_parameter(name: str) -> None:
    """Every threshold is a numeric parameter with a default."""
    parameter = PARAMETERS[ALARMS[name]["Threshold"]["Ref"]]
    assert (parameter["Type"], type(parameter["Default"])) == ("Number", int)


def test_alarm_names_are_unique_and_begin_with_the_stack_name() -> None:
    """Alarm names are unique and begin with the stack name, by which the topic and its key admit them."""
    names = [alarm["AlarmName"] for alarm in ALARMS.values()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("${AWS::StackName}-") for name in names)


def test_missing_data_breaches_only_for_silence_and_heartbeat() -> None:
    """Missing data breaches only the alarms on silence and on the heartbeat."""
    breaching = {name for name, alarm in ALARMS.items() if alarm.get("TreatMissingData") == "breaching"}
    assert breaching == {"Silence", "HeartbeatMissing", *(f"ProfileSilence{name}" for name in PROFILES)}
    assert {alarm["TreatMissingData"] for name, alarm in ALARMS.items() if name != "Page"} == {
        "breaching",
        "notBreaching",
    }


def test_the_emulator_skips_only_unsupported_alarms() -> None:
    """Only composite alarms and alarms on several metrics are left out on the emulator, in every tier."""
    left_out = set[str]()
    for tier in AlarmTier:
        left_out |= set(resources_of(tier, TOPICS)) - set(resources_of(tier, TOPICS, emulated=True))
    assert left_out == {name for name, alarm in ALARMS.items() if "AlarmRule" in alarm or "Metrics" in alarm}
    assert TEMPLATE["Conditions"]["OnAws"] == {"Fn::Equals": [{"Ref": "Emulated"}, "false"]}
    assert PARAMETERS["Emulated"]["Default"] == "false"


MINUTES = {
    "DeadLetters": (1, 3, 1),
    "NewDeadLetters": (5, 2, 1),
    "DeadLetterAge": (1, 1, 1),
    "QueueAge": (1, 5, 5),
    "QueueBacklog": (1, 15, 15),
    "ProcessorStalled": (1, 16, 15),
    "SustainedThrottledRequests": (1, 15, 5),
    "SignedNotFound": (5, 12, 3),
    "ProfileSilencealma": (60, {"Ref": "SilenceHours"}, {"Ref": "SilenceHours"}),
    "ServerErrors": (1, 1, 1),
    "InvalidSignatures": (1, 1, 1),
    "SustainedInvalidSignatures": (5, 12, 3),
    "RetiredProfile": (1, 1, 1),
    "Latency": (1, 1, 1),
    "ThrottledRequests": (1, 1, 1),
    "Silence": (60, {"Ref": "SilenceHours"}, {"Ref": "SilenceHours"}),
    "IngestErrors": (1, 18, 1),
    "ProcessorErrors": (1, 18, 1),
    "HeartbeatErrors": (1, 18, 1),
    "TooLarge": (1, 1, 1),
    "HeartbeatMissing": (5, 2, 2),
}


@pytest.mark.parametrize("name", MINUTES)
def test_alarms_evaluate_the_intended_periods(name: str) -> None:
    """Each alarm has the intended length of a period in minutes, periods, and breaching periods."""
    alarm = ALARMS[name]
    periods = {alarm["Period"]} if "Period" in alarm else {m["MetricStat"]["Period"] for m in alarm["Metrics"][:-1]}
    [period] = periods
    evaluated = alarm["EvaluationPeriods"]
    assert (period / 60, evaluated, alarm.get("DatapointsToAlarm", evaluated)) == MINUTES[name]


def test_other_alarms_evaluate_one_period() -> None:
    """All other alarms evaluate one period: five minutes for targets, one minute otherwise."""
    rest = {name: alarm for name, alarm in ALARMS.items() if name not in {*MINUTES, "Page"}}
    assert all(alarm["EvaluationPeriods"] == 1 for alarm in rest.values())
    targets = {"AWS/SNS", "AWS/States"}
    assert all(alarm["Period"] == (300 if alarm["Namespace"] in targets else 60) for alarm in rest.values())


def test_alarms_on_several_metrics_have_the_intended_expressions() -> None:
    """The expressions count all dead letters, their growth, and events that wait while none is handled."""
    expressions = {
        name: [part["Expression"] for part in alarm["Metrics"] if part.get("ReturnData", True)]
        for name, alarm in ALARMS.items()
        if "Metrics" in alarm
    }
    assert expressions == {
        "DeadLetters": ["visible + FILL(hidden, 0)"],
        "NewDeadLetters": ["DIFF(visible + FILL(hidden, 0))"],
        "ProcessorStalled": ["IF(SUM([0 * visible, FILL(handled, 0)]) == 0, visible, 0)"],
    }


def test_limits_fit_the_pipeline() -> None:
    """The limits of ages and durations follow from the timeouts of the pipeline."""
    visibility, timeout = (
        PIPELINE["Parameters"][name]["Default"] for name in ("VisibilityTimeout", "ProcessorTimeout")
    )
    defaults = {name: parameter.get("Default") for name, parameter in PARAMETERS.items()}
    assert defaults["QueueAgeLimit"] == max(300, 2 * visibility)
    assert defaults["ProcessorDurationLimit"] == timeout * 800
    assert defaults["IngestDurationLimit"] == PIPELINE["Resources"]["IngestFunction"]["Properties"]["Timeout"] * 800
    assert defaults["DeadLetterAgeLimit"] == 7 * 86_400
    assert (defaults["LatencyLimit"], ALARMS["Latency"]["ExtendedStatistic"]) == (3000, "p99")
    assert defaults["ConcurrencyLimit"] == 800


def test_f53_a_disabled_key_causes_an_alarm_by_its_5xx() -> None:
    """Any 503 is a ticket by the 5xx metric of the HTTP API, and if the heartbeat fails too, it pages."""
    alarm = ALARMS["ServerErrors"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/ApiGateway", "5xx", "Sum")
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "ApiId"}}]
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert PARAMETERS[alarm["Threshold"]["Ref"]]["Default"] == 0
    assert "${HeartbeatMissing}" in ALARMS["Page"]["AlarmRule"]["Fn::Sub"]


def test_f56_a_request_to_a_retired_profile_is_a_ticket() -> None:
    """One request to a retired profile is a ticket, and the description names the doctor command."""
    alarm = ALARMS["RetiredProfile"]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("RetiredProfileRequests", "Sum")
    transformation = RESOURCES["RetiredProfileFilter"]["Properties"]["MetricTransformations"][0]
    assert transformation["MetricName"] == alarm["MetricName"]
    assert transformation["MetricNamespace"] == alarm["Namespace"]
    assert PARAMETERS[alarm["Threshold"]["Ref"]]["Default"] == 0
    assert alarm["AlarmDescription"].startswith("Ticket. ")
    assert alarm["AlarmDescription"].endswith("alma-webhooks doctor --stage ${Stage}")


def test_the_key_of_the_alarm_topic_admits_only_its_alarms() -> None:
    """The alarm topic has a key of its own that admits CloudWatch, which the AWS managed key does not."""
    key_id = RESOURCES["AlarmTopic"]["Properties"]["KmsMasterKeyId"]
    assert key_id == {"Fn::If": ["IsFull", {"Ref": "AlarmTopicKey"}, {"Ref": "AWS::NoValue"}]}
    assert RESOURCES["AlarmTopicKey"]["Condition"] == "IsFull"
    key = RESOURCES["AlarmTopicKey"]["Properties"]
    assert key["EnableKeyRotation"] is True
    account, own_alarms = key["KeyPolicy"]["Statement"]
    assert account["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert own_alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert own_alarms["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert own_alarms["Condition"] == ONLY_OWN_ALARMS


ONLY_OWN_ALARMS = {
    "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    "ArnLike": {
        "aws:SourceArn": {
            "Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${AWS::StackName}-*"
        }
    },
}


def test_f51_the_alarm_topic_accepts_only_alarms_of_the_stack_over_tls() -> None:
    """Only alarms of this stack can publish to the alarm topic, and TLS is required."""
    policy = RESOURCES["AlarmTopicPolicy"]["Properties"]
    allow, deny = policy["PolicyDocument"]["Statement"]
    assert policy["Topics"] == [{"Ref": "AlarmTopic"}]
    assert (allow["Effect"], allow["Principal"]) == ("Allow", {"Service": "cloudwatch.amazonaws.com"})
    assert (allow["Action"], allow["Condition"]) == ("sns:Publish", ONLY_OWN_ALARMS)
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "sns:Publish")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_alarm_address_is_subscribed_if_it_is_set() -> None:
    """The alarm topic has an e-mail subscription only if an address is set."""
    subscription = RESOURCES["AlarmSubscription"]
    assert subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"] == {
        "TopicArn": {"Ref": "AlarmTopic"},
        "Protocol": "email",
        "Endpoint": {"Ref": "AlarmEmail"},
    }
    allowed = re.compile(PARAMETERS["AlarmEmail"]["AllowedPattern"])
    assert allowed.match("library@example.org")
    assert allowed.match("")
    assert not allowed.match("library example.org")


def test_f51_the_heartbeat_can_only_read_its_secrets_and_write_its_log() -> None:
    """The role of the heartbeat allows reading its secrets and writing its log, and nothing else."""
    found = {statement["Sid"]: statement for statement in statements("HeartbeatRole")}
    assert {sid: statement["Action"] for sid, statement in found.items()} == {
        "WriteItsLog": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "ReadItsSecrets": "ssm:GetParameters",
        "DecryptItsSecrets": "kms:Decrypt",
    }
    path = ":parameter/alma-webhooks/${Stage}/heartbeat/*"
    assert found["WriteItsLog"]["Resource"] == {"Fn::GetAtt": ["HeartbeatLogGroup", "Arn"]}
    assert found["ReadItsSecrets"]["Resource"]["Fn::Sub"].endswith(path)
    condition = found["DecryptItsSecrets"]["Condition"]
    assert condition["StringLike"]["kms:EncryptionContext:PARAMETER_ARN"]["Fn::Sub"].endswith(path)
    assert condition["StringEquals"]["kms:ViaService"] == {"Fn::Sub": "ssm.${AWS::Region}.amazonaws.com"}
    [trust] = RESOURCES["HeartbeatRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_f67_two_missing_heartbeats_page() -> None:
    """A rule sends a heartbeat every five minutes, and two intervals without one page."""
    rule = RESOURCES["HeartbeatRule"]["Properties"]
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert rule["Targets"] == [{"Id": "heartbeat", "Arn": {"Fn::GetAtt": ["HeartbeatFunction", "Arn"]}}]
    missing = ALARMS["HeartbeatMissing"]
    assert (missing["Period"], missing["EvaluationPeriods"], missing["TreatMissingData"]) == (300, 2, "breaching")
    assert missing["AlarmDescription"].startswith("Page.")
    permission = RESOURCES["RuleMayInvokeHeartbeat"]["Properties"]
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": ["HeartbeatRule", "Arn"]}
    function, ingest = (
        RESOURCES["HeartbeatFunction"]["Properties"],
        PIPELINE["Resources"]["IngestFunction"]["Properties"],
    )
    for same in ("Runtime", "Code"):
        assert function[same] == ingest[same]
    assert function["Handler"] == "ingest.heartbeat.lambda_handler"
    assert function["LoggingConfig"]["LogGroup"] == {"Ref": "HeartbeatLogGroup"}


def test_the_heartbeat_has_its_variables_its_topic_and_its_alarm() -> None:
    """The heartbeat function gets the variables that it reads, and its topic is watched by the alarm."""
    variables = RESOURCES["HeartbeatFunction"]["Properties"]["Environment"]["Variables"]
    assert variables == {"STAGE": {"Ref": "Stage"}, "WEBHOOK_URL_BASE": {"Ref": "WebhookUrlBase"}}
    prefix = PIPELINE["Outputs"]["TopicNamePrefix"]["Value"]["Fn::Sub"]
    topic = PIPELINE["Resources"]["HeartbeatTopic"]["Properties"]["TopicName"]["Fn::Sub"]
    assert topic == prefix + heartbeat.TOPIC
    assert ALARMS["HeartbeatMissing"]["Dimensions"] == [
        {"Name": "TopicName", "Value": {"Fn::Sub": "${TopicNamePrefix}" + heartbeat.TOPIC}}
    ]


@pytest.mark.parametrize(
    ("base", "is_accepted"),
    [
        ("https://abc.execute-api.eu-central-1.amazonaws.com/webhooks/", True),
        ("https://webhooks.example.org/webhooks/", True),
        ("http://127.0.0.1:4566/_aws/execute-api/abc/$default/webhooks/", True),
        ("http://webhooks.example.org/webhooks/", False),
        ("https://webhooks.example.org/webhooks", False),
    ],
)
def test_the_heartbeat_is_sent_over_https(base: str, *, is_accepted: bool) -> None:
    """The heartbeat is sent over HTTPS, except to an emulator on 127.0.0.1."""
    assert bool(re.fullmatch(PARAMETERS["WebhookUrlBase"]["AllowedPattern"], base)) is is_accepted


def test_deleting_the_stack_leaves_no_costs() -> None:
    """Deleting the stack deletes its key and its log, because they hold no event."""
    assert all(RESOURCES[name]["DeletionPolicy"] == "Delete" for name in ("AlarmTopicKey", "HeartbeatLogGroup"))


def documented_names() -> set[str]:
    """Return the names of the alarms as the documents write them: without the stack name, with placeholders."""
    names = {alarm["AlarmName"].removeprefix("${AWS::StackName}-") for alarm in alarms(["TOPIC"]).values()}
    return {generic(name) for name in names}


def generic(name: str) -> str:
    """Return a name with the status of an execution and the profile replaced by placeholders."""
    name = re.sub("(Failed|TimedOut|Aborted)$", "ENDING", name)
    return re.sub(f"^profile-silence-({'|'.join(PROFILES)})$", "profile-silence-PROFILE", name)


def test_the_runbook_covers_every_alarm() -> None:
    """The runbook lists every alarm in its table."""
    runbook = (Path(__file__).parents[2] / "RUNBOOK.md").read_text("utf-8")
    rows = runbook.split("## From the alarm")[1].split("\n## ")[0].splitlines()
    named = re.findall(r"`([\w-]+)`", " ".join(row.split("|")[1] for row in rows if row.startswith("| `")))
    assert sorted(named) == sorted(documented_names())


def test_the_alarms_page_lists_every_alarm() -> None:
    """The alarms page lists each alarm with the first command, the urgency and the lowest tier of the template."""
    page = (Path(__file__).parents[2] / "docs" / "alarms.md").read_text("utf-8")
    lines = re.findall(r"(?m)^\| `([\w-]+)` \| [^|]{3,} \| `([a-z -]+)` \| (page|ticket) \| (essential|full) \|$", page)
    expected = {}
    essential = resources_of(AlarmTier.essential, ["TOPIC"])
    for logical_id, alarm in alarms(["TOPIC"]).items():
        name = generic(alarm["AlarmName"].removeprefix("${AWS::StackName}-"))
        [command] = named_in(alarm["AlarmDescription"].split("First: ")[1])
        tier = "essential" if logical_id in essential else "full"
        expected[name] = (command, alarm["AlarmDescription"].split(".")[0].lower(), tier)
    assert {name: (command, kind, tier) for name, command, kind, tier in lines} == expected
    assert len(lines) == len(expected)
