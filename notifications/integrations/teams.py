"""Microsoft Teams: a webhook of the app Workflows, which gets an Adaptive Card."""

import re
from collections.abc import Mapping
from typing import Final

from notifications.answers import accepted_by_status
from notifications.integrations.integration import (
    Accepted,
    Configuration,
    Connections,
    HttpRequest,
    Integration,
    Outgoing,
)
from notifications.json_body import json_bytes
from notifications.references import SecretReference
from notifications.secret_addresses import resolved_address

# "Format cards in Microsoft Teams" and "Rate limiting for bots", Microsoft Learn: a message has at most 28 KB, counted
# after Teams has wrapped it, which added 18 % to a body of 24 KB.
MAX_BODY_BYTES: Final = 20 * 1024

_CONTENT_TYPE: Final = "application/vnd.microsoft.card.adaptive"
_NEW_ADDRESS: Final = "the flow does not accept this address any more; copy its new address from the app Workflows"

# "Create incoming webhooks with Workflows for Microsoft Teams", Microsoft Support: the address belongs to one flow of
# one person, and changes when the flow is moved or made anew.
ANSWERS: Final[Mapping[int, str]] = {
    400: "the flow does not accept the card",
    401: _NEW_ADDRESS,
    403: _NEW_ADDRESS,
    404: _NEW_ADDRESS,
    410: _NEW_ADDRESS,
}

# "Text features", Adaptive Cards, Microsoft Learn: bold, italic, lists and links, and the functions {{DATE(…)}} and
# {{TIME(…)}}. CommonMark 0.31, section 2.4: a backslash before punctuation. A hyphen or dot inside a line means
# nothing and gets none, because some mobile clients showed backslashes (microsoft/AdaptiveCards issue 5590).
_INLINE: Final = re.compile(r"[\\*_\[\]`~]")
_BLOCK: Final = re.compile(r"(?m)^([ \t]*)([-+](?=\s|$)|#|[0-9]{1,9}(?=[.)](?:\s|$)))")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

_OPENED: Final = re.compile(r"\{(?=\{)")


class TeamsConfiguration(Configuration):
    """`url` of the flow. All of it is secret, because anybody who has it can post."""

    url: SecretReference


class Teams(Integration[TeamsConfiguration]):
    """Posts a card with one text in the Markdown of Adaptive Cards."""

    configuration = TeamsConfiguration
    seconds_between = 1.0  # "Rate limiting for bots", Microsoft Learn: 4 in a second, fewer over longer times
    summarizes = True

    def escape(self, value: str) -> str:
        """Escape Markdown, HTML entities and the functions of Adaptive Cards."""
        text = _INLINE.sub(r"\\\g<0>", value)
        text = _BLOCK.sub(_escaped_start, text).translate(_ENTITIES)
        return _OPENED.sub("{\u2060", text)  # a word joiner, which is not visible

    def fits(self, text: str, configuration: TeamsConfiguration) -> bool:  # noqa: ARG002
        """Return whether Teams accepts the card."""
        return len(card(text)) <= MAX_BODY_BYTES

    def destination(self, configuration: TeamsConfiguration) -> str:
        """Return the flow."""
        return f"teams {configuration.url.ssm}"

    def send(self, outgoing: Outgoing, configuration: TeamsConfiguration, connections: Connections) -> Accepted:
        """Post once. The answer comes before the flow runs, so nobody knows whether the card appears."""
        address = resolved_address(configuration.url, connections)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        response = connections.http.post(HttpRequest(address.url, card(outgoing.text), headers))
        what = ANSWERS.get(response.status, "")
        return accepted_by_status(response, address.host, wall=connections.wall(), what=what)


def card(text: str) -> bytes:
    """Return the body. Flows need the envelope of a message; version 1.4 is the newest that all clients show.

    A line break of a TextBlock is two in its Markdown.
    """
    block = {"type": "TextBlock", "text": text.replace("\n", "\n\n"), "wrap": True}
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [block],
    }
    attachment = {"contentType": _CONTENT_TYPE, "contentUrl": None, "content": content}
    return json_bytes({"type": "message", "attachments": [attachment]})


def _escaped_start(found: re.Match[str]) -> str:
    """Escape what begins a list or another block: a character, or the dot after a number."""
    spaces, mark = found.groups()
    return f"{spaces}{mark}\\" if mark.isdigit() else f"{spaces}\\{mark}"
