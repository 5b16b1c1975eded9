"""What SES reports of e-mails that it had accepted: which events are logged, with what, and which raise the alarm.

The events are those of "Examples of event data that Amazon SES publishes to Amazon SNS", Amazon SES Developer Guide.
EventBridge has them as `detail`.
"""

import json
import re
from typing import Any, Final

import pytest

from notifications.integrations.email import EmailConfiguration, message
from notifications.integrations.integration import Outgoing
from processor.metrics import NAMESPACE
from processor.routing.patterns import Pattern
from tests.infra.test_notifications_template import RESOURCES, TEMPLATE, environment, is_true, properties

ID: Final = "0123456789abcdef" * 4
ADDRESS: Final = "patron@example.org"
BOUNCED: Final = [
    {"emailAddress": ADDRESS, "action": "failed", "status": "5.1.1", "diagnosticCode": f"smtp; 550 5.1.1 <{ADDRESS}>"}
]
DETAILS: Final[dict[str, dict[str, Any]]] = {
    "Email Bounced": {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": BOUNCED},
    },
    "Email Complaint Received": {
        "eventType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": ADDRESS}], "complaintFeedbackType": "abuse"},
    },
    "Email Rejected": {"eventType": "Reject", "reject": {"reason": "Bad content"}},
    "Email Rendering Failed": {
        "eventType": "Rendering Failure",
        "failure": {"errorMessage": f"Attribute {ADDRESS} is not present in the rendering data."},
    },
    "Email Delivery Delayed": {
        "eventType": "DeliveryDelay",
        "deliveryDelay": {"delayType": "MailboxFull", "delayedRecipients": BOUNCED},
    },
}


def event(kind: str, configuration_set: str = "stack-notifications") -> dict[str, Any]:
    """Return an event of the bus about an e-mail of the sender."""
    configuration = EmailConfiguration.model_validate({"from": "a@b.example", "to": [ADDRESS], "subject": "Overdue"})
    sent = message(Outgoing("text", ID), configuration, configuration_set)
    tags = {tag["Name"]: [tag["Value"]] for tag in sent["EmailTags"]}
    mail = {
        "messageId": "m-1",
        "source": "a@b.example",
        "destination": [ADDRESS],
        "headers": [{"name": "Subject", "value": "Overdue"}],
        "commonHeaders": {"to": [ADDRESS], "subject": "Overdue"},
        "tags": {"ses:configuration-set": [sent["ConfigurationSetName"]], "ses:from-domain": ["b.example"], **tags},
    }
    detail = {**DETAILS.get(kind, {}), "mail": mail}
    return {"detail-type": kind, "source": "aws.ses", "time": "2026-11-29T10:00:00Z", "detail": detail}


def pattern() -> Pattern:
    """Return the pattern of the rule for a stack that makes its configuration set."""
    found = json.loads(json.dumps(properties("EmailEventRule")["EventPattern"]))
    [choice] = found["detail"]["mail"]["tags"]["ses:configuration-set"]
    assert choice == {
        "Fn::If": ["MakesConfigurationSet", {"Ref": "ConfigurationSet"}, {"Ref": "EmailConfigurationSet"}]
    }
    found["detail"]["mail"]["tags"]["ses:configuration-set"] = ["stack-notifications"]
    return Pattern(found)


def logged(event_of_bus: dict[str, Any]) -> dict[str, str]:
    """Return the log line that EventBridge writes for an event ("Amazon EventBridge input transformation").

    Values are not escaped, and those that are missing are empty.
    """
    [target] = properties("EmailEventRule")["Targets"]
    transformer = target["InputTransformer"]
    values = {name: _at(event_of_bus, path) for name, path in transformer["InputPathsMap"].items()}
    template = transformer["InputTemplate"]["Fn::Sub"].replace("${Stage}", "dev").replace("<time>", '"<time>"')
    assert set(re.findall("<(.*?)>", template)) == set(values)
    entry = json.loads(re.sub("<(.*?)>", lambda found: str(values[found[1]]), template))
    assert set(entry) == {"timestamp", "message"}
    assert entry["timestamp"] == event_of_bus["time"]
    line: dict[str, str] = json.loads(entry["message"])
    return line


def _at(value: Any, path: str) -> Any:
    for name, index in re.findall(r"\.([\w-]+)(?:\[(\d+)\])?", path):
        value = value.get(name, "") if isinstance(value, dict) else ""
        value = value[int(index)] if index and value else value
    return value


@pytest.mark.parametrize("kind", DETAILS)
def test_failures_are_logged_with_the_notification_and_without_an_address(kind: str) -> None:
    """The line has the id of the notification and that of SES, but neither addresses nor the server's words."""
    assert pattern().mismatch(event(kind)) is None
    line = logged(event(kind))
    assert (line["stage"], line["event"], line["notification"], line["reference"]) == ("dev", kind, ID, "m-1")
    assert not any("@" in value or "Overdue" in value or "550" in value for value in line.values())


def test_a_bounce_is_logged_with_its_types_and_its_status() -> None:
    """These are values of SES, and the status is the enhanced code of the server."""
    line = logged(event("Email Bounced"))
    assert (line["bounce"], line["detail"], line["status"], line["delay"]) == ("Permanent", "General", "5.1.1", "")
    assert logged(event("Email Delivery Delayed"))["delay"] == "MailboxFull"


@pytest.mark.parametrize("kind", ["Email Sent", "Email Delivered", "Email Opened", "Email Clicked"])
def test_other_events_are_not_logged(kind: str) -> None:
    """Only failures are logged: whether somebody reads an e-mail is nobody's business."""
    assert pattern().mismatch(event(kind)) is not None


def test_events_of_another_configuration_set_are_not_logged() -> None:
    """The default event bus has the events of the whole account."""
    assert pattern().mismatch(event("Email Bounced", "another")) is not None


def test_the_configuration_set_publishes_exactly_the_events_that_are_logged() -> None:
    """SES names its events differently in a template; opens and clicks would add tracking to e-mails."""
    destination = properties("EmailEventDestination")["EventDestination"]
    published = {name.lower() for name in destination["MatchingEventTypes"]}
    assert published == {each["eventType"].replace(" ", "").lower() for each in DETAILS.values()}
    assert destination["Enabled"] is True
    bus = destination["EventBridgeDestination"]["EventBusArn"]["Fn::Sub"]
    assert bus.endswith(":event-bus/default"), "SES supports no other"
    assert sorted(properties("EmailEventRule")["EventPattern"]["detail-type"]) == sorted(DETAILS)


def test_only_eventbridge_can_write_to_the_log() -> None:
    """Without the policy EventBridge drops the events without an error that anybody sees."""
    policy = properties("EventsMayBeLogged")["PolicyDocument"]["Fn::Sub"]
    [statement] = json.loads(re.sub(r"\$\{(.*?)\}", r"\1", policy))["Statement"]
    assert statement["Principal"] == {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"].endswith(":log-group:EmailEventLogGroup:*")
    [target] = properties("EmailEventRule")["Targets"]
    assert target["Arn"]["Fn::Sub"].endswith(":log-group:${EmailEventLogGroup}")
    assert "RoleArn" not in target, "EventBridge writes logs by the policy of the log only"


def test_the_alarm_reads_the_metric_of_the_filter() -> None:
    """Each failure counts for its stage; a delay does not, because a delivery or a bounce follows."""
    found, alarm = properties("EmailFailureFilter"), properties("EmailFailuresAlarm")
    [metric] = found["MetricTransformations"]
    assert (metric["MetricNamespace"], metric["MetricName"]) == (alarm["Namespace"], alarm["MetricName"])
    assert metric["MetricNamespace"] == NAMESPACE
    assert metric["Dimensions"] == [{"Key": "Stage", "Value": "$.stage"}]
    assert alarm["Dimensions"] == [{"Name": "Stage", "Value": {"Ref": "Stage"}}]
    assert found["LogGroupName"] == {"Ref": "EmailEventLogGroup"}
    assert found["FilterPattern"] == '{ $.event != "Email Delivery Delayed" }'


MADE: Final = ("ConfigurationSet", "EmailEventDestination")
LOGGED: Final = ("EmailEventRule", "EmailEventLogGroup", "EventsMayBeLogged")


@pytest.mark.parametrize(
    ("values", "resources"),
    [
        ({}, set()),
        ({"EmailConfigurationSet": "own"}, set()),
        ({"EmailIdentity": "library.example"}, {*MADE, *LOGGED}),
        ({"EmailIdentity": "library.example", "EmailConfigurationSet": "own"}, {*LOGGED}),
    ],
)
def test_the_stack_makes_a_configuration_set_unless_another_is_given(
    values: dict[str, str], resources: set[str]
) -> None:
    """The events of another one are logged too; without an identity nothing is made."""
    assert {name for name in (*MADE, *LOGGED) if is_true(RESOURCES[name]["Condition"], **values)} == resources


def test_the_sender_sends_with_the_configuration_set() -> None:
    """It gets the name of the stack's own, or of the other one."""
    choice = ["MakesConfigurationSet", {"Ref": "ConfigurationSet"}, {"Ref": "EmailConfigurationSet"}]
    assert environment("SenderFunction")["EMAIL_CONFIGURATION_SET"] == {"Fn::If": choice}
    assert TEMPLATE["Outputs"]["EmailConfigurationSetName"]["Value"] == {"Fn::If": choice}
    assert properties("ConfigurationSet")["Name"] == {"Ref": "AWS::StackName"}
    assert properties("ConfigurationSet")["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
