"""Cut the records out of a stream of MARCXML, so that a bad one does not hide those after it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from export_transform.byte_source import Readable
from export_transform.containers import Member, open_members
from export_transform.element_scan import Element, ElementScan
from export_transform.limits import Limits
from export_transform.markup import Markup, Tag
from export_transform.records import CutRecord, Position, Reject, readable_control_number

MARC: Final = b"http://www.loc.gov/MARC21/slim"
"""The namespace of MARCXML (page "MARC 21 XML Schema" of the Library of Congress)."""

OAI: Final = b"http://www.openarchives.org/OAI/2.0/"
"""The namespace of the records that wrap those of MARC (page "The Open Archives Initiative Protocol", 3.2)."""

MOST_NAMESPACE: Final = 256
"""Bytes of the name of a namespace. A parser writes it before each name, so that a long one is a bomb."""

_MOST_CONTEXT: Final = 4096  # bytes that are parsed again with each record
_MOST_DEPTH: Final = 64
_DELETED: Final = re.compile(rb"""\sstatus\s*=\s*["']deleted["']""")
_HEADER_WITHIN: Final = 512  # bytes after the start tag of a wrapper
_NO_NAMESPACE: Final = b""


class _Wrapper:
    """What is known of a record of OAI while it is open."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.header = b""
        self.context = b""
        self.is_deleted = False
        self.has_record = False


class _OpenElement(NamedTuple):
    """An element around records: the namespaces declared in and around it, and a start tag that declares them."""

    name: bytes
    namespaces: Mapping[bytes, bytes]
    context: bytes
    wrapper: _Wrapper | None


_OUTSIDE: Final = _OpenElement(b"", {b"": _NO_NAMESPACE}, b"<_>", None)


def cut_file(stream: Readable, name: str, limits: Limits) -> Iterator[CutRecord | Reject]:
    """Yield the records of all parts of a file, as `cut_records` does. Raise ArtifactError."""
    for member in open_members(stream, name, limits):
        yield from cut_records(name, member, limits)


def cut_records(file: str, member: Member, limits: Limits) -> Iterator[CutRecord | Reject]:
    """Yield each record of a member in order, and a Reject for each that can be counted but not cut.

    Records have the namespace of MARC under any prefix, or none. A record of OAI is a wrapper: it counts once, with the
    record in it. Memory is bounded by the limits, for any content.

    Raise ArtifactError: `artifact-truncated` if the XML ends early, `artifact-refused` if it contains a DOCTYPE, is
    not XML, or is not encoded in UTF-8.
    """
    return _Cutter(file, member, limits).records()


class _Cutter:
    def __init__(self, file: str, member: Member, limits: Limits) -> None:
        self._file = file
        self._member = member.name
        self._limits = limits
        self._markup = Markup(member.stream, member.name, limits)
        self._open = [_OUTSIDE]
        self._count = 0

    def records(self) -> Iterator[CutRecord | Reject]:
        is_empty = True
        while tag := self._markup.next_tag(is_outside=len(self._open) == 1):
            is_empty = False
            if tag.is_end:
                yield from self._close(tag)
            elif tag.local_name == b"record" and not self._is_wrapper(tag):
                yield self._record(tag)
            elif tag.local_name == b"header" and self._open[-1].wrapper:
                self._header(tag, self._open[-1].wrapper)
            else:
                self._enter(tag)
        if is_empty or len(self._open) > 1:
            raise self._markup.ends_early()

    def _position(self, offset: int) -> Position:
        self._count += 1
        return Position(self._file, self._member, self._count, offset)

    def _namespace(self, tag: Tag) -> bytes | None:
        """Return the namespace of a tag, b"" for none, or None if its prefix is not declared."""
        prefix = tag.name.rpartition(b":")[0]
        return tag.namespaces().get(prefix, self._open[-1].namespaces.get(prefix))

    def _is_wrapper(self, tag: Tag) -> bool:
        """Whether a record is one of OAI, by its namespace, or without one by the header that it begins with."""
        namespace = self._namespace(tag)
        if namespace != _NO_NAMESPACE or tag.is_empty:
            return namespace == OAI and not tag.is_empty
        self._markup.hold(len(tag.text) + _HEADER_WITHIN)
        begin = self._markup.at + len(tag.text)
        return self._markup.data[begin : begin + _HEADER_WITHIN].lstrip().startswith((b"<header>", b"<header "))

    def _record(self, tag: Tag) -> CutRecord | Reject:
        around, namespace, position = self._open[-1], self._namespace(tag), self._position(self._markup.offset)
        if around.wrapper:
            around.wrapper.has_record = True
        data, reason = self._take(tag)
        if namespace not in (MARC, _NO_NAMESPACE, None):  # without a declaration the parser rejects it
            reason = "wrong-namespace"
        if reason:
            return Reject(position, reason, readable_control_number(data))
        return CutRecord(position, data, around.context, bool(around.wrapper and around.wrapper.is_deleted))

    def _header(self, tag: Tag, wrapper: _Wrapper) -> None:
        wrapper.is_deleted = bool(_DELETED.search(tag.attributes))
        wrapper.context = self._open[-1].context
        wrapper.header = self._take(tag).data

    def _take(self, tag: Tag) -> Element:
        if not tag.is_empty:
            return ElementScan(self._markup, tag, self._limits.record_bytes).take()
        self._markup.at += len(tag.text)
        return Element(tag.text)

    def _enter(self, tag: Tag) -> None:
        around, offset = self._open[-1], self._markup.offset
        self._markup.at += len(tag.text)
        if tag.is_empty:
            return
        if len(self._open) > _MOST_DEPTH:
            raise self._markup.malformed()
        wrapper = _Wrapper(offset) if tag.local_name == b"record" else around.wrapper
        namespaces = {**around.namespaces, **tag.namespaces()}
        context = _start_tag(namespaces)
        if len(context) > _MOST_CONTEXT or any(len(each) > MOST_NAMESPACE for each in namespaces.values()):
            raise self._markup.malformed()
        self._open.append(_OpenElement(tag.name, namespaces, context, wrapper))

    def _close(self, tag: Tag) -> Iterator[CutRecord | Reject]:
        closed, offset = self._open[-1], self._markup.offset
        self._markup.at += len(tag.text)
        if closed.name == tag.name:
            self._open.pop()
            if closed.wrapper is not self._open[-1].wrapper and closed.wrapper and not closed.wrapper.has_record:
                yield self._without_record(closed.wrapper)
        elif tag.local_name == b"record":
            yield Reject(self._position(offset), "not-well-formed")
        else:
            raise self._markup.malformed()

    def _without_record(self, wrapper: _Wrapper) -> CutRecord | Reject:
        position = self._position(wrapper.offset)
        if wrapper.is_deleted:
            return CutRecord(position, wrapper.header, wrapper.context, is_deleted=True)
        return Reject(position, "no-record")


def _start_tag(namespaces: Mapping[bytes, bytes]) -> bytes:
    declared = (
        b' xmlns%s="%s"' % (b":" + prefix if prefix else b"", namespace.replace(b'"', b"&quot;"))
        for prefix, namespace in namespaces.items()
        if namespace
    )
    return b"<_" + b"".join(declared) + b">"
