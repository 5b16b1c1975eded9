"""The heartbeat posts to its own profile as Alma does, with its own secret, and raises every failure."""

import json
from pathlib import Path

import pytest

from ingest.heartbeat import ACTION, PROFILE, HeartbeatError, event_body, lambda_handler
from ingest.settings import SettingsError
from ingest.signature import sign
from ingest.tls import Trust
from processor.alma.events import parse
from tests.ingest.test_connection import serving
from tests.loopback import Behaviour, Loopback, Received, answer, close, say

SECRET = "invented-secret-4711"
ACCEPTED = answer({"receipt_id": "receipt-1"})
LAMBDAS_OWN = {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "key"}


def secrets(current: str = SECRET, previous: str = "") -> Behaviour:
    names = {"secret": current, "previous-secret": previous}
    path = f"/alma-webhooks/dev/{PROFILE}"
    return answer(
        {"Parameters": [{"Name": f"{path}/{name}", "Value": value} for name, value in names.items() if value]}
    )


def run_heartbeat(monkeypatch: pytest.MonkeyPatch, *script: Behaviour) -> tuple[dict[str, str], list[Received]]:
    """The result of the function, and the requests that SSM and the listener got; one server acts as both."""
    with Loopback(*script) as server:
        around = LAMBDAS_OWN | {"AWS_ENDPOINT_URL": server.url}
        for name, value in {"STAGE": "dev", "WEBHOOK_URL_BASE": f"{server.url}/webhooks/", **around}.items():
            monkeypatch.setenv(name, value)
        return lambda_handler({}, None), server.received


def test_a_heartbeat_is_posted_like_an_alma_webhook(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is signed with the secret of its profile and posted to its URL; its receipt id is returned and logged."""
    returned, [read, posted] = run_heartbeat(monkeypatch, secrets(), ACCEPTED)
    assert read.members["Names"] == [f"/alma-webhooks/dev/heartbeat/{name}" for name in ("secret", "previous-secret")]
    assert posted.request == "POST /webhooks/heartbeat HTTP/1.1"
    assert posted.headers["x-exl-signature"] == sign(posted.body, SECRET).decode()
    assert posted.headers["content-type"] == "application/json"
    assert "127.0.0.1:" in posted.headers["host"]
    assert returned == {"receipt_id": "receipt-1"}
    output = capsys.readouterr().out
    line = json.loads(output)
    assert (line["message"], line["profile"], line["receipt_id"]) == ("heartbeat", "heartbeat", "receipt-1")
    assert SECRET not in output
    assert posted.headers["x-exl-signature"] not in output


def test_the_first_existing_secret_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The current secret signs during a rotation; the previous one signs if it is the only one."""
    for current, previous, signs in (("new", "old", "new"), ("", "old", "old")):
        _, [_, posted] = run_heartbeat(monkeypatch, secrets(current, previous), ACCEPTED)
        assert posted.headers["x-exl-signature"] == sign(posted.body, signs).decode()


def test_a_rotated_secret_is_used_by_the_next_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function keeps no secret between its runs."""
    for secret in ("first", "second"):
        _, [_, posted] = run_heartbeat(monkeypatch, secrets(secret), ACCEPTED)
        assert posted.headers["x-exl-signature"] == sign(posted.body, secret).decode()


def test_each_heartbeat_is_a_separate_event() -> None:
    """Equal bodies would be one event, so the second heartbeat would be a duplicate."""
    first, second = (parse(event_body(1_780_000_000.0)) for _ in range(2))
    assert (first.action, first.time) == (ACTION, "2026-05-28T20:26:40.000Z")
    assert first.id
    assert first.id != second.id


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (
            (answer({"Parameters": []}),),
            "The profile has no secret: make one by alma-webhooks secret create heartbeat.",
        ),
        ((answer({"__type": "x#AccessDeniedException"}, 400),), "The secret could not be read: AccessDeniedException."),
        ((secrets(), answer({"error": "no"}, 401)), "The listener answered 401."),
        ((secrets(), answer({"error": "no"}, 503)), "The listener answered 503."),
        ((secrets(), close), "The listener did not answer: NoAnswerError."),
        ((secrets(), say(b"nonsense\r\n\r\n")), "The listener did not answer: AnswerError."),
        ((secrets(), answer({})), "The listener answered 200 without a receipt id."),
        ((secrets(), answer([1])), "The listener answered 200 without a receipt id."),
    ],
)
def test_every_failure_is_raised(monkeypatch: pytest.MonkeyPatch, script: tuple[Behaviour, ...], sentence: str) -> None:
    """Lambda counts an exception as an error, which triggers an alarm; the message has no secret."""
    with pytest.raises(HeartbeatError) as raised:
        run_heartbeat(monkeypatch, *script)
    assert str(raised.value) == sentence


def test_a_listener_is_called_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second attempt would hide that every other request fails."""
    with Loopback(secrets(), answer({}, 503)) as server:
        for name, value in (LAMBDAS_OWN | {"AWS_ENDPOINT_URL": server.url, "STAGE": "dev"}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WEBHOOK_URL_BASE", f"{server.url}/webhooks/")
        with pytest.raises(HeartbeatError):
            lambda_handler({}, None)
        assert len(server.received) == 2


def test_missing_settings_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All missing settings are listed together."""
    monkeypatch.delenv("STAGE", raising=False)
    for name, value in LAMBDAS_OWN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WEBHOOK_URL_BASE", " ")
    with pytest.raises(SettingsError, match=r"^Missing environment variables: STAGE, WEBHOOK_URL_BASE\.$"):
        lambda_handler({}, None)


def test_an_https_url_uses_tls(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """A listener with an untrusted certificate gets no request."""
    with Loopback(secrets()) as ssm, Loopback(ACCEPTED, tls=serving(certificate)) as listener:
        for name, value in (LAMBDAS_OWN | {"AWS_ENDPOINT_URL": ssm.url, "STAGE": "dev"}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WEBHOOK_URL_BASE", f"{listener.url}/webhooks/")
        with pytest.raises(HeartbeatError, match=r"^The listener did not answer: SSLCertVerificationError\.$"):
            lambda_handler({}, None)
        assert listener.received == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert lambda_handler({}, None) == {"receipt_id": "receipt-1"}


def test_the_listener_can_have_any_trusted_certificate(
    monkeypatch: pytest.MonkeyPatch, certificate: Path, amazon_authorities: Path
) -> None:
    """The system's authorities are used, because a custom domain or proxy can have any certificate."""
    monkeypatch.setattr(Trust.__init__, "__defaults__", (str(amazon_authorities),))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Loopback(secrets()) as ssm, Loopback(ACCEPTED, tls=serving(certificate)) as listener:
        for name, value in (LAMBDAS_OWN | {"AWS_ENDPOINT_URL": ssm.url, "STAGE": "dev"}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WEBHOOK_URL_BASE", f"{listener.url}/webhooks/")
        assert lambda_handler({}, None) == {"receipt_id": "receipt-1"}


def test_the_host_header_is_that_of_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header has no port 443, which http.client would add."""
    sent: list[tuple[str, str]] = []

    def exchange(_: object, _method: str, path: str, headers: dict[str, str], *_rest: object) -> tuple[int, bytes]:
        sent.append((path, headers["Host"]))
        given = {"Name": f"/alma-webhooks/dev/{PROFILE}/secret", "Value": SECRET}
        return 200, json.dumps({"Parameters": [given], "receipt_id": "receipt-1"}).encode()

    monkeypatch.setattr("ingest.connection.Connection.exchange", exchange)
    for name, value in (LAMBDAS_OWN | {"AWS_ENDPOINT_URL": "", "STAGE": "dev"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WEBHOOK_URL_BASE", "https://webhooks.example.org/webhooks/")
    assert lambda_handler({}, None) == {"receipt_id": "receipt-1"}
    assert sent == [
        ("/", "ssm.eu-central-1.amazonaws.com"),
        ("/webhooks/heartbeat", "webhooks.example.org"),
    ]
