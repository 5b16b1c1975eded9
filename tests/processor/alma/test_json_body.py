"""Strict JSON: valid bodies are accepted, others are rejected, and errors quote nothing of a body."""

import json

import pytest

from processor.alma.json_body import MAX_DEPTH, MAX_DIGITS, NotJson, read


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"progress":209.0}', {"progress": 209.0}),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'\r\n{ "a" :\t[] }\n', {"a": []}),
        ('{"title":"数の庭 \U0001f4da"}'.encode(), {"title": "数の庭 \U0001f4da"}),
        (b'{"a":"\\ud83d\\udcda"}', {"a": "\U0001f4da"}),
        (b'{"a":1e-400,"b":-0}', {"a": 0.0, "b": 0}),
        (b'"text"', "text"),
    ],
)
def test_f15_json_is_read(body: bytes, value: object) -> None:
    """UTF-8 JSON is read in any layout, with or without a byte order mark."""
    assert read(body) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "line 1, column 1"),
        (b"<xml/>", "line 1, column 1"),
        (b'{"secret":1,}', "line 1"),
        (b'{"a":1} x', "line 1, column 9"),
        (b'{"a":"\x01"}', "line 1"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "Infinity"),
        (b'{"secret":1,"secret":2}', "duplicate member"),
        (b'{"a":{"secret":1,"secret":2}}', "duplicate member"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"\\udfff":1}', "surrogate"),
        (b'{"a":1e400}', "64-bit float"),
        (b'{"a":' + b"9" * 400 + b"}", "64-bit float"),
        (b'{"a":' + b"9" * 5000 + b"}", "64-bit float"),
        (b'{"a":0.' + b"1" * 5000 + b"}", "64-bit float"),
        (b'{"a":"\xff"}', "byte 6"),
        ('{"a":"é"}'.encode("utf-16"), "UTF-8"),
        (b"[" * 100_000, "nested deeper"),
    ],
)
def test_f17_ambiguous_json_is_rejected(body: bytes, reason: str) -> None:
    """Invalid JSON, and JSON that parsers read differently, is rejected without being quoted."""
    with pytest.raises(NotJson, match=reason) as raised:
        read(body)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(("length", "fits"), [(MAX_DIGITS, True), (MAX_DIGITS + 1, False)])
def test_f17_the_length_of_a_number_is_bounded(length: int, fits: bool) -> None:
    """Numbers have at most as many digits as Python reads."""
    body = b"0." + b"1" * (length - 2)
    if fits:
        assert read(body) == pytest.approx(1 / 9)
    else:
        with pytest.raises(NotJson, match="64-bit float"):
            read(body)


@pytest.mark.parametrize(("depth", "fits"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
def test_f17_depth_is_bounded(depth: int, fits: bool) -> None:
    """Two hundred levels are read, one more is rejected."""
    body = b"[" * depth + b"]" * depth
    if fits:
        assert read(body) == json.loads(body)
    else:
        with pytest.raises(NotJson, match="nested deeper than 200"):
            read(body)
