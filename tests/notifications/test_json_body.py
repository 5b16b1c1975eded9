"""JSON bodies of requests and answers."""

from typing import Any

import pytest

from notifications.json_body import json_bytes, json_members


def test_a_body_is_compact_utf_8() -> None:
    """Nothing but what JSON requires is escaped."""
    assert json_bytes({"text": 'ü "😀"\n', "n": None}) == '{"text":"ü \\"😀\\"\\n","n":null}'.encode()


@pytest.mark.parametrize(
    ("body", "members"),
    [
        (b'{"ok": true}', {"ok": True}),
        (b"\xef\xbb\xbf{}", {}),
        (b"", {}),
        (b"ok", {}),
        ("START RequestId", {}),
        (b"[1]", {}),
        (b'"text"', {}),
        (b"\xff", {}),
        (b'{"a": ', {}),
        (b"[" * 100_000, {}),
        (b"9" * 10_000, {}),
    ],
)
def test_an_answer_can_be_anything(body: bytes | str, members: dict[str, Any]) -> None:
    """What is not a JSON object has no members."""
    assert json_members(body) == members
