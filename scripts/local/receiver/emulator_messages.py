"""Read the e-mails and SMS that the emulator keeps instead of sending them.

"Inspection endpoints" of ministack's README: `/_ministack/ses/messages` and `/_ministack/sns/sms-messages`.
"""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

_EMAILS: Final = "/_ministack/ses/messages"
_SMS: Final = "/_ministack/sns/sms-messages"
_SECONDS: Final = 5.0


class KeptMessage(NamedTuple):
    """One e-mail or SMS, with the id of SES or SNS."""

    id: str
    service: str
    to: str
    text: str
    subject: str = ""


def kept_messages(endpoint_url: str) -> list[KeptMessage]:
    """Return every e-mail and SMS of the emulator; none if it does not answer, because a run may be ending."""
    try:
        return [*_emails(_read(endpoint_url, _EMAILS)), *_sms(_read(endpoint_url, _SMS))]
    except (OSError, http.client.HTTPException, ValueError):
        return []


def _emails(answer: dict[str, Any]) -> Iterator[KeptMessage]:
    for messages in answer["messages"].values():
        for each in messages:
            to = ", ".join([*each["To"], *each["CC"], *each["BCC"]])
            yield KeptMessage(each["MessageId"], "email", to, each["BodyText"] or "", each["Subject"])


def _sms(answer: dict[str, Any]) -> Iterator[KeptMessage]:
    for number, messages in answer["sms_messages"].items():
        yield from (KeptMessage(each["MessageId"], "sms", number, each["Message"]) for each in messages)


def _read(endpoint_url: str, path: str) -> dict[str, Any]:
    parts = urlsplit(endpoint_url)
    with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=_SECONDS)) as connection:
        connection.request("GET", path)
        members: dict[str, Any] = json.loads(connection.getresponse().read())
        return members
