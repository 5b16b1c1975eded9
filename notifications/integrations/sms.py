"""Text messages by Amazon SNS, to one phone number."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, StringConstraints, ValidationInfo

from ingest.sqs_text import typed
from notifications.answers import AnswerMeaning
from notifications.aws_sending import AwsAnswer, AwsAnswers, sent_once
from notifications.errors import Permanent
from notifications.integrations.integration import (
    Accepted,
    Configuration,
    Connections,
    Integration,
    Outgoing,
    can_be_template,
    person_or,
)
from notifications.person import ContactKind, Person
from notifications.phone_number import is_e164
from notifications.text_measures import gsm7_normalized, sms_parts

# "Publishing to a mobile phone", Amazon SNS Developer Guide: 1,600 characters in all.
MOST_PARTS: Final = 10

# In characters, before a base and its mark become one of the 160 septets. No longer text is normalized, because that
# takes quadratic time for marks in a row.
LONGEST_PART: Final = 2 * 160

_OPTED_OUT: Final = AwsAnswer(AnswerMeaning.PERMANENT, "the recipient wants no text messages", refused="opted-out")

# "Publish", Amazon SNS API Reference, and "Managing phone number subscriptions", Amazon SNS Developer Guide.
ANSWERS: Final[AwsAnswers] = {
    ("InvalidParameter", "opted out"): _OPTED_OUT,
    ("InvalidParameter", "phonenumber"): AwsAnswer(AnswerMeaning.PERMANENT, "the phone number is not valid"),
    "OptedOut": _OPTED_OUT,
    "InvalidParameter": AwsAnswer(AnswerMeaning.PERMANENT, "the request is not valid"),
    "ParameterValueInvalid": AwsAnswer(AnswerMeaning.PERMANENT, "the request is not valid"),
    "ValidationException": AwsAnswer(AnswerMeaning.PERMANENT, "the request is not valid"),
    "AuthorizationError": AwsAnswer(AnswerMeaning.PERMANENT, "the sender lacks a permission"),
    "UserError": AwsAnswer(AnswerMeaning.PERMANENT, "the request is not valid"),
}

SenderId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*$", max_length=11)]
Origination = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,15}$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{0,7}$")]


def _template_or_number(text: str, info: ValidationInfo) -> str:
    if not can_be_template(text, info) and not is_e164(text):
        raise ValueError("is not a phone number with + and the country, such as +4930123456, in quotes")
    return text


class SmsConfiguration(Configuration):
    """`to` is one number, or a person. `max_parts` limits the price of a text.

    A part has 160 characters, or 70 with some others.

    `sender_id` and `origination_number` are one for all countries, or one by the beginning of the number: countries
    differ in what they allow and require.
    """

    templated: ClassVar[frozenset[str]] = frozenset({"to"})
    addressee: ClassVar[str] = "to"

    to: Annotated[str | Person, person_or(_template_or_number)]
    max_parts: Annotated[int, Field(strict=True, ge=1, le=MOST_PARTS)] = 1
    sender_id: SenderId | Mapping[Prefix, SenderId] | None = None
    origination_number: Origination | Mapping[Prefix, Origination] | None = None


class Sms(Integration[SmsConfiguration]):
    """Sends one text message. A lost answer is not followed by a second message, because each costs money."""

    configuration = SmsConfiguration
    retries_unconfirmed = False
    contact = ContactKind.PHONE

    def can_fall_back(self, configuration: SmsConfiguration) -> bool:  # noqa: ARG002
        """Return True, because every recipient of text messages can opt out."""
        return True

    def escape(self, value: str) -> str:
        """Return the value, because text messages have no markup."""
        return value

    def fits(self, text: str, configuration: SmsConfiguration) -> bool:
        """Return whether the text, in GSM-7 where nothing is lost, has no more parts than allowed."""
        most = configuration.max_parts
        return len(text) <= LONGEST_PART * most and sms_parts(gsm7_normalized(text)) <= most

    def destination(self, configuration: SmsConfiguration) -> str:
        """Return a digest of the number, because the number is personal."""
        return f"sms {hashlib.sha256(str(configuration.to).encode()).hexdigest()}"

    def send(self, outgoing: Outgoing, configuration: SmsConfiguration, connections: Connections) -> Accepted:
        """Publish once; the reference is the MessageId of SNS, which its delivery logs have too. A fact is `parts`."""
        number = configuration.to
        if isinstance(number, Person) or not is_e164(number):
            raise Permanent("refused", "`to` is not a phone number with + and the country.", field="configuration.to")
        if _has_opted_out(number, connections):
            raise Permanent("opted-out", f"SNS: {_OPTED_OUT.what}.")
        attributes: Any = typed({"AWS.SNS.SMS.SMSType": "Transactional", **_origin(configuration, number)})
        text = gsm7_normalized(outgoing.text)
        answer = sent_once(
            lambda: connections.sns().publish(PhoneNumber=number, Message=text, MessageAttributes=attributes),
            "SNS",
            ANSWERS,
        )
        return Accepted(answer["MessageId"], {"parts": sms_parts(text)})


def _has_opted_out(number: str, connections: Connections) -> bool:
    """Return whether the owner of a number has answered STOP; False if that is not known.

    SNS can accept a message to such a number, and drops it ("Managing phone number subscriptions", Amazon SNS Developer
    Guide). So it is asked first ("CheckIfPhoneNumberIsOptedOut", Amazon SNS API Reference).
    """
    try:
        return bool(connections.sns().check_if_phone_number_is_opted_out(phoneNumber=number).get("isOptedOut"))
    except Exception:  # noqa: BLE001 - also an answer that botocore cannot parse
        return False


def _origin(configuration: SmsConfiguration, number: str) -> dict[str, str]:
    """Return the attributes for who sends ("Publishing to a mobile phone", Amazon SNS Developer Guide)."""
    origins = {
        "AWS.SNS.SMS.SenderID": _for_country(configuration.sender_id, number),
        "AWS.MM.SMS.OriginationNumber": _for_country(configuration.origination_number, number),
    }
    return {name: value for name, value in origins.items() if value}


def _for_country(setting: str | Mapping[str, str] | None, number: str) -> str:
    """Return the setting for a number: that of the longest prefix, or an empty text."""
    if setting is None or isinstance(setting, str):
        return setting or ""
    return setting[max(found, key=len)] if (found := [each for each in setting if number.startswith(each)]) else ""
