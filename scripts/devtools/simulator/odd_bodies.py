"""Unusual bodies that a listener must accept, because their signature is right.

The kinds are those that broke listeners, queues or parsers.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple


class OddBody(NamedTuple):
    """An unusual body. `content_type` is one with which API Gateway passes the bytes on unchanged."""

    kind: str
    body: bytes
    content_type: str


def odd_body(identifier: str, chance: Random) -> OddBody:
    """Return a body of a random kind, rarely the largest. Bodies with different ids differ."""
    [kind] = chance.choices(list(_KINDS), [weight for weight, _ in _KINDS.values()])
    body = _KINDS[kind][1](identifier)
    # With a text type, API Gateway replaces bytes that are not UTF-8, which invalidates the signature.
    return OddBody(kind, body, "application/json" if _is_utf8(body) else "application/octet-stream")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _holding(oddity: bytes) -> Callable[[str], bytes]:
    """Return a function that makes an event with these bytes in the middle of a string."""
    return lambda identifier: _event(identifier, "¤").replace("¤".encode(), oddity)


def _event(identifier: str, text: str) -> bytes:
    event = {"value": "BIB_UPDATED", "desc": "BIB updated"}
    institution = {"value": "01EXAMPLE_INST", "desc": "Example University Library"}
    members = {"id": identifier, "action": "BIB", "institution": institution, "event": event, "bib": {"title": text}}
    return json.dumps(members, ensure_ascii=False).encode()


def _nested(identifier: str) -> bytes:
    depth = 10_000
    return f'{{"id":"{identifier}","action":"BIB","bib":{"[" * depth}{"]" * depth}}}'.encode()


_KINDS: Final[dict[str, tuple[int, Callable[[str], bytes]]]] = {
    "nul": (6, _holding(b"\0")),
    "invalid-utf-8": (6, _holding(b"\xff\xfe\xc3")),
    "u-fffe": (6, _holding("\ufffe".encode())),
    "bom": (6, lambda identifier: b"\xef\xbb\xbf" + _event(identifier, "After a byte order mark")),
    "not-json": (6, lambda identifier: f"This is no JSON, {identifier}.\r\n".encode()),
    "deep-nesting": (6, _nested),
    "300-kb": (3, lambda identifier: _event(identifier, "Much. " * 50_000)),
    "1200-kb": (1, lambda identifier: _event(identifier, "Much. " * 200_000)),
}
KINDS: Final = tuple(_KINDS)
