"""The requests that notifications are sent with: bodies, byte for byte, and headers of each integration."""

import base64
from typing import Any

from notifications.integrations.email import EmailConfiguration, message
from notifications.integrations.integration import Outgoing
from notifications.integrations.table import INTEGRATIONS
from tests.formats.golden import Golden
from tests.notifications.aws_answers import answering
from tests.notifications.fake_connections import ScriptedHttpClient, connections, http_response

TEXT = 'Job *done*: <b>3</b> records & "more"\nsecond line: Überfällig 😀'
SECRETS = {
    "address": "https://service.example/invented?sig=%2f~",
    "token": "110201543:invented-invented-invented-invented",  # pragma: allowlist secret -- an invented value
    "sign": "whsec_" + base64.b64encode(bytes(range(32))).decode(),
    "old": "whsec_" + base64.b64encode(bytes(range(24))).decode(),
}
ADDRESS, TOKEN = {"ssm": "address"}, {"ssm": "token"}
BY_HTTP: dict[str, tuple[str, dict[str, Any], str]] = {
    "slack webhook": ("slack", {"url": ADDRESS}, TEXT),
    "slack token": ("slack", {"token": TOKEN, "channel": "C012AB3CD"}, TEXT),
    "teams": ("teams", {"url": ADDRESS}, TEXT),
    "telegram": ("telegram", {"token": TOKEN, "chat": -1001234567890}, TEXT),
    "http": ("http", {"url": ADDRESS, "secret": {"ssm": "sign"}, "previous_secret": {"ssm": "old"}}, '{"n": 1}'),
}
MAIL = {
    "from": "Bücherei <library@example.org>",
    "to": ["desk@example.org"],
    "subject": "Überfällig: \n 3",
    "reply_to": ["help@example.org"],
}


def posted(kind: str, members: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the request to a service that answers with success."""
    integration = INTEGRATIONS[kind]
    http = ScriptedHttpClient(http_response(200, {"ok": True}))
    configuration = integration.configuration.model_validate(members)
    integration.send(Outgoing(text, "0123abcd"), configuration, connections(http, secrets=SECRETS))
    request = http.requests[0]
    return {"url": request.url, "headers": dict(request.headers), "body": request.body.decode()}


def text_message() -> dict[str, Any]:
    """Return the parameters of a text message."""
    calls: list[dict[str, Any]] = []
    integration = INTEGRATIONS["sms"]
    configuration = integration.configuration.model_validate({"to": "+4930123456", "sender_id": "Library"})
    with answering("sns", "publish", {"MessageId": "m"}) as client:
        client.meta.events.register("provide-client-params.sns.Publish", lambda params, **_: calls.append(dict(params)))
        integration.send(Outgoing("“Ready”", "0123abcd"), configuration, connections(sns=lambda: client))
    return calls[0]


def test_requests_of_notifications_are_stable(golden: Golden) -> None:
    """Each service gets the same bytes as before for the same notification."""
    requests = {name: posted(*case) for name, case in BY_HTTP.items()}
    email = message(Outgoing(TEXT, "0123abcd"), EmailConfiguration.model_validate(MAIL), "notifications")
    golden.check("notification-requests", {**requests, "email": email, "sms": text_message()})
