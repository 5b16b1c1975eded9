"""E-mail by Amazon SES: one message of plain text."""

from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

from notifications.answers import AnswerMeaning
from notifications.aws_sending import AwsAnswer, AwsAnswers, sent_once
from notifications.email_address import EmailAddress, subject_line
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
from notifications.text_measures import utf8_bytes

# "Service quotas in Amazon SES", Amazon SES Developer Guide.
MOST_RECIPIENTS: Final = 50
# SES accepts far more. Mail programs cut what is longer than about 100 KB.
MAX_TEXT_BYTES: Final = 100_000

_DAY_QUOTA: Final = AwsAnswer(AnswerMeaning.THROTTLED, "the daily quota of the account is used up", retry_after=3600.0)

# "SendEmail", Amazon SES API v2 Reference, and "Errors related to the sending quotas for your Amazon SES account",
# Amazon SES Developer Guide. Only the text of the message says which quota is meant.
ANSWERS: Final[AwsAnswers] = {
    ("TooManyRequestsException", "daily"): _DAY_QUOTA,
    ("LimitExceededException", "daily"): _DAY_QUOTA,
    ("Throttling", "daily"): _DAY_QUOTA,
    ("MessageRejected", "not verified"): AwsAnswer(
        AnswerMeaning.PERMANENT, "an address is not verified in this region; verify it, or leave the sandbox of SES"
    ),
    "TooManyRequestsException": AwsAnswer(AnswerMeaning.THROTTLED, "the sending rate of the account is exceeded"),
    "LimitExceededException": AwsAnswer(AnswerMeaning.THROTTLED, "a quota of the account is exceeded"),
    "SendingPausedException": AwsAnswer(
        AnswerMeaning.TRANSIENT, "sending is paused for the account or configuration set"
    ),
    "AccountSuspendedException": AwsAnswer(AnswerMeaning.PERMANENT, "AWS has ended sending for the account"),
    "MailFromDomainNotVerifiedException": AwsAnswer(
        AnswerMeaning.PERMANENT, "the MAIL FROM domain of the sender is not set up"
    ),
    "MessageRejected": AwsAnswer(AnswerMeaning.PERMANENT, "the message has invalid content"),
    "NotFoundException": AwsAnswer(AnswerMeaning.PERMANENT, "the configuration set does not exist in this region"),
    "BadRequestException": AwsAnswer(AnswerMeaning.PERMANENT, "the request is not valid"),
}


def _one_address(text: str) -> str:
    EmailAddress.parse(text)  # a ValueError says what is wrong
    return text


def _template_or_address(text: str, info: ValidationInfo) -> str:
    return text if can_be_template(text, info) else _one_address(text)


def _one_person(to: list[str | Person]) -> list[str | Person]:
    if sum(isinstance(each, Person) for each in to) > 1:
        raise ValueError("names several people; give each an integration of its own")
    return to


Address = Annotated[str, AfterValidator(_one_address)]


class EmailConfiguration(Configuration):
    """`from` (verified in SES), `to`, `subject`, and optionally `reply_to`.

    One recipient of `to` can be a person. If the person has no address, the message is sent to nobody.
    """

    templated: ClassVar[frozenset[str]] = frozenset({"to", "subject"})
    addressee: ClassVar[str] = "to"

    sender: Address = Field(alias="from")
    to: Annotated[
        list[Annotated[str | Person, person_or(_template_or_address)]],
        Field(min_length=1, max_length=MOST_RECIPIENTS),
        AfterValidator(_one_person),
    ]
    subject: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    reply_to: list[Address] = Field(default_factory=list, max_length=10)


class Email(Integration[EmailConfiguration]):
    """Sends one message to all recipients. If there are several, none of them sees the others' addresses.

    SES accepts or rejects the message as a whole, so a retry after a rejection sends nobody a second one.
    """

    configuration = EmailConfiguration
    contact = ContactKind.EMAIL

    def escape(self, value: str) -> str:
        """Return the value, because plain text has no markup."""
        return value

    def fits(self, text: str, configuration: EmailConfiguration) -> bool:  # noqa: ARG002
        """Return whether mail programs show the whole text."""
        return utf8_bytes(text) <= MAX_TEXT_BYTES

    def destination(self, configuration: EmailConfiguration) -> str:
        """Return the sender, because SES limits what an account sends."""
        return f"email {configuration.sender}"

    def send(self, outgoing: Outgoing, configuration: EmailConfiguration, connections: Connections) -> Accepted:
        """Send once; the reference is the MessageId of SES, by which its events name the message."""
        request = message(outgoing, configuration, connections.email_configuration_set)
        answer = sent_once(lambda: connections.ses().send_email(**request), "SES", ANSWERS)
        return Accepted(answer["MessageId"])


def message(outgoing: Outgoing, configuration: EmailConfiguration, configuration_set: str = "") -> dict[str, Any]:
    """Return the parameters of SendEmail. Raise Permanent if a rendered address is not one.

    The simple content lets SES build the headers; nothing here does. The tag is in the events of SES about it.
    """
    to = list({each.address: each.header() for each in map(_rendered, configuration.to)}.values())
    recipients = {"ToAddresses": to} if len(to) == 1 else {"BccAddresses": to}
    simple = {
        "Subject": {"Data": subject_line(configuration.subject), "Charset": "UTF-8"},
        "Body": {"Text": {"Data": outgoing.text, "Charset": "UTF-8"}},
    }
    request = {
        "FromEmailAddress": EmailAddress.parse(configuration.sender).header(),
        "Destination": recipients,
        "Content": {"Simple": simple},
        "EmailTags": [{"Name": "notification", "Value": outgoing.id}],
    }
    if configuration.reply_to:
        request["ReplyToAddresses"] = [EmailAddress.parse(each).header() for each in configuration.reply_to]
    if configuration_set:
        request["ConfigurationSetName"] = configuration_set
    return request


def _rendered(recipient: str | Person) -> EmailAddress:
    try:
        return EmailAddress.parse(str(recipient))
    except ValueError as error:
        raise Permanent("refused", f"An address of `to` {error}.", field="configuration.to") from None
