"""Converts bodies and attributes to text that SQS and SNS accept."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Members = Mapping[str, Any] | None

# "SendMessage", Amazon SQS API Reference: the characters a message may hold.
# No `re` pattern: compiling one for all of Unicode adds 3.5 ms to a cold start, and it is slow on a large body.
_CONTROLS_TAKEN = "\t\n\r"
_BYTES_TAKEN = _CONTROLS_TAKEN.encode() + bytes(range(0x20, 0x100))
_NONCHARACTERS = "\ufffe\uffff"

# The same page: ASCII letters, digits and punctuation, which are its printable characters other than the space.
_MOST_GROUP_CHARACTERS = 128


def to_text(body: bytes) -> tuple[str, str]:
    """Return the body as text that SQS and SNS accept, and its encoding: `utf-8` if possible, otherwise `base64`."""
    utf8, encoding = to_utf8(body)
    return utf8.decode(), encoding


def to_utf8(body: bytes) -> tuple[bytes, str]:
    """Return the same as `to_text`, with the text as UTF-8."""
    return (body, "utf-8") if _is_text(body) else (base64.b64encode(body), "base64")


def _is_text(body: bytes) -> bool:
    if body.translate(None, delete=_BYTES_TAKEN):
        return False
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(each in text for each in _NONCHARACTERS)


def attribute_value(value: str, limit: int = 256) -> str:
    """Return an untrusted value as a message attribute: only characters that SQS and SNS accept, at most `limit`."""
    if value.isprintable():  # all printable characters are accepted; others are checked one by one
        return value[:limit]
    return "".join(filter(_is_taken, value))[:limit]


def accepted_group(text: str) -> str:
    """Return the text if SQS and SNS accept it as a MessageGroupId, otherwise an empty string.

    A MessageDeduplicationId has the same form.
    """
    is_accepted = text.isascii() and text.isprintable() and " " not in text
    return text if is_accepted and len(text) <= _MOST_GROUP_CHARACTERS else ""


def encode_attributes(texts: Mapping[str, str], *, failure: Members = None, replay: Members = None) -> dict[str, str]:
    """Return message attributes: texts as they are, `failure` and `replay` as JSON, without empty ones.

    `failure` and `replay` replace texts of these names, so an empty `failure` removes that of an earlier attempt.
    """
    members = {"failure": failure, "replay": replay}
    encoded = {name: to_json(each) if each else "" for name, each in members.items() if each is not None}
    return {name: text for name, text in {**texts, **encoded}.items() if text}


_compact = json.JSONEncoder(separators=(",", ":"))


def to_json(members: Mapping[str, Any]) -> str:
    """Return an object as JSON in ASCII, without white space."""
    return _compact.encode(dict(members))  # json.dumps would make an encoder for each object


def typed(attributes: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return message attributes in the form of requests to SQS and SNS ("SendMessage", Amazon SQS API Reference)."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}


def _is_taken(character: str) -> bool:
    if character < " ":
        return character in _CONTROLS_TAKEN
    return not "\ud800" <= character <= "\udfff" and character not in _NONCHARACTERS
