"""The signer agrees with botocore on a thousand random requests."""

import hashlib
import random
import string
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotocoreCredentials

from ingest.sigv4 import Credentials, signed_headers

TEXT = string.ascii_letters + string.digits + "-_./+= "


def text(source: random.Random, length: int, characters: str = TEXT) -> str:
    return "".join(source.choices(characters, k=length))


def random_request(source: random.Random) -> dict[str, Any]:
    token = text(source, source.randint(1, 400)).strip() if source.random() < 0.5 else ""
    region = source.choice(["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"])
    service = source.choice(["sqs", "ssm", "sns"])
    names = source.sample(["Content-Type", "X-Amz-Target", "X-Custom", "x-lower", "A", "Zz-Top"], source.randint(0, 6))
    return {
        "headers": {name: " " * source.randint(0, 2) + text(source, source.randint(1, 60)) for name in names},
        "body": source.randbytes(source.choice([0, 1, 100, 5000])),
        "host": source.choice([f"{service}.{region}.amazonaws.com", f"127.0.0.1:{source.randint(1024, 65535)}"]),
        "service": service,
        "region": region,
        "credentials": Credentials(text(source, 20).strip() or "A", text(source, 40), token),
        "now": source.uniform(0, 4_000_000_000),
        "method": source.choice(["POST", "PUT"]),
        "path": source.choice(["/", f"/bucket-1/bodies/{source.randbytes(32).hex()}"]),
    }


def botocore_authorization(request: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> str:
    keys = request["credentials"]
    moment = datetime.fromtimestamp(int(request["now"]), UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    made = AWSRequest(
        request["method"],
        f"https://{request['host']}{request['path']}",
        headers={**request["headers"], "Host": request["host"]},
        data=request["body"],
    )
    credentials = BotocoreCredentials(keys.access_key, keys.secret_key, keys.session_token or None)
    SigV4Auth(credentials, request["service"], request["region"]).add_auth(made)
    return str(made.headers["Authorization"])


def test_random_requests_are_signed_as_by_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random headers, bodies, hosts, regions, services, tokens and times give the same Authorization."""
    source = random.Random(4711)  # noqa: S311 - samples, no secrets
    for _ in range(1000):
        request = random_request(source)
        assert signed_headers(**request)["Authorization"] == botocore_authorization(request, monkeypatch)


def test_a_body_for_s3_is_signed_as_by_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """The S3 signer of botocore differs in details, and agrees for the paths of this project."""
    body = b"\xff" * 100
    headers = {"Content-Type": "application/octet-stream", "X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest()}
    moment = datetime.fromtimestamp(1_780_000_000, UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    made = AWSRequest("PUT", "https://s3.eu-central-1.amazonaws.com/b-1/bodies/0f", headers=headers, data=body)
    made.context["client_config"] = Config(s3={"payload_signing_enabled": True})
    S3SigV4Auth(BotocoreCredentials("AKID", "key"), "s3", "eu-central-1").add_auth(made)
    headers_of_signer = signed_headers(
        headers,
        body,
        host="s3.eu-central-1.amazonaws.com",
        service="s3",
        region="eu-central-1",
        credentials=Credentials("AKID", "key"),
        now=1_780_000_000,
        method="PUT",
        path="/b-1/bodies/0f",
    )
    assert headers_of_signer["Authorization"] == made.headers["Authorization"]


def test_the_sent_headers_are_the_signed_ones() -> None:
    """The headers have the given ones, the host and the time, and the token only if there is one."""
    keys = Credentials("AKID", "secret")
    sign = partial(signed_headers, body=b"", host="h", service="sqs", region="r", method="POST", path="/")
    sent = sign({"X-Amz-Target": "T"}, credentials=keys, now=1_780_000_000.9)
    assert set(sent) == {"X-Amz-Target", "Host", "X-Amz-Date", "Authorization"}
    assert (sent["Host"], sent["X-Amz-Date"]) == ("h", "20260528T202640Z")
    with_token = sign({}, credentials=keys._replace(session_token="t"), now=0)
    assert with_token["X-Amz-Security-Token"] == "t"


def test_credentials_are_not_shown() -> None:
    """The representation of credentials contains none of them."""
    assert repr(Credentials("AKID", "geheim", "token")) == "Credentials(…)"
    assert "geheim" not in f"{Credentials('AKID', 'geheim')}"
