"""Describe the body of a dead letter for display: its members, or the kind of its bytes. Redacted by default."""

import hashlib
from typing import Any, Final, NamedTuple

from processor.alma import json_body, xml_body
from scripts.dead_letters.reader import TOO_LARGE, ReadDeadLetter
from scripts.dead_letters.redaction import redacted

_KINDS: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF", "a PDF document"),
    (b"{", "like a JSON object"),
    (b"[", "like a JSON array"),
    (b"<", "like XML"),
)

_HEX_BYTES: Final = 32  # a line


class Content(NamedTuple):
    """A body: its length in bytes, its SHA-256 (hex), and its `members` or the `problem` why there are none.

    `raw` is a body without members, as text or as hex; None unless the whole body is shown.
    """

    size: int
    sha256: str
    format: str  # JSON, XML, or a guess from the first bytes
    members: Any = None
    problem: str = ""
    raw: str | None = None


def content_of(read: ReadDeadLetter, *, show_body: bool) -> Content:
    """Return the content of a dead letter; of the queued message if its envelope cannot be read."""
    body = read.envelope.body if read.envelope else read.dead_letter.body.encode("utf-8", "surrogatepass")
    known = (len(body), hashlib.sha256(body).hexdigest())
    is_xml = xml_body.looks_like_xml(body)
    try:
        members = xml_body.read(body) if is_xml else json_body.read(body)
        shown = members if show_body else redacted(members)
    except (json_body.NotJson, xml_body.NotXml, MemoryError, RecursionError) as error:
        reason = TOO_LARGE if isinstance(error, (MemoryError, RecursionError)) else str(error)
        return Content(*known, _kind(body), None, read.problem or reason, _raw(body) if show_body else None)
    return Content(*known, "XML" if is_xml else "JSON", shown, read.problem)


def _kind(body: bytes) -> str:
    trimmed = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, kind in _KINDS:
        if trimmed.startswith(beginning):
            return kind
    return "bytes" if _text(body) is None else "text"


def _raw(body: bytes) -> str:
    text = _text(body)
    if text is not None:
        return text
    return "\n".join(body[begin : begin + _HEX_BYTES].hex(" ", 4) for begin in range(0, len(body), _HEX_BYTES))


def _text(body: bytes) -> str | None:
    """Return the body as text; None if it is not UTF-8, or has a NUL, as binary data does."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
