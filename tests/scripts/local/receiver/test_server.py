"""The receiver: what the real integrations send is accepted and shown, and nothing of it runs or leaves."""

import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from notifications.errors import Permanent, Throttled
from notifications.exchange import BoundedHttpClient
from notifications.integrations.integration import Accepted, Connections, HttpRequest, Outgoing
from notifications.integrations.table import INTEGRATIONS
from notifications.local_receiver import LocalReceiver
from notifications.topics import IntegrationEntry
from scripts.local.receiver.emulator_messages import KeptMessage
from scripts.local.receiver.inbox import Inbox
from scripts.local.receiver.local_secrets import local_secrets
from scripts.local.receiver.server import Receiver, receiving
from tests.scripts.local.receiver.reading import asked, messages

HOSTILE = '<script>alert(1)</script> & "quoted"'

# By case: type, configuration, text, and what the receiver shows as destination and text.
CASES: Mapping[str, tuple[str, dict[str, Any], str, str]] = {
    "slack webhook": ("slack", {"url": {"ssm": "team"}}, HOSTILE, "team"),
    "slack bot": ("slack", {"token": {"ssm": "bot"}, "channel": "C012AB3CD"}, HOSTILE, "C012AB3CD"),
    "teams": ("teams", {"url": {"ssm": "flow"}}, HOSTILE, "flow"),
    "telegram": ("telegram", {"token": {"ssm": "phone"}, "chat": -5}, HOSTILE, "-5"),
    "http": ("http", {"url": {"ssm": "vendor"}, "secret": {"ssm": "sign"}}, json.dumps(HOSTILE), "vendor"),
    "http, own host": (
        "http",
        {"url": "https://vendor.example/in?x", "secret": {"ssm": "sign"}},
        '"a"',
        "vendor.example",
    ),
}


class Played(NamedTuple):
    """A receiver, and what the emulator has kept so far."""

    receiver: Receiver
    kept: list[KeptMessage]

    def sent(self, case: str) -> tuple[Accepted, dict[str, str]]:
        """Send as the sender does, and return the acceptance and the secrets that were used."""
        kind, configuration, text, _ = CASES[case]
        entry = IntegrationEntry(name="a", type=kind, model="a", configuration=configuration)
        values = local_secrets([entry], self.receiver.port)
        client = BoundedHttpClient(receiver=LocalReceiver(self.receiver.port, self.receiver.tls.authority))
        connections = Connections(client, unused, unused, lambda each: values[each.ssm], lambda: 1_764_400_000.0)
        integration = INTEGRATIONS[kind]
        validated = integration.configuration.model_validate(configuration)
        return integration.send(Outgoing(text, "0" * 64), validated, connections), values

    def asked(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
        """Return status and body of a request without TLS. Nothing may run on any page."""
        answer = asked(self.receiver.url, method, path, body, **headers)
        assert "default-src 'none'" in answer.policy
        return answer.status, answer.body

    def messages(self) -> list[dict[str, Any]]:
        """Return what programs get."""
        return messages(self.receiver.url)


def unused() -> Any:
    raise AssertionError


@pytest.fixture
def played() -> Iterator[Played]:
    """A receiver that serves."""
    kept = list[KeptMessage]()
    with receiving(Inbox(lambda: kept, wall=lambda: 1_764_400_000.0), poll_seconds=0.005) as receiver:
        yield Played(receiver, kept)


@pytest.mark.parametrize("case", CASES)
def test_each_service_accepts_its_message_and_shows_it(played: Played, case: str) -> None:
    """The destination is named without its secret, which is on no page."""
    accepted, values = played.sent(case)
    kind, _, text, to = CASES[case]
    assert accepted.reference == {"slack bot": "1.0", "telegram": "1"}.get(case, "")
    [message] = played.messages()
    assert {name: message[name] for name in ("service", "to", "text", "status")} == {
        "service": kind,
        "to": to,
        "text": text,
        "status": 202 if kind == "teams" else 200,
    }
    shown = played.asked("GET", "/messages.json")[1] + played.asked("GET", "/")[1]
    tokens = [value.rpartition("/")[2] for value in values.values() if value.startswith("https://")]
    secrets = [*values.values(), *filter(None, tokens)]
    assert secrets
    assert [each for each in secrets if each in shown] == []


def test_the_page_escapes_everything(played: Played) -> None:
    """Text, destination and subject are shown as they are."""
    played.sent("slack bot")
    played.kept.append(KeptMessage("1", "email", "<b>@example.org", HOSTILE, "<i>"))
    status, shown = played.asked("GET", "/")
    assert status == 200
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot;" in shown
    assert "&lt;b&gt;@example.org" in shown
    assert [each for each in ("<script", "<b>", "<i>", "http:", "https:") if each in shown] == []


def test_emails_and_sms_of_the_emulator_are_shown_once(played: Played) -> None:
    """The emulator keeps all of them, and each is new once."""
    assert "Nothing yet" in played.asked("GET", "/")[1]
    played.kept.append(KeptMessage("1", "sms", "+4930123456", "done"))
    played.kept.append(KeptMessage("2", "email", "a@b.example", "x", "y"))
    assert len(played.messages()) == 2
    assert played.messages() == [
        {"at": "2025-11-29T07:06:40.000+00:00", "service": "sms", "to": "+4930123456", "text": "done", "subject": ""}
        | {"status": 200},
        {"at": "2025-11-29T07:06:40.000+00:00", "service": "email", "to": "a@b.example", "text": "x", "subject": "y"}
        | {"status": 200},
    ]


def test_a_destination_can_fail_and_be_repaired(played: Played) -> None:
    """What is set is answered and shown, until it is 200 again; other destinations are not changed."""
    assert played.asked("PUT", "/answers/team", "404")[0] == 200
    with pytest.raises(Permanent, match="404"):
        played.sent("slack webhook")
    played.asked("PUT", "/answers/team", "429")
    with pytest.raises(Throttled) as raised:
        played.sent("slack webhook")
    assert raised.value.retry_after == 5
    played.sent("teams")
    played.asked("PUT", "/answers/team", "200")
    played.sent("slack webhook")
    assert [each["status"] for each in played.messages()] == [404, 429, 202, 200]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/", "", {"Host": "attacker.example"}, 404),
        ("GET", "/messages.json", "", {"Host": "attacker.example:80"}, 404),
        ("PUT", "/answers/team", "404", {"Host": "attacker.example"}, 404),
        ("PUT", "/answers/team", "900", {}, 400),
        ("PUT", "/answers/team", "x", {}, 400),
        ("PUT", "/", "404", {}, 404),
        ("POST", "/slack/team/x", '{"text": "a"}', {}, 404),
        ("GET", "/other", "", {}, 404),
    ],
)
def test_other_requests_get_nothing(
    played: Played, method: str, path: str, body: str, headers: dict[str, str], status: int
) -> None:
    """By another name of this computer a page of the internet could read the messages; services need TLS."""
    assert played.asked(method, path, body, **headers) == (
        status,
        "expected a status from 200 to 599\n" if status == 400 else "",
    )
    assert (played.receiver.answers, played.messages()) == ({}, [])


@pytest.mark.parametrize("path", ["/slack/a/b", "/teams/a/b", "/http/a/b", "/", "/a"])
def test_odd_bodies_are_shown(played: Played, path: str) -> None:
    """The receiver decides nothing about them."""
    client = BoundedHttpClient(receiver=LocalReceiver(played.receiver.port, played.receiver.tls.authority))
    url = f"https://127.0.0.1:{played.receiver.port}{path}"
    bodies = [b"", b"[]", b"{", b"\xff", b'{"attachments": 1}', b"[" * 100_000]
    assert {client.post(HttpRequest(url, body, {})).status for body in bodies} <= {200, 202}
    assert len(played.messages()) == len(bodies)


def test_every_user_of_alma_has_an_invented_contact(played: Played) -> None:
    """The id is the one that was asked for, its case does not matter for the contact, and no message is shown."""
    client = BoundedHttpClient(receiver=LocalReceiver(played.receiver.port, played.receiver.tls.authority))
    found = [
        json.loads(client.get(HttpRequest(f"https://api.alma.example/almaws/v1/users/{user}", b"", {})).body)
        for user in ("invented-staff-1", "Invented-Staff-1", "a%20b?view=brief")
    ]
    assert [each["primary_id"] for each in found] == ["invented-staff-1", "Invented-Staff-1", "a b"]
    assert found[0]["contact_info"] == found[1]["contact_info"]
    assert found[0]["contact_info"]["phone"][0]["phone_number"].startswith("+120255501")
    played.asked("PUT", "/answers/alma", "503")
    assert client.get(HttpRequest("https://api.alma.example/almaws/v1/users/a", b"", {})).status == 503
    assert played.messages() == []


def test_nothing_listens_after_the_end(played: Played) -> None:
    """The port is free again; connections that are open do not hold the end up."""
    with receiving(Inbox(list), poll_seconds=0.005) as other:
        url = other.url
        waiting = socket.create_connection(("127.0.0.1", other.port))
        assert messages(url) == []
    with waiting, pytest.raises(ConnectionRefusedError):
        messages(url)
    assert played.messages() == []
