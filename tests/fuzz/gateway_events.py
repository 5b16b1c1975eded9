"""Generates valid and nearly valid gateway events."""

import base64
from typing import Any

from hypothesis import strategies as st

from ingest.signature import sign
from tests.fuzz.values import ANY_CHARACTER, JSON, TEXTS, mutated
from tests.ingest.test_gateway import FUNCTION_URL, HTTP_API, REST_API

SECRET = "invented-secret"
FORMS = st.sampled_from([HTTP_API, REST_API, FUNCTION_URL])
METHODS = st.sampled_from(["GET", "POST", "PUT", "", "get", "\ud800"])
PATHS = st.sampled_from(["/webhooks/alma", "/webhooks/nobody", "/webhooks/", "alma", "/webhooks/alma/"]) | TEXTS
HEADERS = st.dictionaries(TEXTS | st.just("X-Exl-Signature"), JSON, max_size=5)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(ANY_CHARACTER, max_size=50).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"\xff" * 800_000, b"x" * 1_100_000]),
)


def event_of(form: dict[str, Any], method: str, path: str, headers: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return the gateway event of a request, with the body as text if possible, otherwise as Base64."""
    context = {**form["requestContext"], "http": {"method": method, "path": path}}
    if "httpMethod" in form:
        context = form["requestContext"]
    where = {"httpMethod": method, "path": path} if "httpMethod" in form else {"rawPath": path}
    try:
        text, is_base64 = body.decode("utf-8"), False
    except UnicodeDecodeError:
        text, is_base64 = base64.b64encode(body).decode(), True
    event = {**form, **where, "requestContext": context, "headers": headers, "body": text}
    return {**event, "isBase64Encoded": is_base64, "multiValueHeaders": None}


@st.composite
def signed(draw: st.DrawFn) -> tuple[dict[str, Any], bytes]:
    """Draw a correctly signed request with arbitrary other headers, and its body."""
    body = draw(BODIES.filter(bool))
    headers = {name: value for name, value in draw(HEADERS).items() if name.lower() != "x-exl-signature"}
    headers[draw(st.sampled_from(["X-Exl-Signature", "x-exl-signature"]))] = sign(body, SECRET).decode()
    event = event_of(draw(FORMS), "POST", "/webhooks/alma", headers, body)
    return event | draw(
        st.fixed_dictionaries({}, optional={"version": JSON, "cookies": JSON, "stageVariables": JSON})
    ), body


@st.composite
def from_any_client(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a request that a client without the secret can send: any method, path, query, headers and body."""
    query = draw(st.dictionaries(st.just("challenge") | TEXTS, TEXTS, max_size=3) | st.none())
    headers = draw(st.dictionaries(st.just("x-exl-signature") | TEXTS, TEXTS, max_size=5))
    event = event_of(draw(FORMS), draw(METHODS), draw(PATHS), headers, draw(BODIES))
    return {**event, "queryStringParameters": query}


EVENTS = st.one_of(JSON, mutated(FORMS), mutated(from_any_client()))
"""Gateway events and other values."""
