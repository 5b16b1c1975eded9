"""Test the checks of what Amazon SES lets the stack send."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.doctor.check import Finding, Health, Subject
from tests.scripts.doctor.notified import MAIL, TEAM, stored, with_notifications
from tests.scripts.doctor.subjects import OK, UNHEALTHY, UNKNOWN, WARNING, found

DOMAIN = "library.example"
QUOTA = {"Max24HourSend": 50_000.0, "SentLast24Hours": 12.0}
ACCOUNT = {
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": QUOTA,
}
VERIFIED = {"VerifiedForSendingStatus": True}


@pytest.fixture
def ses(subject: Subject) -> Iterator[Stubber]:
    """Stub SES, of which moto has no account."""
    with Stubber(subject.scope.aws.ses) as stub:
        yield stub
        stub.assert_no_pending_responses()


def email(
    subject: Subject, ses: Stubber, identity: str = DOMAIN, verified: Any = VERIFIED, **account: Any
) -> list[Finding]:
    ses.add_response("get_account", ACCOUNT | account, {})
    if identity:
        ses.add_response("get_email_identity", verified, {"EmailIdentity": identity})
    return found(with_notifications(subject, EmailIdentity=identity), "e-mail")


@pytest.mark.usefixtures("ses")
def test_ses_is_not_asked_without_e_mail(subject: Subject) -> None:
    """Neither the stack nor a topic sends any."""
    subject = with_notifications(subject)
    stored(subject, TEAM)
    assert found(subject, "e-mail") == []


def test_an_account_and_identity_that_may_send_are_healthy(subject: Subject, ses: Stubber) -> None:
    """The region is named, because all of it is of one region."""
    account, identity = email(subject, ses)
    assert (account.state, identity.state) == (OK, OK)
    assert account.message == "SES has production access in us-east-1; 12 of 50000 e-mails of 24 hours are used"
    assert identity.message == f"the identity {DOMAIN} is verified in us-east-1"


def test_the_sandbox_is_a_warning(subject: Subject, ses: Stubber) -> None:
    """It sends to verified addresses only."""
    account, _ = email(subject, ses, ProductionAccessEnabled=False, SendQuota=QUOTA | {"Max24HourSend": 200.0})
    assert account.state is WARNING
    assert "sandbox in us-east-1: it sends to verified addresses only; 12 of 200 " in account.message
    assert "request production access" in account.fix


@pytest.mark.parametrize(
    ("account", "state", "message"),
    [
        ({"SendingEnabled": False}, UNHEALTHY, "AWS has paused e-mail"),
        ({"EnforcementStatus": "SHUTDOWN"}, UNHEALTHY, "AWS has paused e-mail"),
        ({"EnforcementStatus": "PROBATION"}, WARNING, "AWS reviews e-mail"),
        ({"SendQuota": QUOTA | {"SentLast24Hours": 40_000.0}}, WARNING, "40000 of 50000 e-mails"),
        ({"SendQuota": QUOTA | {"SentLast24Hours": 39_999.0}}, OK, "SES has production access"),
        ({"SendQuota": {"Max24HourSend": -1.0, "SentLast24Hours": 9.0}}, OK, "SES has production access"),
    ],
)
def test_the_state_of_the_account_is_checked(
    subject: Subject, ses: Stubber, account: Any, state: Health, message: str
) -> None:
    """A quota of -1 is unlimited."""
    first = email(subject, ses, **account)[0]
    assert first.state is state
    assert first.message.startswith(message)
    assert bool(first.fix) == (state is not OK)


def test_an_identity_that_is_not_verified_is_unhealthy(subject: Subject, ses: Stubber) -> None:
    """Its owner has to finish the verification."""
    _, identity = email(subject, ses, verified={"VerifiedForSendingStatus": False})
    assert identity.state is UNHEALTHY
    assert "is not verified in us-east-1" in identity.message
    assert "DNS records" in identity.fix


def test_an_identity_of_another_region_is_unhealthy(subject: Subject, ses: Stubber) -> None:
    """It does not exist in the region of the stack."""
    ses.add_response("get_account", ACCOUNT)
    ses.add_client_error("get_email_identity", "NotFoundException")
    _, identity = found(with_notifications(subject, EmailIdentity=DOMAIN), "e-mail")
    assert identity.state is UNHEALTHY
    assert identity.message == f"the identity {DOMAIN} does not exist in us-east-1, so every e-mail is refused"
    assert f"aws sesv2 create-email-identity --email-identity {DOMAIN} --region us-east-1" in identity.fix


def test_a_topic_with_e_mail_needs_an_identity(subject: Subject, ses: Stubber) -> None:
    """The stack may not send without one; the fix proposes the domain of the sender."""
    subject = with_notifications(subject)
    stored(subject, MAIL)
    ses.add_response("get_account", ACCOUNT)
    _, finding = found(subject, "e-mail")
    assert finding.state is UNHEALTHY
    assert finding.fix.startswith(f"set EmailIdentity: {DOMAIN} under parameters of the stage")


@pytest.mark.parametrize(
    ("identity", "is_covered"),
    [
        ("library.example", True),
        ("example", True),
        ("desk@library.example", True),
        ("other@library.example", False),
        ("brary.example", False),
        ("mail.library.example", False),
    ],
)
def test_the_senders_of_topics_must_belong_to_the_identity(
    subject: Subject, ses: Stubber, identity: str, *, is_covered: bool
) -> None:
    """A domain covers its subdomains, an address only itself."""
    subject = with_notifications(subject, EmailIdentity=identity)
    stored(subject, MAIL)
    ses.add_response("get_account", ACCOUNT)
    ses.add_response("get_email_identity", VERIFIED)
    findings = found(subject, "e-mail")[2:]
    assert [finding.state for finding in findings] == ([] if is_covered else [UNHEALTHY])
    assert all("library/jobs, integration mail sends from desk@library.example" in f.message for f in findings)


def test_an_account_that_may_not_be_read_is_unknown(subject: Subject, ses: Stubber) -> None:
    """The right is that of SES, whose client has another name."""
    ses.add_client_error("get_account", "AccessDeniedException")
    [finding] = found(with_notifications(subject, EmailIdentity=DOMAIN), "e-mail")
    assert (finding.state, finding.fix) == (UNKNOWN, "grant your role ses:GetAccount")
