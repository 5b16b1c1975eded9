"""The alarms of the notifications stack: their tiers, and the topic that they use."""

from typing import Final

import pytest

from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.template import OBSERVABILITY, load
from tests.infra.test_notifications_template import RESOURCES, TEMPLATE, is_true, of_type, properties
from tests.infra.test_observability_template import named_in

OBSERVED: Final = load(OBSERVABILITY)
ALARMS: Final = ("DeadLettersAlarm", "QueueAgeAlarm", "EmailFailuresAlarm", "SmsSpendAlarm")
ALL: Final = {"AllowSms": "true", "EmailIdentity": "library.example"}
STACK: Final = "alma-webhooks-dev-observability"


def deployed(**values: str) -> set[str]:
    return {name for name in ALARMS if is_true(RESOURCES[name]["Condition"], AlarmStack=STACK, **values)}


@pytest.mark.parametrize("tier", AlarmTier)
def test_each_tier_has_its_alarms(tier: AlarmTier) -> None:
    """The tiers with alarms have all four; those about e-mail and SMS only if the stack may send these."""
    assert of_type("AWS::CloudWatch::Alarm") == [*ALARMS]
    expected = set() if tier is AlarmTier.none else {*ALARMS}
    assert deployed(Alarms=tier, **ALL) == expected
    assert deployed(Alarms=tier) == expected - {"EmailFailuresAlarm", "SmsSpendAlarm"}


def test_the_emulator_gets_no_alarm_on_two_metrics() -> None:
    """The emulator does not support metric math."""
    assert deployed(Alarms="full", Emulated="true") == {"QueueAgeAlarm"}
    assert [name for name in ALARMS if "Metrics" in properties(name)] == ["DeadLettersAlarm"]


def test_there_are_no_alarms_without_the_alarm_stack() -> None:
    """Otherwise they would notify nobody."""
    assert not any(is_true(RESOURCES[name]["Condition"], Alarms="full", **ALL) for name in ALARMS)


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_can_publish_to_the_topic_of_the_alarm_stack(name: str) -> None:
    """The topic accepts, and its key encrypts for, alarms whose names begin with the alarm stack's name."""
    alarm, topic = properties(name), OBSERVED["Resources"]["AlarmTopic"]["Properties"]["TopicName"]["Fn::Sub"]
    [action] = alarm["AlarmActions"]
    assert alarm["OKActions"] == [action]
    assert action["Fn::Sub"].endswith(":" + topic.replace("AWS::StackName", "AlarmStack"))
    assert alarm["AlarmName"]["Fn::Sub"].startswith("${AlarmStack}-notifications-")
    allowed = [
        statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
        for resource, document in (("AlarmTopicPolicy", "PolicyDocument"), ("AlarmTopicKey", "KeyPolicy"))
        for statement in OBSERVED["Resources"][resource]["Properties"][document]["Statement"]
        if "ArnLike" in statement.get("Condition", {})
    ]
    assert len(allowed) == 2
    assert all(arn.endswith(":alarm:${AWS::StackName}-*") for arn in allowed)


def test_hidden_dead_letters_count() -> None:
    """The alarm on dead letters has the expression of the pipeline's, on the queue of this stack."""
    mine, other = properties("DeadLettersAlarm"), OBSERVED["Resources"]["DeadLetters"]["Properties"]
    assert mine["Metrics"][2] == other["Metrics"][2]
    same = ("EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "Threshold", "TreatMissingData")
    assert [mine[name] for name in same] == [other[name] for name in same]
    dimensions = [each["MetricStat"]["Metric"]["Dimensions"] for each in mine["Metrics"][:2]]
    assert dimensions == [[{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}]] * 2


def test_the_description_of_dead_letters_ends_in_the_command_that_lists_them() -> None:
    """The command exists, and needs no other flag than the stage."""
    text = " ".join(properties("DeadLettersAlarm")["AlarmDescription"]["Fn::Sub"].split())
    assert text.endswith(" First: alma-webhooks dead-letters list --queue notifications --stage ${Stage}")
    assert named_in(text) == ["dead-letters list"]


def test_the_spending_of_sms_is_that_of_the_account() -> None:
    """The metric has no dimension and one statistic, and the default is below the limit of a new account."""
    alarm = properties("SmsSpendAlarm")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SNS", "SMSMonthToDateSpentUSD")
    assert (alarm["Statistic"], "Dimensions" in alarm) == ("Maximum", False)
    assert 0 < TEMPLATE["Parameters"]["SmsSpendLimit"]["Default"] < 1
