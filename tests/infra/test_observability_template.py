"""The observability template, parsed: the recipients, conditions and first steps of the alarms."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from processor import heartbeat
from scripts.aws.template import load
from scripts.main import app
from tests.infra.observability_alarms import PROFILES, TEMPLATE, alarms, resources
from tests.scripts import cli_commands

TOPICS = ["loan-created", "heartbeat"]
ALARMS = alarms(TOPICS)
RESOURCES = resources(TOPICS)
PIPELINE = load()
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]


def commands() -> set[str]:
    """The commands of the command line, with those of its groups."""
    return {" ".join(path) for path, _ in cli_commands.commands(get_command(app))}


def named_in(text: str) -> list[str]:
    """The commands that a text names, each with the flags behind it left off."""
    found = re.findall(r"alma-webhooks ([a-z-]+(?: (?!to\b|and\b)[a-z-]+)?)", text)
    known = commands()
    return [name if name in known or name.split()[0] not in known else name.split()[0] for name in found]


def statements(role: str) -> list[dict[str, Any]]:
    [policy] = RESOURCES[role]["Properties"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def test_every_parameter_and_output_is_explained_and_grouped() -> None:
    """Whoever deploys it reads what each is for, and the console shows every parameter."""
    assert all(item.get("Description") for item in (*PARAMETERS.values(), *TEMPLATE["Outputs"].values()))
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(PARAMETERS)


def test_what_it_needs_the_pipelines_stack_says() -> None:
    """Each parameter without a default is an output of the pipeline's stack, by the same name."""
    needed = {name for name, parameter in PARAMETERS.items() if "Default" not in parameter}
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
def test_f51_every_alarm_tells_somebody_when_it_begins_and_when_it_ends(name: str) -> None:
    """Alarm and recovery are both sent to the alarm topic."""
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert alarm.get("ActionsEnabled", True)


@pytest.mark.parametrize("name", ALARMS)
def test_every_description_is_the_first_step_of_the_runbook(name: str) -> None:
    """The description shows the urgency and ends in an existing command for this stage."""
    text = ALARMS[name]["AlarmDescription"]
    assert re.match(r"(Page|Ticket)\. [A-Z]", text)
    first = re.search(r" First: (alma-webhooks [a-z].* --stage \$\{Stage\})$", text)
    assert first
    [command] = named_in(first[1])
    assert command in commands()
    assert len(text) <= 1024  # "PutMetricAlarm", Amazon CloudWatch API Reference


def test_a_command_that_is_none_would_be_noticed() -> None:
    """A name misspelt, or a verb that its group does not have, is none."""
    assert named_in("alma-webhooks secret status all --stage x") == ["secret status"]
    assert named_in("alma-webhooks reconcile --since 1h") == ["reconcile"]
    for wrong in ("alma-webhooks ballance", "alma-webhooks secret shows", "alma-webhooks dead-letters purge"):
        assert not set(named_in(wrong)) & commands()


@pytest.mark.parametrize("name", [name for name in ALARMS if name != "Page"])
def test_every_threshold_is_a_parameter(name: str) -> None:
    """With the limit that suits most, and what it counts in its description."""
    parameter = PARAMETERS[ALARMS[name]["Threshold"]["Ref"]]
    assert (parameter["Type"], type(parameter["Default"])) == ("Number", int)


def test_names_are_the_stacks_own_and_no_two_are_equal() -> None:
    """The topic and its key admit alarms by this beginning."""
    names = [alarm["AlarmName"] for alarm in ALARMS.values()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("${AWS::StackName}-") for name in names)


def test_only_what_must_come_breaches_by_its_absence() -> None:
    """Missing data is an alarm only for silence and the missing heartbeat."""
    breaching = {name for name, alarm in ALARMS.items() if alarm.get("TreatMissingData") == "breaching"}
    assert breaching == {"Silence", "HeartbeatMissing", *(f"ProfileSilence{name}" for name in PROFILES)}
    assert {alarm["TreatMissingData"] for name, alarm in ALARMS.items() if name != "Page"} == {
        "breaching",
        "notBreaching",
    }


def test_the_emulator_leaves_out_what_it_cannot_make_and_nothing_else() -> None:
    """Alarms on other alarms or on more than one metric, by one condition."""
    conditional = {name for name, one in RESOURCES.items() if one.get("Condition") == "OnAws"}
    assert conditional == {name for name, alarm in ALARMS.items() if "AlarmRule" in alarm or "Metrics" in alarm}
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
def test_alarms_look_as_long_as_they_should(name: str) -> None:
    """Minutes of a period, periods, and how many of them must be wrong."""
    alarm = ALARMS[name]
    periods = {alarm["Period"]} if "Period" in alarm else {m["MetricStat"]["Period"] for m in alarm["Metrics"][:-1]}
    [period] = periods
    evaluated = alarm["EvaluationPeriods"]
    assert (period / 60, evaluated, alarm.get("DatapointsToAlarm", evaluated)) == MINUTES[name]


def test_the_rest_looks_at_one_period() -> None:
    """Of five minutes at a target, of one elsewhere."""
    rest = {name: alarm for name, alarm in ALARMS.items() if name not in {*MINUTES, "Page"}}
    assert all(alarm["EvaluationPeriods"] == 1 for alarm in rest.values())
    far = {"AWS/SNS", "AWS/States"}
    assert all(alarm["Period"] == (300 if alarm["Namespace"] in far else 60) for alarm in rest.values())


def test_alarms_on_several_metrics_say_what_is_computed() -> None:
    """One result each: dead letters of both kinds, their growth, and events that wait while nothing is handled."""
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
    """The ages and durations that are too much follow from the pipeline's own times."""
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


def test_f53_a_disabled_key_rings_by_the_5xx_that_ingest_answers_then() -> None:
    """Any 503 is a ticket, by the HTTP API's 5xx of each minute; a heartbeat that gets none but those pages."""
    alarm = ALARMS["ServerErrors"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/ApiGateway", "5xx", "Sum")
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "ApiId"}}]
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert PARAMETERS[alarm["Threshold"]["Ref"]]["Default"] == 0
    assert "${HeartbeatMissing}" in ALARMS["Page"]["AlarmRule"]["Fn::Sub"]


def test_f56_a_retired_profile_that_gets_requests_is_a_ticket() -> None:
    """One request is enough, and the description begins with what ends it; its 503 is a server error besides."""
    alarm = ALARMS["RetiredProfile"]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("RetiredProfileRequests", "Sum")
    transformation = RESOURCES["RetiredProfileFilter"]["Properties"]["MetricTransformations"][0]
    assert transformation["MetricName"] == alarm["MetricName"]
    assert transformation["MetricNamespace"] == alarm["Namespace"]
    assert PARAMETERS[alarm["Threshold"]["Ref"]]["Default"] == 0
    assert alarm["AlarmDescription"].startswith("Ticket. ")
    assert alarm["AlarmDescription"].endswith("alma-webhooks doctor --stage ${Stage}")


def test_the_alarm_topic_is_encrypted_by_a_key_that_admits_its_alarms_and_nobody_else() -> None:
    """AWS' own key for SNS does not admit CloudWatch, and an alarm that cannot be published is silent."""
    assert RESOURCES["AlarmTopic"]["Properties"]["KmsMasterKeyId"] == {"Ref": "AlarmTopicKey"}
    key = RESOURCES["AlarmTopicKey"]["Properties"]
    assert key["EnableKeyRotation"] is True
    account, alarms_own = key["KeyPolicy"]["Statement"]
    assert account["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert alarms_own["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms_own["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert alarms_own["Condition"] == ALARMS_OWN


ALARMS_OWN = {
    "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    "ArnLike": {
        "aws:SourceArn": {
            "Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${AWS::StackName}-*"
        }
    },
}


def test_f51_the_alarm_topic_takes_the_stacks_alarms_over_tls_only() -> None:
    """No other alarm or account may publish there, and TLS is required."""
    policy = RESOURCES["AlarmTopicPolicy"]["Properties"]
    allow, deny = policy["PolicyDocument"]["Statement"]
    assert policy["Topics"] == [{"Ref": "AlarmTopic"}]
    assert (allow["Effect"], allow["Principal"]) == ("Allow", {"Service": "cloudwatch.amazonaws.com"})
    assert (allow["Action"], allow["Condition"]) == ("sns:Publish", ALARMS_OWN)
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "sns:Publish")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_address_is_told_if_there_is_one() -> None:
    """By e-mail, from the alarm topic; without an address there is no subscription."""
    subscription = RESOURCES["AlarmSubscription"]
    assert subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"] == {
        "TopicArn": {"Ref": "AlarmTopic"},
        "Protocol": "email",
        "Endpoint": {"Ref": "AlarmEmail"},
    }
    taken = re.compile(PARAMETERS["AlarmEmail"]["AllowedPattern"])
    assert taken.match("library@example.org")
    assert taken.match("")
    assert not taken.match("library example.org")


def test_f51_the_heartbeat_may_read_its_own_secrets_and_write_its_own_log() -> None:
    """In full: no other profile's secret, no queue, no bare star."""
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


def test_f67_the_heartbeat_pages_when_two_intervals_are_without_one() -> None:
    """One is sent every five minutes, by the rule and nobody else; ingest's zip, ingest's runtime."""
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


def test_the_heartbeat_has_what_its_handler_reads_and_somebody_listens() -> None:
    """Its variables; the pipeline serves its profile and has its topic."""
    variables = RESOURCES["HeartbeatFunction"]["Properties"]["Environment"]["Variables"]
    assert variables == {"STAGE": {"Ref": "Stage"}, "WEBHOOK_URL_BASE": {"Ref": "WebhookUrlBase"}}
    prefix = PIPELINE["Outputs"]["TopicNamePrefix"]["Value"]["Fn::Sub"]
    topic = PIPELINE["Resources"]["HeartbeatTopic"]["Properties"]["TopicName"]["Fn::Sub"]
    assert topic == prefix + heartbeat.TOPIC
    assert ALARMS["HeartbeatMissing"]["Dimensions"] == [
        {"Name": "TopicName", "Value": {"Fn::Sub": "${TopicNamePrefix}" + heartbeat.TOPIC}}
    ]


@pytest.mark.parametrize(
    ("base", "is_taken"),
    [
        ("https://abc.execute-api.eu-central-1.amazonaws.com/webhooks/", True),
        ("https://webhooks.example.org/webhooks/", True),
        ("http://127.0.0.1:4566/_aws/execute-api/abc/$default/webhooks/", True),
        ("http://webhooks.example.org/webhooks/", False),
        ("https://webhooks.example.org/webhooks", False),
    ],
)
def test_the_heartbeat_is_sent_over_https(base: str, *, is_taken: bool) -> None:
    """In the clear to this computer's own emulator and to nobody else."""
    assert bool(re.fullmatch(PARAMETERS["WebhookUrlBase"]["AllowedPattern"], base)) is is_taken


def test_deleting_the_stack_leaves_nothing_that_costs() -> None:
    """It holds no event: its key and its log go with it, unlike the pipeline's queues."""
    assert all(RESOURCES[name]["DeletionPolicy"] == "Delete" for name in ("AlarmTopicKey", "HeartbeatLogGroup"))


def told_names() -> set[str]:
    """The alarms' names as pages have them: without the stack's, with TOPIC and ENDING for what there is several of."""
    names = {alarm["AlarmName"].removeprefix("${AWS::StackName}-") for alarm in alarms(["TOPIC"]).values()}
    return {generic(name) for name in names}


def generic(name: str) -> str:
    """One name for what there is several of."""
    name = re.sub("(Failed|TimedOut|Aborted)$", "ENDING", name)
    return re.sub(f"^profile-silence-({'|'.join(PROFILES)})$", "profile-silence-PROFILE", name)


def test_the_runbook_goes_on_from_every_alarm() -> None:
    """Each stands in its table, with what to do after the first command."""
    runbook = (Path(__file__).parents[2] / "RUNBOOK.md").read_text("utf-8")
    rows = runbook.split("## From the alarm")[1].split("\n## ")[0].splitlines()
    named = re.findall(r"`([\w-]+)`", " ".join(row.split("|")[1] for row in rows if row.startswith("| `")))
    assert sorted(named) == sorted(told_names())


def test_the_page_for_operators_has_a_line_for_every_alarm() -> None:
    """Name, first command and kind are the template's own, in its words."""
    page = (Path(__file__).parents[2] / "docs" / "alarms.md").read_text("utf-8")
    lines = re.findall(r"(?m)^\| `([\w-]+)` \| [^|]{3,} \| `([a-z -]+)` \| (page|ticket) \|$", page)
    told = {}
    for alarm in alarms(["TOPIC"]).values():
        name = generic(alarm["AlarmName"].removeprefix("${AWS::StackName}-"))
        [command] = named_in(alarm["AlarmDescription"].split("First: ")[1])
        told[name] = (command, alarm["AlarmDescription"].split(".")[0].lower())
    assert {name: (command, kind) for name, command, kind in lines} == told
    assert len(lines) == len(told)
