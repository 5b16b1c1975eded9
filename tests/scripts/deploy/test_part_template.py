"""What a deployment adds to the template of a further part, which no library writes."""

import json
from typing import Any

import pytest
import yaml

from scripts.aws import mark
from scripts.aws.template import NOTIFICATIONS, load, parse
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import conditions, retained
from scripts.deploy.part_template import QueueIds, completed
from scripts.deploy.retained import Place
from tests.further_part import TEMPLATE

OWN = parse(TEMPLATE, "shelf.yaml")
QUEUE = QueueIds("old-returns", "ReturnQueue", "ReturnDeadLetterQueue")
MADE = completed(OWN, "shelf", [QUEUE])


def test_the_mark_names_part_and_project() -> None:
    """In the metadata and in the output, as that of the product's templates."""
    assert mark.part_of_template(MADE) == "shelf"
    assert mark.is_further(MADE)
    assert not mark.is_further(load(NOTIFICATIONS))
    expected = load(NOTIFICATIONS)["Outputs"]["Mark"]["Value"]["Fn::Sub"].replace("notifications", "shelf")
    assert MADE["Outputs"]["Mark"]["Value"] == {"Fn::Sub": expected}


def test_the_output_has_the_urls_of_the_queues() -> None:
    """As JSON; a part without queues has no such output."""
    urls = {"old-returns": {"queue": "${ReturnQueue}", "dead_letters": "${ReturnDeadLetterQueue}"}}
    assert json.loads(MADE["Outputs"]["Queues"]["Value"]["Fn::Sub"]) == urls
    assert "Queues" not in completed(OWN, "shelf", [])["Outputs"]


@pytest.mark.parametrize(("id_", "other"), [("DeadLettersAlarm", "dead-letters"), ("QueueAgeAlarm", "queue-age")])
def test_the_alarms_are_those_of_the_notifications(id_: str, other: str) -> None:
    """Other names, texts, queues and limits; the same metrics, actions and periods."""
    made, known = MADE["Resources"][f"OldReturns{id_}"], load(NOTIFICATIONS)["Resources"][id_]
    differing = {"AlarmName", "AlarmDescription", "Threshold", "Dimensions", "Metrics"}
    assert made["Properties"].keys() == known["Properties"].keys()
    for name in made["Properties"].keys() - differing:
        assert made["Properties"][name] in (
            known["Properties"][name],
            json.loads(json.dumps(known["Properties"][name])),
        )
    assert made["Properties"]["AlarmName"] == {"Fn::Sub": f"${{AlarmStack}}-shelf-old-returns-{other}"}
    assert _renamed(made["Properties"].get("Metrics")) == _renamed(known["Properties"].get("Metrics"))


def _renamed(metrics: Any) -> str:
    names = ("ReturnDeadLetterQueue", "DeadLetterQueue")
    text = json.dumps(metrics, sort_keys=True)
    for name in names:
        text = text.replace(f'"{name}"', '"QUEUE"')
    return text


@pytest.mark.parametrize(
    ("tier", "stack", "emulated", "count"),
    [("none", "s", "false", 0), ("essential", "s", "false", 2), ("full", "s", "true", 1), ("full", "", "false", 0)],
)
def test_the_tier_decides_which_alarms_there_are(tier: str, stack: str, emulated: str, count: int) -> None:
    """The emulator lacks one on two metrics, and without an alarm stack nobody would get them."""
    values = {"Alarms": tier, "AlarmStack": stack, "Emulated": emulated}
    found = conditions.resources_in_force(MADE, values)
    assert sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in found.values()) == count


def test_what_is_retained_gets_the_tags_by_which_it_is_imported() -> None:
    """Own tags stay, and others are left alone."""
    own = json.loads(json.dumps(OWN))
    own["Resources"]["ReturnDeadLetterQueue"]["Properties"]["Tags"] = [
        {"Key": "cost-centre", "Value": "7"},
        {"Key": "alma-webhooks:part", "Value": "wrong"},
    ]
    made = completed(own, "shelf", [])
    tags = {tag["Key"]: tag["Value"] for tag in made["Resources"]["ReturnDeadLetterQueue"]["Properties"]["Tags"]}
    expected = mark.tags("", part="shelf") | {"alma-webhooks:project": {"Ref": "Project"}, "cost-centre": "7"}
    assert tags == expected | {"alma-webhooks:stack": {"Ref": "AWS::StackName"}}
    assert "Tags" not in made["Resources"]["ReturnQueue"]["Properties"]
    place = Place("stack-shelf", "123456789012", "us-east-1", "library")
    assert retained.tags_of(made, place)["alma-webhooks:part"] == "shelf"


def test_parameters_are_added_and_own_ones_kept() -> None:
    """A limit of the template's own has its own default; an output of each pipeline needs no default."""
    own = json.loads(json.dumps(OWN))
    own["Parameters"] |= {
        "OldReturnsAgeLimit": {"Type": "Number", "Default": 60},
        "TopicArnPrefix": {"Type": "String", "Default": ""},
        "DomainTarget": {"Type": "String", "Default": ""},
        "SentryDsn": {"Type": "String"},
    }
    made = completed(own, "shelf", [QUEUE])["Parameters"]
    assert MADE["Parameters"]["OldReturnsAgeLimit"]["Default"] == 3600
    assert made["OldReturnsAgeLimit"]["Default"] == 60
    assert "Default" not in made["TopicArnPrefix"]
    assert made["DomainTarget"]["Default"] == ""  # only pipelines with a domain have that output
    assert made["SentryDsn"] == {"Type": "String", "NoEcho": True}  # it is secret in the pipeline
    assert {"Project", "Stage", "Alarms", "AlarmStack", "Emulated", "ShelfMemory"} <= made.keys()


@pytest.mark.parametrize(
    "section", ["Outputs: {Mark: {Value: a}}", "Metadata: {Mark: {}}", "Conditions: {HasQueueAlarms: 1}"]
)
def test_what_a_deployment_adds_must_not_be_there(section: str) -> None:
    """The sentence names it."""
    with pytest.raises(ConfigurationError, match=r"the template of shelf: \w+ has \w+, which a deployment adds"):
        completed({**OWN, **yaml.safe_load(section)}, "shelf", [QUEUE])


def test_a_limit_of_a_queue_is_a_number() -> None:
    """The alarm and `doctor` need the seconds."""
    own = {**OWN, "Parameters": {**OWN["Parameters"], QUEUE.age_limit: {"Type": "String", "Default": "soon"}}}
    with pytest.raises(ConfigurationError, match="OldReturnsAgeLimit has another type than Number"):
        completed(own, "shelf", [QUEUE])
