"""The roles of the notifications stack: exactly the calls of its functions, each on its own resource."""

import json
import re
from typing import Final

import pytest

from notifications.topics import SNS_TOPIC_PATTERN
from tests.infra.test_notifications_template import (
    ACCOUNT,
    API_KEYS,
    NOTHING,
    SECRETS,
    TEMPLATE,
    condition_of,
    is_true,
    of_type,
    properties,
    statements,
)
from tests.infra.test_pipeline_template import listed

ROLES: Final = ("ProducerRole", "SenderRole")
LOGS: Final = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def allowed(role: str) -> set[str]:
    found = statements(role).values()
    return {action for one in found if one["Effect"] == "Allow" for action in listed(one["Action"])}


def test_roles_allow_exactly_the_calls_of_the_functions() -> None:
    """Each role allows exactly these actions."""
    assert of_type("AWS::IAM::Role") == [*ROLES]
    keys = {"ssm:GetParameters", "kms:Decrypt"}
    assert allowed("ProducerRole") == LOGS | keys | {"dynamodb:GetItem", "sqs:SendMessage", "sns:ConfirmSubscription"}
    assert allowed("SenderRole") == LOGS | {
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"),
        *("sqs:SendMessage", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("ssm:GetParameter", "kms:Decrypt", "ses:SendEmail", "sns:Publish", "sns:CheckIfPhoneNumberIsOptedOut"),
    }


def test_every_permission_is_for_one_resource() -> None:
    """Each statement names its own resource."""
    resources = {(role, sid): one.get("Resource") for role in ROLES for sid, one in statements(role).items()}
    identity = f"arn:${{AWS::Partition}}:ses:{ACCOUNT}:identity/*"
    sets = f"arn:${{AWS::Partition}}:ses:{ACCOUNT}:configuration-set/"
    mine, other = {"Fn::Sub": f"{sets}${{AWS::StackName}}"}, {"Fn::Sub": f"{sets}${{EmailConfigurationSet}}"}
    keys = {"Fn::Sub": f"arn:${{AWS::Partition}}:kms:{ACCOUNT}:key/*"}
    assert resources == {
        ("ProducerRole", "WriteItsLog"): {"Fn::GetAtt": ["ProducerLogGroup", "Arn"]},
        ("ProducerRole", "SendTraces"): "*",
        ("ProducerRole", "ReadTheApiKeys"): API_KEYS,
        ("ProducerRole", "DecryptTheApiKeys"): keys,
        ("ProducerRole", "ReadTopics"): {"Fn::GetAtt": ["TopicsTable", "Arn"]},
        ("ProducerRole", "QueueNotifications"): {"Fn::GetAtt": ["NotificationQueue", "Arn"]},
        ("ProducerRole", "ConfirmSubscriptions"): {"Ref": "AllowedSnsTopicArns"},
        ("SenderRole", "WriteItsLog"): {"Fn::GetAtt": ["SenderLogGroup", "Arn"]},
        ("SenderRole", "SendTraces"): "*",
        ("SenderRole", "TakeNotificationsAndQueueThemAgain"): {"Fn::GetAtt": ["NotificationQueue", "Arn"]},
        ("SenderRole", "PutDeadLetters"): {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]},
        ("SenderRole", "KeepRecordsOfSendings"): {"Fn::GetAtt": ["SendingsTable", "Arn"]},
        ("SenderRole", "LookUpContacts"): {"Fn::GetAtt": ["ContactsTable", "Arn"]},
        ("SenderRole", "ReadTheSecretsOfIntegrations"): {"Fn::Sub": f"{SECRETS}/*"},
        ("SenderRole", "KeepTheApiKeysFromTheSender"): API_KEYS,
        ("SenderRole", "DecryptTheSecretsOfIntegrations"): keys,
        ("SenderRole", "SendEmail"): [
            {"Fn::Sub": identity},
            {"Fn::If": ["MakesConfigurationSet", mine, other]},
        ],
        ("SenderRole", "SendSms"): None,
        ("SenderRole", "AskWhoHasOptedOut"): "*",
    }


@pytest.mark.parametrize("role", ROLES)
def test_f51_roles_are_narrow(role: str) -> None:
    """No action has a star, and a star stands alone as a resource only for traces."""
    for sid, one in statements(role).items():
        assert "*" not in "".join(listed(one["Action"])), sid
        assert "*" not in listed(one.get("Resource")) or sid in {"SendTraces", "AskWhoHasOptedOut"}, sid
    starred = {sid for sid, one in statements(role).items() if "*" in json.dumps(one.get("Resource"))}
    sender = {"ReadTheSecretsOfIntegrations", "DecryptTheSecretsOfIntegrations", "SendEmail", "AskWhoHasOptedOut"}
    assert starred == {"SendTraces"} | (sender if role == "SenderRole" else {"DecryptTheApiKeys"})


def test_f51_mail_is_sent_from_the_identity_only() -> None:
    """The right to the recipients' identities, which the sandbox of SES needs, sends nothing in another name."""
    condition = statements("SenderRole")["SendEmail"]["Condition"]
    own = [{"Ref": "EmailIdentity"}, {"Fn::Sub": "*@${EmailIdentity}"}, {"Fn::Sub": "*@*.${EmailIdentity}"}]
    assert condition == {"StringLike": {"ses:FromAddress": own}}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_assumed_by_lambda_alone(role: str) -> None:
    """Only Lambda can assume a role, and the boundary of the account limits it."""
    [statement] = properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Principal"]) == ("sts:AssumeRole", {"Service": "lambda.amazonaws.com"})
    boundary = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundaryArn"}, NOTHING]}
    assert properties(role)["PermissionsBoundary"] == boundary


def test_keys_and_secrets_are_decrypted_only_through_ssm() -> None:
    """The producer can decrypt the two API keys, the sender what is below notifications/, of this stage only."""
    producer, sender = (
        statements("ProducerRole")["DecryptTheApiKeys"]["Condition"],
        statements("SenderRole")["DecryptTheSecretsOfIntegrations"]["Condition"],
    )
    via, of = "kms:ViaService", "kms:EncryptionContext:PARAMETER_ARN"
    ssm = {"Fn::Sub": "ssm.${AWS::Region}.amazonaws.com"}
    assert producer == {"StringEquals": {via: ssm, of: API_KEYS}}
    assert sender == {"StringEquals": {via: ssm}, "StringLike": {of: {"Fn::Sub": f"{SECRETS}/*"}}}


def test_no_topic_can_make_the_sender_read_an_api_key() -> None:
    """The API keys are stored beside the secrets of integrations, so the sender is denied them."""
    denied = statements("SenderRole")["KeepTheApiKeysFromTheSender"]
    assert (denied["Effect"], denied["Action"]) == ("Deny", "ssm:GetParameter")
    assert denied["Action"] == statements("SenderRole")["ReadTheSecretsOfIntegrations"]["Action"]


def test_the_key_of_alma_is_for_the_sender_alone() -> None:
    """The producer reads two keys by name, and topics cannot name this one."""
    denied = json.dumps([one for one in statements("SenderRole").values() if one["Effect"] == "Deny"])
    assert "alma-api-key" not in denied
    assert statements("ProducerRole")["ReadTheApiKeys"]["Resource"] == API_KEYS
    assert "alma-api-key" not in json.dumps(statements("ProducerRole"))


def test_the_host_of_alma_is_a_host() -> None:
    """No scheme, path or user name, and none by default: then Alma is not asked."""
    parameter = TEMPLATE["Parameters"]["AlmaApiHost"]
    assert parameter["Default"] == ""
    for text in ("", "api-eu.hosted.exlibrisgroup.com", "127.0.0.1:8443"):
        assert re.fullmatch(parameter["AllowedPattern"], text)
    for text in ("https://api-eu.hosted.exlibrisgroup.com", "a.example/x", "user@a.example", "a.example:", "A", " "):
        assert not re.fullmatch(parameter["AllowedPattern"], text)


def test_e_mail_and_sms_are_off_by_default() -> None:
    """Without the parameters the sender has neither right, and the producer cannot confirm a subscription."""
    assert condition_of("SenderRole", "SendEmail") == "HasEmail"
    assert condition_of("SenderRole", "SendSms") == "HasSms"
    assert condition_of("ProducerRole", "ConfirmSubscriptions") == "HasSnsTopics"
    assert not is_true("HasEmail")
    assert not is_true("HasSms")
    assert is_true("HasEmail", EmailIdentity="library.example")
    assert is_true("HasSms", AllowSms="true")
    is_empty = {"Fn::Equals": [{"Fn::Join": ["", {"Ref": "AllowedSnsTopicArns"}]}, ""]}
    assert TEMPLATE["Conditions"]["HasSnsTopics"] == {"Fn::Not": [is_empty]}
    assert TEMPLATE["Parameters"]["AllowedSnsTopicArns"]["Default"] == ""


def test_sms_go_to_phone_numbers_only() -> None:
    """The sender cannot publish to a topic or an endpoint: those have ARNs, phone numbers have none."""
    sms = statements("SenderRole")["SendSms"]
    assert sms["NotResource"] == {"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}
    assert "Resource" not in sms
    assert sms["Action"] == "sns:Publish"


@pytest.mark.parametrize(
    ("parameter", "accepted", "rejected"),
    [
        (
            "EmailIdentity",
            ["", "library.example", "desk@library.example"],
            ["*", "desk@*", "a/b.example", "x", "@a.example"],
        ),
        ("EmailConfigurationSet", ["", "notifications_1"], ["*", "a/b", "a" * 65]),
        (
            "AllowedSnsTopicArns",
            ["", "arn:aws:sns:eu-central-1:123456789012:alerts"],
            [
                "*",
                "arn:aws:sns:*:*:*",
                "arn:aws:sns:eu-central-1:123456789012:*",
                "arn:aws:sqs:eu-west-1:123456789012:a",
            ],
        ),
    ],
)
def test_no_parameter_can_contain_a_wildcard(parameter: str, accepted: list[str], rejected: list[str]) -> None:
    """A value that becomes a resource of a statement names one resource."""
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]
    assert [text for text in accepted if not re.fullmatch(pattern, text)] == []
    assert [text for text in rejected if re.fullmatch(pattern, text)] == []


def test_sns_topics_have_one_form() -> None:
    """What the stack allows is what a topic may name in `sns_topics`."""
    pattern = TEMPLATE["Parameters"]["AllowedSnsTopicArns"]["AllowedPattern"]
    assert pattern.replace(r"\d", "[0-9]") == f"^$|{SNS_TOPIC_PATTERN}"
