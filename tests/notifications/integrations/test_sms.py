"""Text messages: numbers, parts, the request to SNS, and the meaning of its errors."""

from typing import Any

import pytest
from botocore.parsers import ResponseParserError
from pydantic import ValidationError

from notifications.errors import Permanent, Throttled, Transient
from notifications.fitting import fit
from notifications.integrations.integration import Accepted, Outgoing
from notifications.integrations.sms import ANSWERS, LONGEST_PART, Sms, SmsConfiguration
from notifications.pieces import Piece
from notifications.text_measures import gsm7_normalized
from processor.errors import Failure
from processor.retries import is_retryable
from tests.notifications.aws_answers import answering, known_errors, refusing
from tests.notifications.fake_connections import connections

SMS = Sms()
NUMBER = "+4930123456"
OUTGOING = Outgoing("Your book is ready", "id-1")

# Errors of topics, applications and their keys, which a text message does not use, and those that a retry can cure.
OTHERS = {
    *("EndpointDisabled", "PlatformApplicationDisabled", "NotFound", "InternalError", "InvalidSecurity"),
    *("KMSDisabled", "KMSInvalidState", "KMSNotFound", "KMSOptInRequired", "KMSThrottling", "KMSAccessDenied"),
}


def configured(**members: Any) -> SmsConfiguration:
    return SmsConfiguration.model_validate({"to": NUMBER, **members})


@pytest.mark.parametrize("to", ["+4930123456", "+12025550123", "+85212345678", "+123456789012345", "{{ phone }}"])
def test_numbers(to: str) -> None:
    """E.164, or a template of one."""
    assert configured(to=to).to == to


@pytest.mark.parametrize(
    "to",
    [
        *("030123456", "4930123456", "004930123456", "+49 30 123456", "+49(0)30123456", "+49-30-123456", "+0301234567"),
        *(
            "",
            "+",
            "+1234567",
            "+1234567890123456",
            "+49301234\u06656",
            "+4930123456\n",
            " +4930123456",
            4930123456,
            None,
        ),
    ],
)
def test_other_numbers_are_rejected(to: Any) -> None:
    """No country is guessed, and a number that YAML read as an integer has lost its +."""
    with pytest.raises(ValidationError):
        configured(to=to)


@pytest.mark.parametrize("to", ["{{ phone }}", "030123456{%", "{{+4930123456\n"])
def test_a_rendered_number_is_checked_again(to: str) -> None:
    """What is not a number is refused before SNS is called, without quoting it."""
    with pytest.raises(Permanent, match="is not a phone number") as raised:
        SMS.send(OUTGOING, configured(to=to), connections())
    assert (to in str(raised.value), raised.value.field) == (False, "configuration.to")


@pytest.mark.parametrize(
    ("text", "parts", "fits"),
    [
        ("a" * 160, 1, True),
        ("a" * 161, 1, False),
        ("a" * 306, 2, True),
        ("a" * 307, 2, False),
        ("“" + "a" * 159, 1, True),
        ("a" * 159 + "€", 1, False),
        ("я" * 70, 1, True),
        ("я" * 71, 1, False),
        ("я" * 69 + "😀", 1, False),
    ],
)
def test_the_limit_is_in_parts(text: str, parts: int, fits: bool) -> None:
    """What can be written in GSM-7 without a loss is counted so."""
    assert SMS.fits(text, configured(max_parts=parts)) is fits


@pytest.mark.parametrize("parts", [1, 10])
def test_f38_no_long_text_is_normalized(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Normalizing takes quadratic time for marks in a row, so only what can fit is normalized."""
    lengths: list[int] = []

    def counting(text: str) -> str:
        lengths.append(len(text))
        return gsm7_normalized(text)

    monkeypatch.setattr("notifications.integrations.sms.gsm7_normalized", counting)
    configuration = configured(max_parts=parts)
    value = Piece("a" + "\u0301\u0323" * 120_000, is_value=True)
    assert fit([value], SMS.escape, lambda text: SMS.fits(text, configuration))
    assert 0 < max(lengths) <= LONGEST_PART * parts


@pytest.mark.parametrize("parts", [1, 10])
def test_a_text_of_bases_and_marks_is_complete(parts: int) -> None:
    """A base and its mark are one septet, so a text that fits can be twice as long before it is normalized."""
    length = 160 if parts == 1 else 153 * parts
    assert SMS.fits("u\u0308" * length, configured(max_parts=parts))
    assert not SMS.fits("u\u0308" * (length + 1), configured(max_parts=parts))


@pytest.mark.parametrize("parts", [0, 11, "1", True, 1.5])
def test_parts_are_limited(parts: Any) -> None:
    """From one to ten, because SNS accepts no more."""
    with pytest.raises(ValidationError):
        configured(max_parts=parts)


def test_one_part_is_the_default() -> None:
    """Each part costs as much as a message."""
    assert configured().max_parts == 1


def attributes(**values: str) -> dict[str, Any]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


KIND = {"AWS.SNS.SMS.SMSType": "Transactional"}
SENDER, ORIGIN = "AWS.SNS.SMS.SenderID", "AWS.MM.SMS.OriginationNumber"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, {}),
        ({"sender_id": "Library"}, {SENDER: "Library"}),
        ({"origination_number": "+12025550123"}, {ORIGIN: "+12025550123"}),
        ({"sender_id": {"+49": "Library", "+1": "Other"}}, {SENDER: "Library"}),
        ({"sender_id": {"+4": "Short", "+4930": "Long", "+49": "Middle"}}, {SENDER: "Long"}),
        ({"sender_id": {"+1": "Other"}, "origination_number": {"+49": "12345"}}, {ORIGIN: "12345"}),
    ],
)
def test_the_request(members: dict[str, Any], expected: dict[str, str]) -> None:
    """The text is in GSM-7 where possible, and who sends is that of the longest prefix of the number."""
    request = {
        "PhoneNumber": NUMBER,
        "Message": '"Ready" - now...',
        "MessageAttributes": attributes(**KIND, **expected),
    }
    with answering("sns", "publish", {"MessageId": "m-1"}, request) as client:
        outgoing = OUTGOING._replace(text="“Ready” \u2013 now…")
        assert SMS.send(outgoing, configured(**members), connections(sns=lambda: client)) == Accepted(
            "m-1", {"parts": 1}
        )


@pytest.mark.parametrize(("text", "parts"), [("a" * 160, 1), ("“" + "a" * 160, 2), ("я" * 71, 2)])
def test_the_number_of_parts_is_a_fact(text: str, parts: int) -> None:
    """Each part costs as much as a message, so the log says how many there were."""
    with answering("sns", "publish", {"MessageId": "m-1"}) as client:
        accepted = SMS.send(OUTGOING._replace(text=text), configured(), connections(sns=lambda: client))
    assert accepted.facts == {"parts": parts}


@pytest.mark.parametrize(
    "members",
    [
        *({"sender_id": each} for each in ("", "TwelveLetters", "12345", "A B", "Büro", {"49": "A"}, {"+49": ""})),
        *({"origination_number": each} for each in ("", "12", "+49 30", "a", {"+49": "x"}, 12345)),
    ],
)
def test_senders_that_are_rejected(members: dict[str, Any]) -> None:
    """A sender ID has up to eleven characters with a letter of the alphabet, a number only digits."""
    with pytest.raises(ValidationError):
        configured(**members)


def test_a_destination_does_not_show_the_number() -> None:
    """It is a digest, the same for the same number."""
    one, same, other = (SMS.destination(configured(to=to)) for to in (NUMBER, NUMBER, "+12025550123"))
    assert one == same != other
    assert "123456" not in one


def test_a_lost_answer_is_not_followed_by_a_second_message() -> None:
    """Unless the topic says so, because each message costs money."""
    assert Sms.retries_unconfirmed is False


def failure_of(code: str, text: str = f"canary {NUMBER}", status: int = 400) -> Failure:
    with refusing("sns", "publish", code, text, status) as client, pytest.raises(Failure) as raised:
        SMS.send(OUTGOING, configured(), connections(sns=lambda: client))
    assert "canary" not in str(raised.value)
    assert NUMBER not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("code", known_errors("sns", "Publish"))
def test_every_error_known_to_botocore_has_its_meaning(code: str) -> None:
    """A new error of SNS needs a line in the table, or a reason here."""
    assert code in ANSWERS or code in OTHERS


@pytest.mark.parametrize(
    ("code", "text", "failure", "part"),
    [
        ("OptedOut", "", Permanent, "wants no text messages"),
        (
            "InvalidParameter",
            "Invalid parameter: Phone number is opted out",
            Permanent,
            "the recipient wants no text messages",
        ),
        ("InvalidParameter", "Invalid parameter: PhoneNumber Reason: canary", Permanent, "phone number"),
        ("InvalidParameter", "canary", Permanent, "not valid"),
        ("AuthorizationError", "canary", Permanent, "permission"),
        ("InternalError", "", Transient, "InternalError"),
        ("Throttled", "", Throttled, "Throttled"),
        ("Throttling", "Rate exceeded", Throttled, "Throttling"),
    ],
)
def test_errors_of_sns(code: str, text: str, failure: type[Failure], part: str) -> None:
    """Numbers and permissions are permanent, faults of AWS transient."""
    found = failure_of(code, text)
    assert (type(found), part in found.reason) == (failure, True)


@pytest.mark.parametrize(("code", "text"), [("OptedOut", ""), ("InvalidParameter", "Phone number is opted out")])
def test_opting_out_has_a_cause_of_its_own(code: str, text: str) -> None:
    """The sender falls back then, and no retry can cure it."""
    assert failure_of(code, text).cause_class == "opted-out"
    assert failure_of("InvalidParameter", "canary").cause_class == "refused"


def test_nothing_is_sent_to_a_number_that_has_opted_out() -> None:
    """SNS would accept the message, and drop it."""
    request = {"phoneNumber": NUMBER}
    with (
        answering("sns", "check_if_phone_number_is_opted_out", {"isOptedOut": True}, request) as client,
        pytest.raises(Permanent, match="wants no text messages") as raised,
    ):
        SMS.send(OUTGOING, configured(), connections(sns=lambda: client))
    assert raised.value.cause_class == "opted-out"
    assert NUMBER not in str(raised.value)


def test_a_number_is_asked_for_only_if_that_is_possible() -> None:
    """An answer that cannot be read is none: the text is sent, and SNS itself drops what nobody wants."""

    class Client:
        def check_if_phone_number_is_opted_out(self, **_: Any) -> Any:
            raise ResponseParserError

        def publish(self, **_: Any) -> dict[str, str]:
            return {"MessageId": "m-1"}

    client: Any = Client()
    assert SMS.send(OUTGOING, configured(), connections(sns=lambda: client)).reference == "m-1"


def test_everybody_can_opt_out() -> None:
    """So a fallback goes along with each number, and with a person."""
    assert SMS.can_fall_back(configured())
    assert SMS.can_fall_back(configured(to={"user": "jane"}))


def test_a_person_has_to_be_looked_up_first() -> None:
    """Nothing is sent to an id."""
    with pytest.raises(Permanent, match="is not a phone number"):
        SMS.send(OUTGOING, configured(to={"user": "+4930123456"}), connections())


def test_faults_of_aws_are_transient() -> None:
    """They are not in the table of permanent errors that all calls share."""
    assert is_retryable("InternalError")
    assert is_retryable("InvalidSecurity")
