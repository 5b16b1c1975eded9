"""Parsing a body, or an export line with one, takes memory of at most a constant times its size."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import pytest
from defusedxml.expatreader import DefusedExpatParser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.envelope import Envelope, EnvelopeError
from processor.alma.events import parse
from processor.errors import Permanent
from scripts.cli.terminal import escape, escaped_json
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.export_record import ExportedDeadLetter, LineError, encode
from scripts.dead_letters.reader import ReadDeadLetter, Summary
from tests.fuzz.measured import COSTLY_JSON, COSTLY_XML, FREE_BYTES, calls_in, nested, peak_of, repeated

pytestmark = pytest.mark.full  # measures the memory of large inputs

# `[]` has two bytes in a body and 56 in Python, the name of an element 4 and 50; a worker has 512 MB, and a body 6.
TIMES = 64

FEW = settings(max_examples=40)  # each has about ten thousand values, and every allocation is traced
LONG_NAMES = "u" * 12_000
ATTRIBUTES = repeated(' p:a%d=""', 12_000)


def check_memory(call: Callable[[], object], size: int, times: int = TIMES) -> None:
    """Fail if the call takes more memory than `times` the size."""
    with suppress(Permanent, EnvelopeError, LineError):
        call()  # a first call fills caches, which are not part of the cost of each call
    peak = peak_of(lambda: suppressed(call))
    if peak > times * size + FREE_BYTES:  # pytest would print the body
        pytest.fail(f"{peak:,} bytes for {size:,}: {peak / size:.0f} times as much")


def suppressed(call: Callable[[], object]) -> object:
    """Return the result of a call, or None if it rejects the body."""
    with suppress(Permanent, EnvelopeError, LineError):
        return call()
    return None


@example(f'<r><action>X</action><x xmlns="{LONG_NAMES}">{repeated("<a%d/>", 12_000)}</x></r>'.encode())
@example(f'<r><action>X</action><x xmlns:p="{LONG_NAMES}">{repeated("<p:a/>", 12_000)}</x></r>'.encode())
@example(f'<r><action>X</action><x xmlns:p="{LONG_NAMES}" {ATTRIBUTES}/></r>'.encode())
@example(f'<r><action>X</action><bib xmlns="{LONG_NAMES}">{repeated("<record/>", 12_000)}</bib></r>'.encode())
@FEW
@given(COSTLY_XML)
def test_f54_memory_for_xml_is_bounded_by_its_size(body: bytes) -> None:
    """Parsing XML with many names, attributes and records in namespaces with long names takes bounded memory."""
    check_memory(partial(parse, body), len(body))


@FEW
@given(COSTLY_JSON)
def test_f54_memory_for_json_is_bounded_by_its_size(body: bytes) -> None:
    """Parsing JSON with many values, at every allowed depth, takes bounded memory."""
    check_memory(partial(parse, body), len(body))


def dead_letter_of(body: bytes) -> DeadLetter:
    queued = Envelope(body, "r1", "2026-11-20T00:00:00.000Z", "alma").encode()
    return DeadLetter("m1", "h1", queued.body, queued.attributes, datetime.fromtimestamp(0, UTC))


@example(b"\x00" * 20_000)
@example("\U0001f600".encode() * 5_000)
@FEW
@given(COSTLY_JSON | COSTLY_XML | st.binary(min_size=10_000, max_size=20_000))
def test_f54_memory_for_envelopes_and_export_lines_is_bounded_by_their_size(body: bytes) -> None:
    """Decoding a message, exporting a dead letter and reading it again take bounded memory."""
    dead_letter = dead_letter_of(body)
    check_memory(partial(Envelope.decode, dead_letter.body, dead_letter.attributes), len(body))
    check_memory(partial(getattr, dead_letter, "copy_key"), len(body))
    summary = Summary(*("",) * 7, dead_letter.cause, dead_letter.sent_at, dead_letter.sent_at, 0, is_edited=False)
    read = ReadDeadLetter(dead_letter, summary, Envelope.decode(dead_letter.body, dead_letter.attributes))
    check_memory(partial(encode, read, {}), len(body))
    line = encode(read, {})
    check_memory(partial(ExportedDeadLetter.decode, line), len(line))


@FEW
@given(COSTLY_JSON)
def test_f54_memory_for_an_invalid_export_line_is_bounded_by_its_size(line: bytes) -> None:
    """Reading a line with arbitrary JSON takes bounded memory."""
    check_memory(partial(ExportedDeadLetter.decode, line), len(line))
    members = b'{"format": "alma-webhooks-dead-letter", "version": 1, "x": ' + line + b"}"
    check_memory(partial(ExportedDeadLetter.decode, members), len(members))


@example(b"[" + f"{nested('[0,', ']', '0')},".encode() * 40 + b"0]")
@FEW
@given(COSTLY_JSON)
def test_f54_memory_for_printed_json_is_bounded_by_its_size(body: bytes) -> None:
    """Printing JSON takes bounded memory: deep JSON is not indented, and text is escaped in pieces."""
    data = json.loads(body)
    check_memory(partial(escaped_json, data), len(body))
    check_memory(partial(escape, body.decode() + "\x1b"), len(body))


def test_f54_a_line_nested_deeper_than_the_stack_is_rejected() -> None:
    """Reading a line that is nested too deeply raises LineError instead of RecursionError."""
    for levels in (300, 900, 100_000):
        line = b'{"format": "alma-webhooks-dead-letter", "version": 1, "x": ' + b"[" * levels + b"]" * levels + b"}"
        with suppress(LineError):
            ExportedDeadLetter.decode(line)


def xml_of(size: int) -> bytes:
    namespaces = repeated(' xmlns:a%d="http://www.w3.org/2001/XMLSchema-instance"', size)
    return f"<r{namespaces}><action>X</action><as>{repeated('<a><b/></a>', size)}</as></r>".encode()


def json_of(size: int) -> bytes:
    return f'{{"action":"X","x":[{repeated("[[]],", size)}{nested("[0,", "]", "0")}]}}'.encode()


@pytest.mark.parametrize("body_of", [xml_of, json_of])
def test_f54_steps_are_bounded_by_the_size_of_a_body(body_of: Callable[[int], bytes]) -> None:
    """A body of twice the size takes at most twice the function calls, so parsing is linear."""
    parse(body_of(1))
    few, many = (calls_in(partial(parse, body_of(size))) for size in (10_000, 20_000))
    assert many <= 2.1 * few


def test_f54_a_body_is_parsed_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """The XML parser gets the whole body at once, because it parses a split token again for each piece."""
    pieces: list[int] = []
    feed = DefusedExpatParser.feed

    def fed(self: DefusedExpatParser, data: bytes, isFinal: bool = False) -> None:  # noqa: FBT002, N803 -- the parser's signature
        pieces.append(len(data))
        feed(self, data, isFinal)

    monkeypatch.setattr(DefusedExpatParser, "feed", fed)
    body = f'<r><action x="{"a" * 300_000}">X</action></r>'.encode()
    with suppress(Permanent):
        parse(body)
    assert [size for size in pieces if size] == [len(body)]
