"""Checks that a message to an HTTP subscription is from SNS, of an allowed topic, and new.

"Verifying the signatures of Amazon SNS messages" and "Parsing Amazon SNS message formats", Amazon SNS Developer Guide.

The certificate is downloaded over TLS from the SNS host of the topic's region, whose own certificate is checked in the
usual way: this shows that it comes from SNS. In the certificate itself, its dates and the name it was issued to are
checked. Its chain is not: the file holds no intermediate certificate, so that checking it would need more downloads.
"""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import (
    Certificate,
    DNSName,
    ExtensionNotFound,
    SubjectAlternativeName,
)
from cryptography.x509.oid import NameOID

from notifications.certificate_cache import CertificateCache
from notifications.http_api import RejectedPost

# SNS gives up on an HTTP endpoint after an hour at most ("Amazon SNS message delivery retries"), so an older message is
# one that somebody else kept.
OLDEST: Final = timedelta(hours=1)

_CONFIRMATION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
# What is signed, in this order, by type of message.
SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_OPTIONAL: Final = "Subject"

_ARN: Final = re.compile(r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_FILE: Final = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")


class TopicArn(NamedTuple):
    """The parts of a topic's ARN that decide where SNS is."""

    text: str
    region: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "TopicArn | None":
        """Return the parts of an ARN, or None."""
        if not (match := _ARN.fullmatch(text)):
            return None
        return cls(text, match[2], "amazonaws.com.cn" if match[1] == "aws-cn" else "amazonaws.com")

    @property
    def host(self) -> str:
        """The host of SNS in the topic's region."""
        return f"sns.{self.region}.{self.domain}"

    @property
    def signers(self) -> set[str]:
        """The names that signing certificates of the region are issued to (AWS SDK for Java, `SnsHostProvider`)."""
        regional = {f"sns-signing.{self.region}.{self.domain}", f"sns-{self.region}.{self.domain}", self.host}
        return regional | {
            "sns.amazonaws.com",
            *({"sns-us-gov-west-1.amazonaws.com"} if "-gov-" in self.region else ()),
        }


class SnsSignatures:
    """Checks signatures. `fetch` returns the certificate of a URL that was compared with the allowed ones.

    It raises RejectedPost.
    """

    def __init__(self, fetch: Callable[[str], bytes], wall: Callable[[], float]) -> None:
        self._certificates = CertificateCache(fetch, wall)
        self._wall = wall

    def check(self, message: Mapping[str, Any], topic: TopicArn) -> None:
        """Check a message of an allowed topic; nothing is fetched before all else is right. Raise RejectedPost."""
        if message.get("SignatureVersion") != "2":
            sentence = "Signature version 2 is required: set the topic's attribute SignatureVersion to 2."
            raise RejectedPost(403, "sns-version", sentence)
        now = datetime.fromtimestamp(self._wall(), UTC)
        if now - _time(message) > OLDEST:
            raise RejectedPost(403, "sns-timestamp", "The message is older than an hour.")
        signed, signature = signed_text(message), _signature(message)
        url = message.get("SigningCertURL")
        prefix = f"https://{topic.host}"
        if not isinstance(url, str) or not url.startswith(prefix) or not _FILE.fullmatch(url.removeprefix(prefix)):
            raise RejectedPost(403, "sns-certificate", "SigningCertURL is not that of SNS in the topic's region.")
        key = _key_of(self._certificates.certificate(url), topic, now)
        try:
            key.verify(signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise RejectedPost(403, "sns-signature", "The signature is not that of this message.") from None


def signed_text(message: Mapping[str, Any]) -> bytes:
    """Return what SNS signs of a message: each name and value in a line of its own. Raise RejectedPost (400).

    Only `Message` may have several lines, so that no two messages have the same signed text.
    """
    lines = []
    for name in SIGNED[message["Type"]]:
        value = message.get(name)
        if value is None and name == _OPTIONAL:
            continue
        if not isinstance(value, str) or (name != "Message" and "\n" in value):
            raise RejectedPost(400, "body", f"The message of SNS has no {name}, or one of another type.")
        lines += [name, value]
    return "".join(f"{line}\n" for line in lines).encode()


def _time(message: Mapping[str, Any]) -> datetime:
    try:
        return datetime.strptime(str(message.get("Timestamp")), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise RejectedPost(400, "body", "The Timestamp is not one of SNS.") from None


def _signature(message: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(message.get("Signature")), validate=True)
    except ValueError:
        raise RejectedPost(403, "sns-signature", "The signature is not base64.") from None


def _key_of(certificate: Certificate, topic: TopicArn, now: datetime) -> RSAPublicKey:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise _bad_certificate("is not valid today")
    if not topic.signers & _names(certificate):
        raise _bad_certificate("was not issued to SNS")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise _bad_certificate("has no RSA key")
    return key


def _names(certificate: Certificate) -> set[str]:
    """Return the DNS names of a certificate, or its common names if it has none."""
    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
        return set(names.get_values_for_type(DNSName))
    except ExtensionNotFound:
        return {str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}


def _bad_certificate(what: str) -> RejectedPost:
    return RejectedPost(403, "sns-certificate", f"The certificate at SigningCertURL {what}.")
