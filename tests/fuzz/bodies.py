"""Generates bodies: arbitrary bytes, JSON and XML, and modified samples of Alma's events."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.values import CANARY, JSON, TEXTS, mutated
from tests.samples import EVENTS, INDEX

_NAMES = sorted(entry["file"] for entry in INDEX.values())
_IN_JSON = [json.loads((EVENTS / name).read_text("utf-8")) for name in _NAMES if name.endswith(".json")]
_IN_XML = [(EVENTS / name).read_bytes() for name in _NAMES if name.endswith(".xml")]

NEAR_EVENTS = mutated(st.sampled_from(_IN_JSON))
_PIECES_OF_JSON = ["{", "}", "[", "]", '"', ",", ":", "NaN", "-Infinity", "1e999", "9" * 5000, '"\\ud800"', "[" * 300]
_PIECES_OF_JSON += [f'"{CANARY}":1,', '"action":"LOAN",', "\ufeff", "\0", "\\u0000", "-0", "1E400"]
_PIECES_OF_XML = ["<", ">", "</a>", "<a>", "<a b='c'>", "<!DOCTYPE a [", "<!ENTITY x 'y'>", "&x;", "&#0;", "<![CDATA["]
_PIECES_OF_XML += ["]]>", "<?x y?>", "<!--", "<a xmlns='b'>", f"<{CANARY}>", f"{CANARY}", "xsi:nil='true'", "<a>" * 250]
_PIECES_OF_XML += [
    "<?xml version='1.0' encoding='utf-7'?>",
    "<?xml version='1.0' encoding='shift_jis'?>",
    "\0",
    "\ufeff",
]


@st.composite
def _damaged(draw: st.DrawFn, texts: st.SearchStrategy[bytes], pieces: list[str]) -> bytes:
    """Draw a text with a few pieces inserted, doubled or removed, sometimes in another encoding."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 20)))
        piece = draw(st.sampled_from(pieces).map(str.encode) | st.binary(max_size=4) | st.just(text[start:end] * 2))
        text = text[:start] + piece + text[end:]
    encoding = draw(st.sampled_from(["", "", "", "utf-16", "utf-8-sig", "utf-16-be"]))
    return text.decode("utf-8", "replace").encode(encoding) if encoding else text


def written(value: Any) -> bytes:
    """Return a value as JSON, or only brackets if it is nested too deeply for Python to write."""
    try:
        return json.dumps(value).encode()
    except RecursionError:
        return b"[" * 5000


_SOUP = st.lists(st.sampled_from(_PIECES_OF_XML) | st.text(max_size=3), max_size=12).map(
    lambda pieces: f"<{''.join(pieces)}".encode("utf-8", "surrogatepass")
)
_MARKED = TEXTS.map(lambda text: f'{{"action": "BIB", "note": {json.dumps(text)}}}'.encode())

JSON_BODIES = st.one_of(
    JSON.map(written),
    NEAR_EVENTS.map(written),
    _damaged(st.sampled_from(_IN_JSON).map(written), _PIECES_OF_JSON),
    _MARKED,
)
XML_BODIES = st.one_of(_SOUP, _damaged(st.sampled_from(_IN_XML), _PIECES_OF_XML))
BODIES = st.one_of(st.binary(max_size=100), JSON_BODIES, XML_BODIES)
