"""Invent the secrets that topics refer to, so that every integration of a run sends to its receiver."""

import base64
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from notifications.topics import IntegrationEntry
from scripts.local.receiver.services import address

_TOKEN_BYTES: Final = 24


def local_secrets(entries: Iterable[IntegrationEntry], port: int) -> dict[str, str]:
    """Return a value by the name of each parameter: a URL of the receiver, a token, or a signing secret."""
    return {
        reference["ssm"]: _invented(entry.type, member, reference["ssm"], port)
        for entry in entries
        for member, reference in entry.configuration.items()
        if isinstance(reference, Mapping) and isinstance(reference.get("ssm"), str)
    }


def senders(entries: Iterable[IntegrationEntry]) -> set[str]:
    """Return the addresses that e-mails are sent from."""
    return {each.configuration["from"] for each in entries if each.type == "email"}


def _invented(service: str, member: str, name: str, port: int) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    match service, member:
        case _, "url":
            return address(port, service, name, token)
        case "telegram", _:
            return f"{secrets.randbelow(10**9) + 10**9}:{token}"
        case "http", _:
            return f"whsec_{base64.b64encode(secrets.token_bytes(_TOKEN_BYTES)).decode()}"
        case _:
            return f"xoxb-{token}"
