"""Test the checks of what Amazon SNS lets the stack send as SMS."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.doctor.check import Finding, Health, Subject
from tests.scripts.doctor.notified import TEAM, TEXT, stored, with_notifications
from tests.scripts.doctor.subjects import OK, UNHEALTHY, UNKNOWN, WARNING, found

LOGGED = {"DeliveryStatusIAMRole": "arn:aws:iam::123456789012:role/sms"}


@pytest.fixture
def sns(subject: Subject) -> Iterator[Stubber]:
    """Stub SNS, of which moto has no sandbox."""
    with Stubber(subject.scope.aws.sns) as stub:
        yield stub
        stub.assert_no_pending_responses()


def sms(
    subject: Subject, sns: Stubber, attributes: Mapping[str, str], *opted_out: str, is_in_sandbox: bool = False
) -> list[Finding]:
    sns.add_response("get_sms_sandbox_account_status", {"IsInSandbox": is_in_sandbox}, {})
    sns.add_response("get_sms_attributes", {"attributes": attributes}, {})
    sns.add_response("list_phone_numbers_opted_out", {"phoneNumbers": list(opted_out)}, {})
    return found(with_notifications(subject, AllowSms="true"), "SMS")


def spent(subject: Subject, dollars: float, ago: timedelta) -> None:
    datum: Any = {"MetricName": "SMSMonthToDateSpentUSD", "Timestamp": subject.aws_time - ago, "Value": dollars}
    subject.scope.aws.cloudwatch.put_metric_data(Namespace="AWS/SNS", MetricData=[datum])


@pytest.mark.usefixtures("sns")
def test_sns_is_not_asked_without_sms(subject: Subject) -> None:
    """Neither the stack nor a topic sends any."""
    subject = with_notifications(subject)
    stored(subject, TEAM)
    assert found(subject, "SMS") == []


def test_an_account_that_may_send_is_healthy(subject: Subject, sns: Stubber) -> None:
    """The limit is 1 USD unless the account has another one."""
    findings = sms(subject, sns, LOGGED)
    assert [(finding.state, finding.message) for finding in findings] == [
        (OK, "SMS are out of the sandbox in us-east-1"),
        (OK, "SMS of this month cost 0.00 of at most 1.00 USD"),
        (OK, "no number has opted out of SMS"),
    ]


def test_the_sms_sandbox_is_a_warning(subject: Subject, sns: Stubber) -> None:
    """SMS reach verified numbers only."""
    finding = sms(subject, sns, LOGGED, is_in_sandbox=True)[0]
    assert (finding.state, "verified numbers only" in finding.message) == (WARNING, True)
    assert finding.fix.startswith("exit the SMS sandbox")


@pytest.mark.parametrize(("dollars", "state"), [(39.9, OK), (40.0, WARNING), (49.9, WARNING), (50.0, UNHEALTHY)])
def test_the_spending_of_the_month_is_compared_with_the_limit(
    subject: Subject, sns: Stubber, dollars: float, state: Health
) -> None:
    """The last data point counts, and one of the month before does not."""
    subject = subject._replace(aws_time=subject.aws_time.replace(day=2, hour=12))
    spent(subject, 60.0, timedelta(days=2))
    spent(subject, 0.5, timedelta(hours=3))
    spent(subject, dollars, timedelta(minutes=5))
    finding = sms(subject, sns, LOGGED | {"MonthlySpendLimit": "50"})[1]
    assert finding.state is state
    assert finding.message.startswith(f"SMS of this month cost {dollars:.2f} of at most 50.00 USD")
    assert bool(finding.fix) == (state is not OK)


def test_missing_delivery_logs_are_a_warning(subject: Subject, sns: Stubber) -> None:
    """Nothing is lost by that."""
    finding = sms(subject, sns, {})[2]
    assert (finding.state, finding.message) == (WARNING, "SNS does not log which SMS were delivered")
    assert finding.fix.startswith("switch on the delivery status logs")


def test_opted_out_numbers_are_counted_and_not_shown(subject: Subject, sns: Stubber) -> None:
    """A number is personal."""
    findings = sms(subject, sns, LOGGED, "+4930123456", "+4930123457")
    assert findings[-1].message == "2 numbers have opted out of SMS; nothing is sent to them"
    assert "4930" not in f"{findings}"


def test_a_topic_with_sms_needs_the_right_to_send(subject: Subject, sns: Stubber) -> None:
    """The account is checked all the same."""
    sns.add_response("get_sms_sandbox_account_status", {"IsInSandbox": False})
    sns.add_response("get_sms_attributes", {"attributes": LOGGED})
    sns.add_response("list_phone_numbers_opted_out", {"phoneNumbers": []})
    subject = with_notifications(subject, AllowSms="false")
    stored(subject, TEXT)
    first, *others = found(subject, "SMS")
    assert (first.state, len(others)) == (UNHEALTHY, 3)
    assert first.message == "library/jobs, integration text sends SMS, but the stack may not (AllowSms)"
    assert first.fix.startswith('set AllowSms: "true" under parameters')
    assert "4930" not in f"{first}"


def test_an_account_that_may_not_be_read_is_unknown(subject: Subject, sns: Stubber) -> None:
    """The missing right is named."""
    sns.add_client_error("get_sms_sandbox_account_status", "AuthorizationError")
    [finding] = found(with_notifications(subject, AllowSms="true"), "SMS")
    assert (finding.state, finding.fix) == (UNKNOWN, "grant your role sns:GetSMSSandboxAccountStatus")


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566"])
def test_an_emulator_without_the_calls_is_nothing_to_fix(
    subject: Subject, sns: Stubber, monkeypatch: pytest.MonkeyPatch, endpoint: str | None
) -> None:
    """On AWS the same error is unknown."""
    subject = with_notifications(subject, AllowSms="true")
    assert subject.scope.aws.cloudwatch  # created before, as all clients are
    assert subject.scope.aws.dynamodb
    monkeypatch.setattr(subject.scope.aws, "endpoint_url", endpoint)
    for call in ("get_sms_sandbox_account_status", *(("get_sms_attributes",) if endpoint else ())):
        sns.add_client_error(call, "InvalidAction")
    if endpoint:
        sns.add_response("list_phone_numbers_opted_out", {"phoneNumbers": []})
    findings = found(subject, "SMS")
    assert [finding.state for finding in findings] == ([OK, OK, OK] if endpoint else [UNKNOWN])
    assert endpoint is None or "could not be checked here" in findings[0].message
