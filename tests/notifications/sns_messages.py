"""Messages of SNS for tests, signed with a key of the test, and certificates for it."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import (
    CertificateBuilder,
    DNSName,
    Name,
    NameAttribute,
    SubjectAlternativeName,
    random_serial_number,
)
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ARN = "arn:aws:sns:eu-central-1:123456789012:jobs"
URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"

# Written out here once more, from "Verifying the signatures of Amazon SNS messages", Amazon SNS Developer Guide.
_NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
_CONFIRMATION = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key_of_sns() -> rsa.RSAPrivateKey:
    """Return the key that signs."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def key_of_somebody_else() -> rsa.RSAPrivateKey:
    """Return a key that SNS does not have."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(
    *,
    common_name: str = "sns.amazonaws.com",
    dns_names: tuple[str, ...] | None = None,
    key: PrivateKey | None = None,
    begins: datetime = NOW - timedelta(days=30),
    ends: datetime = NOW + timedelta(days=30),
) -> bytes:
    """Return a certificate in PEM. `dns_names` None means that of the common name, and () no such extension."""
    names = (common_name,) if dns_names is None else dns_names
    name = Name([NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key((key or key_of_sns()).public_key())
        .serial_number(random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    if names:
        builder = builder.add_extension(SubjectAlternativeName([DNSName(each) for each in names]), critical=False)
    return builder.sign(key_of_sns(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def notification(key: rsa.RSAPrivateKey | None = None, **members: Any) -> dict[str, Any]:
    """Return a signed notification; members are replaced before, or left out with None."""
    plain = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": ARN,
        "Message": "Ende ✓",
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
    }
    return _signed(plain, key, members, _NOTIFICATION)


def confirmation(key: rsa.RSAPrivateKey | None = None, **members: Any) -> dict[str, Any]:
    """Return a signed message that asks to confirm a subscription, or another one with `Type`."""
    plain = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "Token": "2336412f37",
        "TopicArn": ARN,
        "Message": "You have chosen to subscribe.\nTo confirm, visit the SubscribeURL.",
        "SubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
    }
    return _signed(plain, key, members, _CONFIRMATION)


def _signed(
    plain: dict[str, Any], key: rsa.RSAPrivateKey | None, members: dict[str, Any], signed: list[str]
) -> dict[str, Any]:
    common = {"Timestamp": f"{NOW:%Y-%m-%dT%H:%M:%S}.123Z", "SignatureVersion": "2", "SigningCertURL": URL}
    message = {name: value for name, value in {**plain, **common, **members}.items() if value is not None}
    text = "".join(f"{name}\n{message[name]}\n" for name in signed if name in message).encode()
    signature = (key or key_of_sns()).sign(text, padding.PKCS1v15(), hashes.SHA256())
    return {"Signature": base64.b64encode(signature).decode(), **message}


class FakeFetch:
    """Returns one certificate for each URL, or what `answer` does, and keeps the URLs."""

    def __init__(self, pem: bytes | None = None, answer: Callable[[str], bytes] | None = None) -> None:
        self._pem = certificate() if pem is None else pem
        self._answer = answer
        self.urls: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.urls.append(url)
        return self._answer(url) if self._answer else self._pem
