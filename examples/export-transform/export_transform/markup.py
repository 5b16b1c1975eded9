"""Read a stream of XML tag by tag, without parsing what is between the tags."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from export_transform.byte_source import CHUNK, Readable
from export_transform.causes import ArtifactError, refused, truncated
from export_transform.limits import Limits

CLOSINGS: Final = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
"""How a comment, a section of text and an instruction begin and end. What is between them is not markup."""

# The quantifiers are possessive, so that a hostile tag takes no longer than another one.
_TAG = re.compile(rb"""<(/?)([^\s<>/!?"']++)((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""")
_NAMESPACE = re.compile(rb"""\sxmlns(?::([^\s=]++))?\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ENCODING = re.compile(rb"""\sencoding\s*=\s*["']([^"']*)["']""")
_ENCODINGS = (b"UTF-8", b"UTF8", b"US-ASCII", b"ASCII")
_MOST_NAME = 256
_LONGEST_OPENING = len(b"<![CDATA[")
_MARK_AND_SPACE = b" \t\r\n\xef\xbb\xbf"


class Tag(NamedTuple):
    """A start tag or an end tag: its text, its name with the prefix, and the text of its attributes."""

    text: bytes
    name: bytes
    attributes: bytes
    is_end: bool

    @property
    def is_empty(self) -> bool:
        """Whether it is a start tag and an end tag at once."""
        return self.attributes.endswith(b"/")

    @property
    def local_name(self) -> bytes:
        """The name without the prefix."""
        return self.name.rpartition(b":")[2]

    def namespaces(self) -> dict[bytes, bytes]:
        """Return the namespaces that it declares, by prefix; the default one has the prefix b""."""
        if b"xmlns" not in self.attributes:
            return {}
        return {found[1] or b"": found[2] or found[3] or b"" for found in _NAMESPACE.finditer(self.attributes)}


def namespaces_in(data: bytes) -> Iterator[bytes]:
    """Yield the name of each namespace that is declared in these bytes, in time that is linear in their number."""
    at = 0
    while (place := data.find(b"xmlns", at)) >= 0:
        begin = data.rfind(b"<", at, place)
        tag = _TAG.match(data, begin) if begin >= 0 else None
        if tag and tag.end() > place:
            yield from Tag(tag[0], tag[2], tag[3], bool(tag[1])).namespaces().values()
            at = tag.end()
        else:
            at = place + 1


class Markup:
    """A stream of XML, of which some bytes are held: `data` from `at` on."""

    def __init__(self, stream: Readable, name: str, limits: Limits) -> None:
        self.data = b""
        self.at = 0
        self._dropped = 0
        self._stream = stream
        self._name = name
        self._limits = limits

    @property
    def offset(self) -> int:
        """How many bytes of the stream are before `at`."""
        return self._dropped + self.at

    def more(self) -> bool:
        """Hold more bytes, and drop those before `at`, which becomes 0. Return False at the end of the stream."""
        chunk = self._stream.read(CHUNK)
        self._dropped += self.at
        self.data, self.at = self.data[self.at :] + chunk, 0
        return bool(chunk)

    def hold(self, size: int) -> None:
        """Hold that many bytes, or all that the stream has."""
        while len(self.data) - self.at < size and self.more():
            pass

    def next_tag(self, *, is_outside: bool) -> Tag | None:
        """Skip to the next tag and return it; it is not skipped. Return None at the end of the stream.

        Raise ArtifactError for a DOCTYPE or another encoding than UTF-8, and for text if it is outside the root.
        """
        while self._skip_text(is_outside=is_outside):
            opening = self.opening()
            if opening is None:
                return self._tag()
            skipped = self._skip_past(CLOSINGS[opening])
            if encoding := skipped.startswith(b"<?xml ") and _ENCODING.search(skipped):
                self._check_encoding(encoding[1])
        return None

    def opening(self, ahead: int = 0) -> bytes | None:
        """Return how the comment, section or instruction begins that is `ahead` bytes after `at`, or None.

        Raise ArtifactError for a DOCTYPE and other declarations: an entity expands to any size.
        """
        self.hold(ahead + _LONGEST_OPENING)
        begin = self.data[self.at + ahead :][:_LONGEST_OPENING]
        for opening in CLOSINGS:
            if begin.startswith(opening):
                return opening
            if opening.startswith(begin):
                raise self.ends_early()
        if begin.startswith(b"<!"):
            raise refused(f"{self._name} has a DOCTYPE or other declaration at byte {self.offset + ahead}; remove it.")
        return None

    def malformed(self) -> ArtifactError:
        """Return the error for markup that cannot be read."""
        return refused(f"{self._name} is not well-formed XML at byte {self.offset}.")

    def ends_early(self) -> ArtifactError:
        """Return the error for a stream that ends inside an element."""
        size = self._dropped + len(self.data)
        return truncated(f"{self._name} ends after {size} bytes, before its last element is closed.")

    def _skip_text(self, *, is_outside: bool) -> bool:
        """Skip to the next markup. Return False at the end of the stream."""
        while True:
            found = self.data.find(b"<", self.at)
            end = found if found >= 0 else len(self.data)
            if is_outside and self.data[self.at : end].strip(_MARK_AND_SPACE):
                raise self.malformed()
            self.at = end
            if found >= 0 or not self.more():
                return found >= 0

    def _skip_past(self, closing: bytes) -> bytes:
        """Skip everything up to and with these bytes; return the last that was held of it."""
        while (found := self.data.find(closing, self.at)) < 0:
            self.at = max(self.at, len(self.data) - max(self._limits.header_bytes, len(closing)))
            if not self.more():
                raise self.ends_early()
        skipped, self.at = self.data[self.at : found], found + len(closing)
        return skipped

    def _tag(self) -> Tag:
        while not (found := _TAG.match(self.data, self.at)) and len(self.data) - self.at <= self._limits.header_bytes:
            if not self.more():
                raise self.ends_early()
        if not found or len(found[0]) > self._limits.header_bytes or len(found[2]) > _MOST_NAME:
            raise self.malformed()
        return Tag(found[0], found[2], found[3], bool(found[1]))

    def _check_encoding(self, encoding: bytes) -> None:
        if encoding.upper() not in _ENCODINGS:
            raise refused(f"{self._name} is not encoded in UTF-8. Export it as UTF-8.")
