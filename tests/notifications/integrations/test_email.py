"""E-mail: configuration, the request to SES, and the meaning of its errors."""

from typing import Any

import pytest
from pydantic import ValidationError

from notifications.errors import Permanent, Throttled, Transient
from notifications.integrations.email import ANSWERS, MAX_TEXT_BYTES, Email, EmailConfiguration, message
from notifications.integrations.integration import Accepted, Outgoing
from processor.errors import Failure
from tests.notifications.aws_answers import answering, known_errors, refusing
from tests.notifications.fake_connections import connections
from tests.notifications.test_email_address import INJECTIONS

EMAIL = Email()
OUTGOING = Outgoing("Job done & <b>not bold</b>\n😀", "0123abcd")
MINIMAL = {"from": "library@example.org", "to": ["desk@example.org"], "subject": "Job done"}


def configured(**members: Any) -> EmailConfiguration:
    return EmailConfiguration.model_validate({**MINIMAL, **members})


def test_the_shortest_request() -> None:
    """One recipient stands in To; the content is simple, so SES builds the headers; the tag has the id."""
    expected = {
        "FromEmailAddress": "library@example.org",
        "Destination": {"ToAddresses": ["desk@example.org"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Job done", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": OUTGOING.text, "Charset": "UTF-8"}},
            }
        },
        "EmailTags": [{"Name": "notification", "Value": "0123abcd"}],
    }
    with answering("sesv2", "send_email", {"MessageId": "m-1"}, expected) as client:
        assert EMAIL.send(OUTGOING, configured(), connections(ses=lambda: client)) == Accepted("m-1")


def test_every_setting_of_a_request() -> None:
    """Names are quoted or encoded, and several recipients do not see each other."""
    settings = configured(
        **{
            "from": "Bücherei <library@example.org>",
            "to": ["desk@example.org", "Main, Desk <main@example.org>"],
            "reply_to": ["Help <help@example.org>"],
        }
    )
    request = message(OUTGOING, settings, "notifications")
    assert request["FromEmailAddress"] == "=?utf-8?b?QsO8Y2hlcmVp?= <library@example.org>"
    assert request["Destination"] == {"BccAddresses": ["desk@example.org", '"Main, Desk" <main@example.org>']}
    assert request["ReplyToAddresses"] == ['"Help" <help@example.org>']
    assert request["ConfigurationSetName"] == "notifications"
    with answering("sesv2", "send_email", {"MessageId": "m-1"}, request) as client:
        EMAIL.send(OUTGOING, settings, connections(ses=lambda: client, email_configuration_set="notifications"))


def test_an_address_that_is_given_twice_gets_one_message() -> None:
    """Templates of two recipients can give the same address."""
    request = message(OUTGOING, configured(to=["desk@example.org", "Desk <desk@example.org>"]))
    assert request["Destination"] == {"ToAddresses": ['"Desk" <desk@example.org>']}


@pytest.mark.parametrize(
    "members",
    [
        *({"to": to} for to in ([], "desk@example.org", ["desk"], ["a@b.example, c@d.example"], ["a@b.example"] * 51)),
        *({"from": each} for each in ("library", "a@b.example, c@d.example", "{{ sender }}")),
        *({"from": f"Name{each} <a@b.example>"} for each in INJECTIONS),
        *({"reply_to": [f"a@b.example{each}"]} for each in INJECTIONS),
        *({"to": [f"a@b.example{each}"]} for each in INJECTIONS),
        *({"subject": each} for each in ("", None)),
        {"cc": ["a@b.example"]},
        {"configuration_set": "another"},  # the stack's is the only one that the sender may use
    ],
)
def test_configurations_that_are_rejected(members: dict[str, Any]) -> None:
    """Each address is one address, without control characters; the sender is not a template."""
    with pytest.raises(ValidationError):
        configured(**members)


def test_templates_are_accepted_where_they_are_rendered() -> None:
    """The producer renders `to` and `subject`, and nothing else."""
    assert (
        configured(to=["{{ email }}", "{% if a %}a@b.example{% endif %}"], subject="{{ title }}").to[0] == "{{ email }}"
    )
    assert EmailConfiguration.templated == {"to", "subject"}


@pytest.mark.parametrize("to", ["{{ email }}", *(f"{{{{a@b.example{each}" for each in INJECTIONS)])
def test_a_rendered_address_is_checked_again(to: str) -> None:
    """What is not one address is refused before SES is called, without quoting it."""
    with pytest.raises(Permanent, match=r"An address of `to` (is|has) ") as raised:
        EMAIL.send(OUTGOING, configured(to=[to]), connections())
    assert (to in str(raised.value), raised.value.field) == (False, "configuration.to")


@pytest.mark.parametrize("injection", INJECTIONS)
def test_a_subject_adds_no_header(injection: str) -> None:
    """A control character in the subject becomes a space."""
    request = message(OUTGOING, configured(subject=f"Job{injection}"))
    assert request["Content"]["Simple"]["Subject"]["Data"].isprintable()


def test_a_person_has_to_be_looked_up_first() -> None:
    """Nothing is sent to an id, and only a configuration with a person can fall back."""
    configuration = configured(to=[{"user": "patron@example.org"}])
    with pytest.raises(Permanent) as raised:
        message(OUTGOING, configuration)
    assert "patron" not in str(raised.value)
    assert (EMAIL.can_fall_back(configuration), EMAIL.can_fall_back(configured())) == (True, False)


def test_the_text_is_plain() -> None:
    """Values need no escape, and the limit is in bytes."""
    assert EMAIL.escape("<b>&amp; *a*\r\nBcc: x") == "<b>&amp; *a*\r\nBcc: x"
    assert EMAIL.fits("é" * (MAX_TEXT_BYTES // 2), configured())
    assert not EMAIL.fits("é" * (MAX_TEXT_BYTES // 2) + "x", configured())


def failure_of(code: str, text: str = "canary", status: int = 400) -> Failure:
    with refusing("sesv2", "send_email", code, text, status) as client, pytest.raises(Failure) as raised:
        EMAIL.send(OUTGOING, configured(), connections(ses=lambda: client))
    assert "canary" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("code", known_errors("sesv2", "SendEmail"))
def test_every_error_known_to_botocore_has_its_meaning(code: str) -> None:
    """A new error of SES needs a line in the table."""
    assert code in ANSWERS


@pytest.mark.parametrize(
    ("code", "text", "failure", "part"),
    [
        ("MessageRejected", "Email address is not verified. canary", Permanent, "verify it"),
        ("MessageRejected", "Illegal content: canary", Permanent, "invalid content"),
        ("MailFromDomainNotVerifiedException", "", Permanent, "MAIL FROM"),
        ("AccountSuspendedException", "", Permanent, "ended sending"),
        ("NotFoundException", "Configuration set canary", Permanent, "configuration set"),
        ("BadRequestException", "", Permanent, "not valid"),
        ("AccessDeniedException", "canary", Permanent, "AccessDeniedException"),
        ("SendingPausedException", "", Transient, "paused"),
        ("InternalFailure", "", Transient, "InternalFailure"),
        ("TooManyRequestsException", "Maximum sending rate exceeded.", Throttled, "sending rate"),
        ("TooManyRequestsException", "Daily message quota exceeded.", Throttled, "daily quota"),
        ("LimitExceededException", "Daily sending quota exceeded", Throttled, "daily quota"),
        ("Throttling", "Daily message quota exceeded.", Throttled, "daily quota"),
        ("Throttling", "Rate exceeded", Throttled, "Throttling"),
    ],
)
def test_errors_of_ses(code: str, text: str, failure: type[Failure], part: str) -> None:
    """Identities, suspensions and unknown sets are permanent, quotas are throttles, a pause is transient."""
    found = failure_of(code, text)
    assert (type(found), part in found.reason) == (failure, True)
    if isinstance(found, Throttled):
        assert found.retry_after == (3600 if "daily" in found.reason else None)
