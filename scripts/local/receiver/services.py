"""The services that the receiver plays: whose request it is, which text it has, and what the service answers."""

import hashlib
import json
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from notifications.integrations import slack, telegram
from notifications.json_body import json_members
from scripts.aws.ports import HOST

_USERS: Final = "/almaws/v1/users/"


class PlayedRequest(NamedTuple):
    """A request to a service. `to` names the destination without a secret, and `text` is what a reader would see."""

    service: str
    to: str
    text: str


class PlayedAnswer(NamedTuple):
    """What a service answers."""

    status: int
    body: bytes = b""


def address(port: int, service: str, name: str, token: str) -> str:
    """Return a URL of the receiver for a service. All of it is secret on AWS, so here it has a token at its end."""
    return f"https://{HOST}:{port}/{service}/{name}/{token}"


def recognized(host: str, target: str, body: bytes) -> PlayedRequest:
    """Return whose request it is: by the host of a service, or by an address that `address` has made.

    Requests to other hosts are webhooks, and `to` is the host.
    """
    members = json_members(body)
    if host == slack.API.host:
        return PlayedRequest("slack", _text(members.get("channel")), _text(members.get("text")))
    if host == telegram.HOST:
        return PlayedRequest("telegram", _text(members.get("chat_id")), _text(members.get("text")))
    kind, name = _own_path(target) if host.partition(":")[0] == HOST else ("", host)
    if kind == "slack":
        return PlayedRequest(kind, name, _text(members.get("text")))
    if kind == "teams":
        return PlayedRequest(kind, name, _card_text(members))
    return PlayedRequest("http", name, body.decode("utf-8", "replace"))


def accepted(service: str, host: str, number: int) -> PlayedAnswer:
    """Return the answer of a service that accepts its message of this number."""
    if service == "telegram":
        return PlayedAnswer(200, json.dumps({"ok": True, "result": {"message_id": number}}).encode())
    if service == "teams":
        return PlayedAnswer(202)
    if service == "slack":
        is_api = host == slack.API.host
        return PlayedAnswer(200, json.dumps({"ok": True, "ts": f"{number}.0"}).encode() if is_api else b"ok")
    return PlayedAnswer(200)


def alma_user(target: str) -> PlayedAnswer | None:
    """Return the user of a request to Alma ("Retrieve user details", Alma REST API), or None for another target.

    Each user exists, with an invented phone number of the range for fiction (47 CFR 52.17) and an invented address.
    """
    if not target.startswith(_USERS):
        return None
    user = unquote(target.removeprefix(_USERS).partition("?")[0])
    last = int(hashlib.sha256(user.lower().encode()).hexdigest(), 16) % 100
    phone = {"phone_number": f"+120255501{last:02d}", "preferred_sms": True}
    email = {"email_address": f"user-{last:02d}@example.org", "preferred": True}
    members = {"primary_id": user, "contact_info": {"phone": [phone], "email": [email]}}
    return PlayedAnswer(200, json.dumps(members).encode())


def _own_path(target: str) -> tuple[str, str]:
    """Return service and name of a path that `address` has made; two empty texts for another one."""
    match target.split("/"):
        case ["", service, name, _]:
            return service, name
        case _:
            return "", ""


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _card_text(message: dict[str, Any]) -> str:
    """Return the texts of the cards of a message, each on its own line; the message itself in another form."""
    try:
        return "\n".join(block["text"] for card in message["attachments"] for block in card["content"]["body"])
    except (KeyError, TypeError):
        return json.dumps(message, ensure_ascii=False)
