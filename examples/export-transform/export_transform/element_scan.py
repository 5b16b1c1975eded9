"""Find the end of an element without parsing it, so that no content of a record can hide the next one."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from export_transform.limits import KIB
from export_transform.markup import CLOSINGS, Markup, Tag
from export_transform.records import Reason

_HEAD_BYTES: Final = 8 * KIB
"""How much is kept of an element that is too large: its control number is at its beginning."""

_END_OF_TAG = re.compile(rb"\s*+(>?)")
_AFTER_NAME = b" \t\r\n/>"


@lru_cache(maxsize=16)
def _wanted(name: bytes) -> re.Pattern[bytes]:
    """Return what matters in an element: its end, another beginning of its name, comments and the like.

    One search finds the first of them. Several would read the same bytes again and again after each small comment.
    """
    return re.compile(rb"<(?:[!?]|/?%s)" % re.escape(name))


class Element(NamedTuple):
    """The bytes of an element, or the first bytes of one that cannot be used, with the reason."""

    data: bytes
    reason: Reason | None = None


class ElementScan:
    """Takes one element, whose start tag is next in the markup. Comments and the like in it may contain tags."""

    def __init__(self, markup: Markup, tag: Tag, most: int) -> None:
        self._markup = markup
        self._most = most
        self._start, self._end = b"<" + tag.name, b"</" + tag.name
        self._wanted = _wanted(tag.name)
        self._scanned = len(tag.text)  # from the place `at` of the markup
        self._closing: bytes | None = None  # of the comment that the scan is in
        self._head: bytes | None = None  # of an element that is too large, and whose bytes are not held any more

    def take(self) -> Element:
        """Return the element, and leave the markup after it.

        An element in which another one of its name begins has no end tag of its own: its reason is `not-well-formed`,
        and the markup is left at the other one. One of more than `most` bytes is `too-large`. Raise ArtifactError if
        the stream ends before the element does, or for a DOCTYPE in it.
        """
        while True:
            if self._closing:
                self._leave_comment(self._closing)
            elif taken := self._next_markup():
                return taken

    def _leave_comment(self, closing: bytes) -> None:
        markup = self._markup
        found = markup.data.find(closing, markup.at + self._scanned)
        if found < 0:
            self._hold_more(overlap=len(closing))
        else:
            self._scanned, self._closing = found + len(closing) - markup.at, None

    def _next_markup(self) -> Element | None:
        markup = self._markup
        found = self._wanted.search(markup.data, markup.at + self._scanned)
        if not found:
            self._hold_more(overlap=len(self._end))
            return None
        self._scanned = found.start() - markup.at
        if found[0] == self._start:
            return self._at_start_tag(found.end())
        if found[0] == self._end:
            return self._at_end_tag(found.end())
        self._enter_comment()
        return None

    def _enter_comment(self) -> None:
        opening = self._markup.opening(self._scanned)
        if opening:  # always: a declaration raises
            self._closing = CLOSINGS[opening]
            self._scanned += len(opening)

    def _at_start_tag(self, after_name: int) -> Element | None:
        after = self._markup.data[after_name : after_name + 1]
        if after and after in _AFTER_NAME:
            return self._taken(after_name - len(self._start), "not-well-formed")
        if after:
            self._scanned += len(self._start)  # of a longer name
        else:
            self._hold_more()
        return None

    def _at_end_tag(self, after_name: int) -> Element | None:
        found = _END_OF_TAG.match(self._markup.data, after_name)
        if found and found[1]:
            return self._taken(found.end())
        if found and found.end() < len(self._markup.data):
            self._scanned += len(self._end)  # of a longer name
        else:
            self._hold_more()
        return None

    def _taken(self, end: int, reason: Reason | None = None) -> Element:
        markup = self._markup
        data, markup.at = markup.data[markup.at : end], end
        if self._head is not None or len(data) > self._most:
            return Element(self._head or data[:_HEAD_BYTES], "too-large")
        return Element(data, reason)

    def _hold_more(self, overlap: int | None = None) -> None:
        """Hold more bytes. Search the last `overlap` bytes of those held again: what is searched may begin there."""
        markup = self._markup
        if overlap is not None:
            self._scanned = max(self._scanned, len(markup.data) - markup.at - overlap)
        if len(markup.data) - markup.at > self._most:
            self._head = self._head or markup.data[markup.at :][:_HEAD_BYTES]
            markup.at, self._scanned = markup.at + self._scanned, 0
        if not markup.more():
            raise markup.ends_early()
