"""Signatures of SNS: which messages are genuine, and that nothing is fetched for others."""

import json
import math
import time
from datetime import timedelta
from typing import Any

import boto3
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from notifications.http_api import RejectedPost
from notifications.sns_signature import SnsSignatures, TopicArn, signed_text
from tests.ingest.clocks import FakeClock
from tests.loopback import Loopback, answer
from tests.notifications.sns_messages import (
    ARN,
    NOW,
    URL,
    FakeFetch,
    certificate,
    confirmation,
    key_of_somebody_else,
    notification,
)


def topic(arn: str = ARN) -> TopicArn:
    parsed = TopicArn.parse(arn)
    assert parsed
    return parsed


def check(message: dict[str, Any], fetch: FakeFetch | None = None, *, later: timedelta = timedelta()) -> FakeFetch:
    """Check a message of the topic at a time after NOW, and return what was fetched."""
    fetched = fetch or FakeFetch()
    SnsSignatures(fetched, FakeClock((NOW + later).timestamp())).check(message, topic())
    return fetched


def rejected(message: dict[str, Any], fetch: FakeFetch | None = None, **options: Any) -> str:
    """Return the code of the rejection."""
    with pytest.raises(RejectedPost) as caught:
        check(message, fetch, **options)
    return caught.value.code


@pytest.mark.parametrize(
    "message",
    [
        notification(),
        notification(Subject="Job"),
        notification(Message="one\ntwo\n"),
        notification(Message=""),
        notification(Message='Message\nx\nMessageId\n"é"'),
        confirmation(),
        confirmation(Type="UnsubscribeConfirmation"),
    ],
)
def test_a_genuine_message_of_each_type_is_accepted(message: dict[str, Any]) -> None:
    """The signed members differ by type; Subject is signed only if there is one."""
    assert check(message).urls == [URL]
    assert check(json.loads(json.dumps(message))).urls == [URL]


def test_a_subject_of_null_is_left_out() -> None:
    """A message of another implementation may name a subject that it does not have."""
    check({**notification(), "Subject": None})


@pytest.mark.parametrize(
    ("message", "member", "value"),
    [
        *((notification(Subject="Job"), member, "other") for member in ("Message", "MessageId", "Subject")),
        (notification(), "Subject", "added"),
        (notification(), "Timestamp", f"{NOW:%Y-%m-%dT%H:%M:%S}.124Z"),
        *((confirmation(), member, "other") for member in ("Message", "MessageId", "Token", "SubscribeURL")),
        (confirmation(), "Type", "UnsubscribeConfirmation"),
        (notification(), "TopicArn", f"{ARN}-other"),
    ],
)
def test_a_changed_message_is_rejected(message: dict[str, Any], member: str, value: str) -> None:
    """Every signed member counts."""
    assert rejected({**message, member: value}) == "sns-signature"


def test_a_message_that_somebody_else_signed_is_rejected() -> None:
    """The key of the certificate decides."""
    assert rejected(notification(key_of_somebody_else())) == "sns-signature"


@pytest.mark.parametrize("signature", ["", "FAKE", "====", "é", None, 7, "QUJD"])
def test_text_that_is_not_a_signature_is_rejected(signature: Any) -> None:
    """Base64 of something else is rejected like no base64 at all."""
    assert rejected({**notification(), "Signature": signature}) == "sns-signature"


@pytest.mark.parametrize("version", ["1", "3", "", 2, None, "02"])
def test_only_version_2_is_accepted(version: Any) -> None:
    """Version 1 is SHA-1. Nothing is fetched, and the sentence says which attribute to set."""
    fetch = FakeFetch()
    with pytest.raises(RejectedPost, match="set the topic's attribute SignatureVersion to 2") as caught:
        check({**notification(), "SignatureVersion": version}, fetch)
    assert (caught.value.status, fetch.urls) == (403, [])


HOST = "https://sns.eu-central-1.amazonaws.com"
FILE = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        f"/{FILE}",
        f"http://sns.eu-central-1.amazonaws.com/{FILE}",
        f"https://sns.eu-west-1.amazonaws.com/{FILE}",
        f"https://sns.eu-central-1.amazonaws.com.cn/{FILE}",
        f"https://sns.eu-central-1.amazonaws.com.evil.example/{FILE}",
        f"https://sns-eu-central-1.amazonaws.com/{FILE}",
        f"https://sns.s3.eu-central-1.amazonaws.com/{FILE}",
        f"https://s3.amazonaws.com/sns.eu-central-1.amazonaws.com/{FILE}",
        f"https://SNS.eu-central-1.amazonaws.com/{FILE}",
        f"https://sns.eu-central-1.amazonaws.com:443/{FILE}",
        f"https://sns.eu-central-1.amazonaws.com@evil.example/{FILE}",
        f"https://user@sns.eu-central-1.amazonaws.com/{FILE}",
        f"https://evil.example/{HOST}/{FILE}",
        f" {HOST}/{FILE}",
        f"{HOST}//{FILE}",
        f"{HOST}/x/../{FILE}",
        f"{HOST}/%2e/{FILE}",
        f"{HOST}/{FILE}?x=1",
        f"{HOST}/{FILE}#x",
        f"{HOST}/{FILE}\n",
        f"{HOST}/{FILE};x",
        f"{HOST}/{FILE}/other.pem",
        f"{HOST}/other-{FILE}",
        f"{HOST}/SimpleNotificationService-.pem",
        f"{HOST}/SimpleNotificationService-0123.txt",
        f"{HOST}/SimpleNotificationService-{'0' * 65}.pem",
        f"{HOST}\\@evil.example/{FILE}",
    ],
)
def test_no_other_address_is_fetched(url: Any) -> None:
    """The host is compared with that of the topic's region, and the path with the form of SNS."""
    fetch = FakeFetch()
    assert rejected({**notification(), "SigningCertURL": url}, fetch) == "sns-certificate"
    assert fetch.urls == []


@pytest.mark.parametrize(
    ("arn", "host"),
    [
        (ARN, "sns.eu-central-1.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:a", "sns.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:sns:us-gov-west-1:123456789012:a.fifo", "sns.us-gov-west-1.amazonaws.com"),
    ],
)
def test_the_host_follows_from_the_topic(arn: str, host: str) -> None:
    """Each partition has its domain."""
    assert topic(arn).host == host


@pytest.mark.parametrize(
    "arn",
    ["", "jobs", ARN.replace("sns", "sqs"), ARN.replace("eu-central-1", "evil.example/"), f"{ARN}:id", f"{ARN}\n"],
)
def test_other_text_is_not_an_arn(arn: str) -> None:
    """A region holds nothing that could change the host."""
    assert TopicArn.parse(arn) is None


def test_a_certificate_is_fetched_once() -> None:
    """The next message with the same URL needs no download."""
    fetch = FakeFetch()
    signatures = SnsSignatures(fetch, FakeClock(NOW.timestamp()))
    for message in (notification(), confirmation(), notification(Message="other")):
        signatures.check(message, topic())
    assert fetch.urls == [URL]


@pytest.mark.parametrize(
    ("pem", "sentence"),
    [
        (b"", "is not a certificate"),
        (b"\xff", "is not a certificate"),
        (certificate(ends=NOW - timedelta(seconds=1)), "is not valid today"),
        (certificate(begins=NOW + timedelta(seconds=1)), "is not valid today"),
        (certificate(common_name="evil.example"), "was not issued to SNS"),
        (certificate(common_name="sns.amazonaws.com.evil.example"), "was not issued to SNS"),
        (certificate(common_name="sns-signing.eu-west-1.amazonaws.com"), "was not issued to SNS"),
        (certificate(dns_names=("evil.example",)), "was not issued to SNS"),
        (certificate(key=ec.generate_private_key(ec.SECP256R1())), "has no RSA key"),
    ],
)
def test_a_certificate_of_another_kind_is_rejected(pem: bytes, sentence: str) -> None:
    """Its dates, its names and the kind of its key are checked."""
    with pytest.raises(RejectedPost, match=sentence) as caught:
        check(notification(), FakeFetch(pem))
    assert (caught.value.status, caught.value.code) == (403, "sns-certificate")


@pytest.mark.parametrize(
    "pem",
    [
        certificate(common_name="sns.amazonaws.com", dns_names=()),
        certificate(common_name="sns-signing.eu-central-1.amazonaws.com"),
        certificate(common_name="sns.eu-central-1.amazonaws.com"),
        certificate(common_name="x", dns_names=("x.example", "sns.amazonaws.com")),
        certificate(begins=NOW, ends=NOW),
    ],
)
def test_the_names_of_sns_are_accepted(pem: bytes) -> None:
    """Older regions share a name, newer ones have their own; it may be among several, or the common name only."""
    check(notification(), FakeFetch(pem))


def test_an_old_message_is_rejected() -> None:
    """SNS gives up after an hour, so that a message can be repeated by others only that long."""
    message = notification()
    check(message, later=timedelta(hours=1))
    fetch = FakeFetch()
    assert rejected(message, fetch, later=timedelta(hours=1, seconds=1)) == "sns-timestamp"
    assert fetch.urls == []


@pytest.mark.parametrize("text", ["", "yesterday", "2026-06-01", "2026-06-01T12:00:00+02:00", None, 1780315200, "é"])
def test_a_time_of_another_form_is_rejected(text: Any) -> None:
    """A time without a zone is not guessed."""
    assert rejected({**notification(), "Timestamp": text}) == "body"


@pytest.mark.parametrize("member", ["Message", "MessageId", "TopicArn", "Timestamp"])
@pytest.mark.parametrize("value", [None, 7, ["x"], {"x": 1}])
def test_a_member_of_another_type_is_rejected(member: str, value: Any) -> None:
    """A signed member is text; nothing is fetched without it."""
    fetch = FakeFetch()
    assert rejected({**notification(), member: value}, fetch) == "body"
    assert fetch.urls == []


@pytest.mark.parametrize("member", ["MessageId", "Subject", "Timestamp", "TopicArn"])
def test_only_a_message_has_several_lines(member: str) -> None:
    """Otherwise a publisher could write a text that reads as another message with the same signature."""
    with pytest.raises(RejectedPost):
        signed_text({**notification(Subject="Job"), member: "one\nMessageId\ntwo"})


def test_the_message_of_the_emulator_is_rejected() -> None:
    """ministack signs nothing: no switch makes the producer accept that."""
    fake = {
        "SignatureVersion": "1",
        "Signature": "FAKE",
        "SigningCertURL": f"{HOST}/SimpleNotificationService-fake.pem",
    }
    assert rejected({**notification(), **fake}) == "sns-version"
    assert rejected({**notification(), **fake, "SignatureVersion": "2"}) == "sns-signature"


@pytest.mark.usefixtures("shared_aws")  # with `requests`, by which the certificate is read
def test_a_message_that_moto_signed_is_accepted() -> None:
    """Moto signs by code of its own: a second implementation of the signature agrees with ours."""
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="jobs")["TopicArn"]
    with Loopback(answer({})) as server:
        sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=server.url)
        sns.publish(TopicArn=arn, Message="Ende ✓\nsecond line")
        message = server.received[-1].members
    fetch = FakeFetch(answer=lambda url: requests.get(url, timeout=5).content)  # moto serves its certificate
    signatures = SnsSignatures(fetch, lambda: math.ceil(time.time()))
    signatures.check(message, topic(arn))
    with pytest.raises(RejectedPost, match="not that of this message"):
        signatures.check({**message, "Message": "other"}, topic(arn))
