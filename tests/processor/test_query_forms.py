"""Forms of the query protocol: the bytes that botocore would send, also for a whole call."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processor.query_forms import encoded, with_fast_forms

TEXTS = st.text() | st.text(st.characters(max_codepoint=127)) | st.integers(0, 1_000_000)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw builds tables of Unicode
@given(st.dictionaries(st.text(), TEXTS, max_size=5))
def test_a_form_has_the_bytes_of_the_standard_library(form: dict[str, Any]) -> None:
    """Any names, texts and numbers."""
    assert encoded(form) == urlencode(form).encode()


@pytest.mark.parametrize(
    "text",
    ["%", "+ %2B", "a b+c", "%%", " ", "", "".join(map(chr, range(256))), '{"title": "Les misérables, 書"}\n' * 100],
)
def test_escapes_are_not_escaped_again(text: str) -> None:
    """A percent sign, a plus sign and a space, which escapes are made of; all of Latin 1; a long body."""
    assert encoded({"Message": text}) == urlencode({"Message": text}).encode()


def test_half_of_a_surrogate_pair_is_an_error() -> None:
    """As without this module: UTF-8 has no such character."""
    with pytest.raises(UnicodeEncodeError):
        encoded({"Message": "\ud83d"})


def sent(client: Any) -> tuple[Any, dict[str, str]]:
    """Returns the body and the headers that a client sends, without those that differ from call to call."""
    requests: list[Any] = []

    def keep(request: Any, **_: Any) -> None:
        requests.append(request)
        raise InterruptedError

    client.meta.events.register("before-send", keep)
    with pytest.raises(InterruptedError):
        client.publish(
            TopicArn="arn:aws:sns:eu-central-1:123456789012:t",
            Message='{"title": "é + ü %"}',
            MessageAttributes={"action": {"DataType": "String", "StringValue": "LOAN"}},
        )
    [request] = requests
    body = request.body if isinstance(request.body, bytes) else request.body.encode()
    kept = ("Content-Type", "Content-Length")
    return body, {name: request.headers[name] for name in kept}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Makes clients of SNS with invented credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    return lambda: boto3.Session().client("sns", region_name="eu-central-1", endpoint_url="http://127.0.0.1:1")


def test_a_call_sends_the_bytes_that_botocore_would(client: Callable[[], Any]) -> None:
    """The body, its type and its length."""
    assert sent(with_fast_forms(client())) == sent(client())
