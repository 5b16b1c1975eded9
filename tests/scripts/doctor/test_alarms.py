"""Test the checks of the alarms and of their subscriptions."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.stack import Stack
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.cli.advice import Fix
from scripts.cli.exit_codes import ConfigurationError
from scripts.doctor import alarms
from scripts.doctor.alarms import alarm_names
from scripts.doctor.check import Finding, Health, Subject
from tests.scripts.doctor.subjects import NAME, OK, UNHEALTHY, UNKNOWN, described, found
from tests.scripts.doctor.test_routes import with_outputs

DEPLOY = "alma-webhooks deploy --stage dev"
FIX = "alma-webhooks doctor --fix --stage dev"
BESIDE = f"{NAME}-observability"
TEMPLATE = """
Parameters: {}
Resources:
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: alma-webhooks-dev-NAME}}
"""


@pytest.fixture
def stub(subject: Subject) -> Iterator[Stubber]:
    """Stub CloudFormation, for which moto needs more packages."""
    with Stubber(subject.scope.aws.cloudformation) as stubber:
        yield stubber


@pytest.fixture(autouse=True)
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the templates of the two stacks with ones that have one alarm each."""
    for constant, name, alarm in (
        ("PIPELINE", "pipeline", "dead-letters"),
        ("OBSERVABILITY", "observability", "age"),
        ("NOTIFICATIONS", "notifications", "unsent"),
    ):
        path = tmp_path / f"{name}.yaml"
        path.write_text(TEMPLATE.replace("NAME", alarm))
        monkeypatch.setattr(alarms, constant, path)


@pytest.fixture
def topic(subject: Subject, stub: Stubber) -> str:
    """The alarm topic, as the observability stack's output names it."""
    arn = subject.scope.aws.sns.create_topic(Name="alarms")["TopicArn"]
    stub.add_response("describe_stacks", described(BESIDE, AlarmTopicArn=arn), {"StackName": BESIDE})
    return arn


def subscriptions(subject: Subject, *arns: str, protocol: str = "email") -> Finding:
    """Return the findings for a topic with subscriptions that have these ARNs."""
    found_there: Any = [
        {"SubscriptionArn": arn, "Protocol": protocol, "Endpoint": "somebody@library.example"} for arn in arns
    ]
    with Stubber(subject.scope.aws.sns) as stub:
        stub.add_response("list_subscriptions_by_topic", {"Subscriptions": found_there})
        [finding] = found(subject, "alarm topic")
    assert "library.example" not in f"{finding}", "an address is personal"
    return finding


def absent(stub: Stubber) -> None:
    stub.add_client_error("describe_stacks", "ValidationError", f"Stack with id {BESIDE} does not exist")


def put(subject: Subject, name: str, state: str = "OK", *, topic: str = "arn:aws:sns:r:1:t", **more: Any) -> None:
    cloudwatch = subject.scope.aws.cloudwatch
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription="Look at their cause\nbefore anything else.",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Namespace="n",
        MetricName="m",
        Period=60,
        Statistic="Sum",
        Threshold=0,
        AlarmActions=[topic] if topic else [],
        **more,
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")  # type: ignore[arg-type] # plain text


def alarms_found(subject: Subject, stub: Stubber) -> list[Finding]:
    stub.add_response("describe_stacks", described(BESIDE))
    return found(subject, "alarms")


def test_a_confirmed_subscription_is_healthy(subject: Subject, topic: str) -> None:
    """One confirmed subscription of any protocol is enough."""
    assert topic.endswith(":alarms")
    finding = subscriptions(subject, "PendingConfirmation", "arn:aws:sns:r:1:alarms:s1")
    assert (finding.state, finding.message) == (OK, "1 by email confirmed")


@pytest.mark.usefixtures("topic")
def test_an_unconfirmed_subscription_is_unhealthy(subject: Subject) -> None:
    """The fix is the link in the confirmation mail."""
    finding = subscriptions(subject, "PendingConfirmation", "Deleted")
    assert (finding.state, finding.message) == (UNHEALTHY, "2 by email not confirmed, so nobody will be notified")
    assert "follow the link" in finding.fix


def test_a_topic_without_subscription_is_unhealthy(subject: Subject, topic: str) -> None:
    """The fix is the setting in the project's file, or the command that subscribes."""
    finding = subscriptions(subject)
    assert (finding.state, finding.message) == (UNHEALTHY, "no subscription, so nobody will be notified")
    setting, command = finding.fix.split(", or: ")
    assert setting.startswith(
        "set alarm_email: ADDRESS of the stage dev in alma-webhooks.yaml; then alma-webhooks deploy "
    )
    assert command.startswith(f"aws sns subscribe --topic-arn {topic} --protocol email")


def test_a_deleted_alarm_topic_is_unhealthy(subject: Subject, topic: str) -> None:
    """CloudFormation does not notice the deletion."""
    with Stubber(subject.scope.aws.sns) as stub:
        stub.add_client_error("list_subscriptions_by_topic", "NotFound")
        [finding] = found(subject, "alarm topic")
    assert (finding.state, finding.message) == (
        UNHEALTHY,
        f"the topic {topic} does not exist, so nobody will be notified",
    )
    assert finding.fix == FIX


def test_a_missing_observability_stack_is_unhealthy(subject: Subject, stub: Stubber) -> None:
    """The alarms of the pipeline are checked nevertheless."""
    put(subject, f"{NAME}-dead-letters")
    absent(stub)
    absent(stub)
    topic, missing, rest = found(subject, "alarm topic", "alarms")
    assert [(topic.state, topic.fix), (missing.state, missing.fix)] == [(UNHEALTHY, DEPLOY), (UNHEALTHY, DEPLOY)]
    assert (rest.state, rest.message) == (OK, "1 of 1 alarm deployed and not in alarm")


def test_an_observability_stack_that_may_not_be_seen_is_unknown(subject: Subject, stub: Stubber) -> None:
    """Missing access does not mean that the stack is missing."""
    stub.add_client_error("describe_stacks", "AccessDenied")
    [finding] = found(subject, "alarm topic")
    assert (finding.state, finding.fix) == (UNKNOWN, "grant your role cloudformation:DescribeStacks")


def test_alarms_of_both_stacks_are_healthy_when_quiet(subject: Subject, stub: Stubber) -> None:
    """Alarms without data count as quiet and are named."""
    put(subject, f"{NAME}-dead-letters")
    put(subject, f"{NAME}-age", "INSUFFICIENT_DATA")
    put(subject, f"{NAME}-of-the-users-own", "ALARM")
    [finding] = alarms_found(subject, stub)
    assert (finding.state, finding.message) == (OK, f"2 of 2 alarms deployed and not in alarm; no data yet: {NAME}-age")


def test_of_many_alarms_without_data_the_first_are_named(subject: Subject, stub: Stubber, tmp_path: Path) -> None:
    """In a new stack no alarm has data."""
    names = [f"{NAME}-{number}" for number in range(5)]
    resources = [
        f"  A{name[-1]}: {{Type: AWS::CloudWatch::Alarm, Properties: {{AlarmName: {name}}}}}" for name in names
    ]
    (tmp_path / "observability.yaml").write_text("Resources:\n" + "\n".join(resources))
    (tmp_path / "pipeline.yaml").write_text("Resources: {}")
    for name in names:
        put(subject, name, "INSUFFICIENT_DATA")
    [finding] = alarms_found(subject, stub)
    assert finding.message == f"5 of 5 alarms deployed and not in alarm; no data yet: {', '.join(names[:3])} and 2 more"


@pytest.mark.parametrize(
    ("more", "message", "fix"),
    [
        ({"state": "ALARM"}, "is in alarm: test", "Look at their cause before anything else."),
        ({"topic": ""}, "notifies nobody: its actions were removed", FIX),
        (
            {"ActionsEnabled": False},
            "notifies nobody: its actions are disabled",
            f"aws cloudwatch enable-alarm-actions --alarm-names {NAME}-age --region us-east-1",
        ),
    ],
)
def test_an_alarm_that_is_on_or_notifies_nobody_is_unhealthy(
    subject: Subject, stub: Stubber, more: dict[str, Any], message: str, fix: str
) -> None:
    """The fix of an alarm that is on is its description, on one line."""
    put(subject, f"{NAME}-dead-letters")
    put(subject, f"{NAME}-age", **more)
    unhealthy, _ = alarms_found(subject, stub)
    assert unhealthy == Finding("alarms", Health.unhealthy, f"{NAME}-age {message}", Fix(fix))


def test_a_missing_alarm_is_unhealthy(subject: Subject, stub: Stubber) -> None:
    """The fix is a deployment if it was never deployed, and `doctor --fix` if it was deleted by hand."""
    put(subject, f"{NAME}-dead-letters")
    for made, message, fix in (
        ([], f"not deployed: {NAME}-age; the stack was deployed from an older version", DEPLOY),
        ([f"{NAME}-age"], f"deleted by hand: {NAME}-age", FIX),
    ):
        unhealthy, rest = missing_found(subject, stub, *made)
        assert (unhealthy.state, unhealthy.message, unhealthy.fix) == (UNHEALTHY, message, fix)
        assert rest.message == "1 of 2 alarms deployed and not in alarm"


def missing_found(subject: Subject, stub: Stubber, *made: str) -> list[Finding]:
    """Return the findings for missing alarms, of which the stack created these."""
    stub.add_response("describe_stacks", described(BESIDE))
    for stack, names in ((NAME, ()), (BESIDE, made)):
        stub.add_response("list_stack_resources", resources(*names), {"StackName": stack})
    return found(subject, "alarms")


def resources(*physical: str) -> dict[str, Any]:
    """Return CloudFormation's response with alarms of these names."""
    return {
        "StackResourceSummaries": [
            {
                "LogicalResourceId": "Alarm",
                "ResourceType": "AWS::CloudWatch::Alarm",
                "PhysicalResourceId": name,
                "LastUpdatedTimestamp": datetime.now(UTC),
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name in physical
        ]
    }


def test_alarms_of_each_topic_are_expected(subject: Subject, stub: Stubber, tmp_path: Path) -> None:
    """The topics come from the output of the pipeline, because deployed stacks have no parameter for them."""
    alarm = "{Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: !Sub 'alma-webhooks-dev-failed-${Name}'}}"
    loop = f"Fn::ForEach::Failed: [Name, !Ref Topics, {{'Failed&{{Name}}': {alarm}}}]"
    text = f"Parameters: {{Topics: {{Type: CommaDelimitedList}}}}\nResources:\n  {loop}\n"
    (tmp_path / "observability.yaml").write_text(text)
    put(subject, f"{NAME}-dead-letters")
    put(subject, f"{NAME}-failed-one")
    pipeline = subject.pipeline._replace(outputs=subject.pipeline.outputs | {"Topics": "one,two"})
    missing, rest = missing_found(subject._replace(pipeline=pipeline), stub, f"{NAME}-failed-two")
    assert (missing.state, missing.message) == (UNHEALTHY, f"deleted by hand: {NAME}-failed-two")
    assert rest.message == "2 of 3 alarms deployed and not in alarm"


def stack(**parameters: str) -> Stack:
    return Stack("s", {}, parameters, "CREATE_COMPLETE")


def alarm(name: Any, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": name}, **more}


def template(**resources: Any) -> dict[str, Any]:
    return {
        "Parameters": {
            "Emulated": {"Default": "false"},
            "Names": {"Default": "a, b"},
            "Topic": {"Default": ""},
            "Hours": {"Default": 12},
        },
        "Conditions": {
            "Real": {"Fn::Equals": [{"Ref": "Emulated"}, "false"]},
            "HasTopic": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Topic"}, ""]}]},
            "Either": {"Fn::Or": [{"Condition": "HasTopic"}, {"Fn::Equals": [{"Ref": "Hours"}, 0]}]},
            "Both": {"Fn::And": [{"Condition": "HasTopic"}, {"Condition": "Real"}]},
        },
        "Resources": resources,
    }


def test_names_contain_the_stack_name_and_parameters() -> None:
    """Deployed values override defaults; resources other than alarms are skipped."""
    resources = {
        "One": alarm({"Fn::Sub": "${AWS::StackName}-one"}),
        "Two": alarm({"Fn::Join": ["-", [{"Ref": "Topic"}, "two", {"Ref": "Hours"}]]}),
        "Three": alarm("three") | {"Type": "AWS::CloudWatch::CompositeAlarm"},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
    }
    assert alarm_names(template(**resources), stack(Topic="t")) == ["s-one", "t-two-12", "three"]


@pytest.mark.parametrize(
    ("condition", "parameters", "is_there"),
    [
        ("Real", {}, True),
        ("Real", {"Emulated": "true"}, False),
        ("HasTopic", {}, False),
        ("HasTopic", {"Topic": "t"}, True),
        ("Either", {}, False),
        ("Either", {"Hours": "0"}, True),
        ("Both", {"Topic": "t"}, True),
        ("Both", {"Topic": "t", "Emulated": "true"}, False),
    ],
)
def test_an_alarm_under_a_condition_is_expected_only_where_it_holds(
    condition: str, parameters: dict[str, str], is_there: bool
) -> None:
    """The condition is evaluated with the deployed parameters."""
    names = alarm_names(template(One=alarm("one", Condition=condition)), stack(**parameters))
    assert names == (["one"] if is_there else [])


def test_a_loop_creates_an_alarm_for_each_value() -> None:
    """The values come from a list or from a list parameter."""
    body = {"Alarm&{Name}": alarm({"Fn::Sub": "${AWS::StackName}-${Name}"})}
    loops = {"Fn::ForEach::A": ["Name", {"Ref": "Names"}, body], "Fn::ForEach::B": ["Name", ["x"], body]}
    assert alarm_names(template(**loops), stack()) == ["s-a", "s-b", "s-x"]


@pytest.mark.parametrize("name", [None, {"Ref": "Nothing"}, {"Fn::Sub": "${Nothing}"}, {"Fn::GetAtt": ["A", "B"]}])
def test_an_unsupported_name_is_an_error(name: Any) -> None:
    """This includes an alarm without a name in the template."""
    with pytest.raises(ConfigurationError, match="which the template uses in a name"):
        alarm_names(template(One=alarm(name)), stack())


def test_an_unsupported_condition_is_an_error() -> None:
    """Otherwise a missing alarm would go unnoticed."""
    strange = template(One=alarm("one", Condition="Odd"))
    strange["Conditions"]["Odd"] = {"Fn::Contains": []}
    with pytest.raises(ConfigurationError, match="cannot evaluate the condition"):
        alarm_names(strange, stack())


def names_of(path: Path, **outputs: str) -> list[str]:
    """Return the alarms of a template of the project, for the tier in the outputs."""
    content = load(path)
    required = {name: "x" for name, one in content["Parameters"].items() if "Default" not in one and name != "Alarms"}
    if "AlarmStack" in content["Parameters"]:  # without it the stack has no alarms
        required["AlarmStack"] = "alma-webhooks-dev-observability"
    return alarm_names(content, Stack("alma-webhooks-dev", outputs, required, "CREATE_COMPLETE"))


@pytest.mark.parametrize("tier", AlarmTier)
@pytest.mark.parametrize("path", sorted(PIPELINE.parent.glob("*.yaml")), ids=lambda path: path.name)
def test_every_alarm_name_of_the_templates_is_evaluated(path: Path, tier: AlarmTier) -> None:
    """Each name begins with the stack name, which the doctor uses as prefix."""
    names = names_of(path, Alarms=tier)
    assert all(name.startswith("alma-webhooks-dev-") for name in names)
    assert len(names) == len(set(names))
    has_alarms = "AWS::CloudWatch::Alarm" in path.read_text("utf-8")
    assert bool(names) == (has_alarms and tier is not AlarmTier.none)


def test_the_alarms_of_another_tier_are_not_expected() -> None:
    """Each tier has the alarms of the one before and more; a stack older than the tiers has all."""
    every = set(names_of(OBSERVABILITY))
    essential = set(names_of(OBSERVABILITY, Alarms="essential"))
    assert set(names_of(OBSERVABILITY, Alarms="full")) == every
    assert "alma-webhooks-dev-server-errors" in essential
    assert "alma-webhooks-dev-page" in every - essential
    assert essential < every
    assert names_of(OBSERVABILITY, Alarms="none") == []


def test_without_alarms_nothing_is_missing(subject: Subject, stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the topic nor an alarm is a fault in the tier none, which the user chose."""
    monkeypatch.setattr(alarms, "PIPELINE", PIPELINE)
    monkeypatch.setattr(alarms, "OBSERVABILITY", OBSERVABILITY)
    stub.add_response("describe_stacks", described(BESIDE, Alarms="none"))
    outputs = subject.pipeline.outputs | {"Alarms": "none"}
    without = with_outputs(subject, Alarms="none")._replace(pipeline=subject.pipeline._replace(outputs=outputs))
    topic, alarm = found(without, "alarm topic", "alarms")
    assert (topic.state, topic.message) == (OK, "no topic: the stack was deployed without alarms (Alarms=none)")
    assert (alarm.state, alarm.message) == (OK, "no alarms: the stack was deployed without them (Alarms=none)")


def test_the_alarms_of_the_notifications_are_checked(subject: Subject, stub: Stubber) -> None:
    """A stage without notifications does not have them."""
    put(subject, f"{NAME}-dead-letters")
    put(subject, f"{NAME}-age")
    assert [finding.message for finding in alarms_found(subject, stub)] == ["2 of 2 alarms deployed and not in alarm"]
    notified = subject._replace(notifications=Stack(f"{NAME}-notifications", {}, {}, "CREATE_COMPLETE"))
    put(subject, f"{NAME}-unsent", "ALARM")
    messages = [finding.message for finding in alarms_found(notified, stub)]
    assert messages == [f"{NAME}-unsent is in alarm: test", "2 of 3 alarms deployed and not in alarm"]
