"""Standard Webhooks: signatures that another implementation verifies, in every time zone, and strict secrets."""

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from notifications.signing import signature_headers, signing_key
from tests.notifications.verify_webhook import is_signed

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(24))).decode()
NOW = datetime(2026, 7, 1, 12, 0, 0, 900_000, tzinfo=UTC)
ID = "0123abcd-team"
TEXT = '{"text": "Überfällig: 本 😀"}'


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/New_York"])
def local_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The time zone of the computer."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("local_zone")
def test_another_implementation_verifies_the_signature() -> None:
    """The signature is of the id, the seconds since 1970 and the bytes of the body, in every time zone."""
    headers = signature_headers(ID, NOW, TEXT, [SECRET])
    assert headers["webhook-timestamp"] == "1782907200"
    assert is_signed(headers, TEXT.encode(), SECRET, wall=NOW.timestamp())
    assert not is_signed(headers, TEXT.encode(), OTHER, wall=NOW.timestamp())
    assert not is_signed(headers, TEXT.encode() + b" ", SECRET, wall=NOW.timestamp())
    assert not is_signed(headers, TEXT.encode(), SECRET, wall=NOW.timestamp() + 301)
    assert not is_signed(headers | {"webhook-id": "other"}, TEXT.encode(), SECRET, wall=NOW.timestamp())


def test_the_vector_of_the_specification() -> None:
    """The signature of a fixed message is the one that other libraries give for it."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # pragma: allowlist secret -- an invented value
    signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="  # pragma: allowlist secret -- an invented value
    now = datetime.fromtimestamp(1614265330, UTC)
    headers = signature_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", now, '{"test": 2432232314}', [secret])
    assert headers["webhook-signature"] == signature


def test_two_secrets_give_two_signatures() -> None:
    """While a secret is rotated, a receiver with either secret accepts the request."""
    headers = signature_headers(ID, NOW, TEXT, [SECRET, OTHER])
    assert headers["webhook-signature"].count("v1,") == 2
    assert all(is_signed(headers, TEXT.encode(), secret, wall=NOW.timestamp()) for secret in (SECRET, OTHER))


@pytest.mark.parametrize(
    "now",
    [
        NOW.replace(tzinfo=None),
        NOW.astimezone(timezone(timedelta(hours=2))),
        NOW.astimezone(ZoneInfo("Europe/Berlin")),
    ],
)
def test_a_time_in_another_zone_is_rejected(now: datetime) -> None:
    """The library would sign a wrong time without an error."""
    with pytest.raises(ValueError, match="not in UTC"):
        signature_headers(ID, now, TEXT, [SECRET])


@pytest.mark.parametrize("message_id", ["", "a.b", ".", "a b", "ä", "a\n"])
def test_an_id_with_a_dot_is_rejected(message_id: str) -> None:
    """A dot separates the signed parts."""
    with pytest.raises(ValueError, match="dot"):
        signature_headers(message_id, NOW, TEXT, [SECRET])


@pytest.mark.parametrize("count", [24, 32, 64])
def test_secrets_of_24_to_64_bytes(count: int) -> None:
    """The key is the decoded secret."""
    key = bytes(range(count))
    assert signing_key("whsec_" + base64.b64encode(key).decode()) == key


@pytest.mark.parametrize(
    "secret",
    [
        *("", "whsec_", "whsec_deadbeef", f"v1,{SECRET}", SECRET.removeprefix("whsec_"), SECRET.upper(), f" {SECRET}"),
        *(f"{SECRET}\n", SECRET.rstrip("="), f"{SECRET}=", SECRET.replace("A", "-"), SECRET.replace("A", " ", 1)),
        *("whsec_" + base64.b64encode(bytes(count)).decode() for count in (23, 65)),
        SECRET.replace("8=", "9="),  # bits after the last byte
        "whsec_ünïcode",
    ],
)
def test_other_secrets_are_rejected(secret: str) -> None:
    """A mistyped secret would sign with another key without an error; the whole message is fixed."""
    with pytest.raises(ValueError, match=r"^is not whsec_ followed by base64 of 24 to 64 bytes$"):
        signing_key(secret)
