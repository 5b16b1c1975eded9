"""Reading takes bounded memory, for any content and any size of a file."""

import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import chain, repeat

import pytest
from export_transform.artifact import ExportFile, check
from export_transform.causes import ArtifactError
from export_transform.containers import Member
from export_transform.limits import MIB
from export_transform.parsing import parse
from export_transform.record_cutter import cut_records
from export_transform.records import CutRecord, Reject
from export_transform.totals import Totals
from export_transform.transform import Transform, default_delete, transformed

from tests.examples.export_transform.marc_samples import BEGIN, END, LIMITS, Generated, cut, document, record
from tests.fuzz.measured import peak_of

MOST = 6 * MIB
"""Enough for chunks, and for two copies of one record of the largest size; far less than any of these files."""


def gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(level=1, wbits=31)
    yield from (packer.compress(piece) for piece in pieces)
    yield packer.flush()


def bomb() -> Iterator[bytes]:
    """Yield a collection with 100 MiB of spaces, in less than 500 kB."""
    return gzipped(chain([BEGIN], repeat(b" " * MIB, 100)))


def long_name(kind: bytes) -> Iterator[bytes]:
    """Yield a tar.gz whose member has a name of 60 MiB, in a header of this kind."""
    header = tarfile.TarInfo("a")
    header.type = kind
    header.size = 60 * MIB
    return gzipped(chain([header.tobuf()], repeat(b"x" * MIB, 60)))


def empty_members() -> Iterator[bytes]:
    """Yield a tar.gz with 100,000 empty folders."""
    header = tarfile.TarInfo("a")
    header.type = tarfile.DIRTYPE
    return gzipped(chain(repeat(header.tobuf() * 100, 1000), [bytes(1024)]))


def no_end() -> Iterator[bytes]:
    """Yield a record of 20 MB that never ends."""
    return chain([BEGIN, b"<record>"], repeat(b"<a>a text</a>" * 1000, 1500))


def comment() -> Iterator[bytes]:
    """Yield a comment of 20 MB, and text without a tag after it."""
    return chain([BEGIN, b"<!--"], repeat(b"text</record>" * 1000, 1500), [b"-->"], repeat(b"text" * 1000, 1000))


def openings() -> Iterator[bytes]:
    """Yield elements that are never closed."""
    return repeat(b"<a>" * 1000, 1000)


HOSTILE: dict[str, tuple[Callable[[], Iterator[bytes]], str]] = {
    "bomb": (bomb, "artifact-refused"),
    "long name of GNU": (lambda: long_name(tarfile.GNUTYPE_LONGNAME), "artifact-refused"),
    "long name of pax": (lambda: long_name(tarfile.XHDTYPE), "artifact-refused"),
    "empty members": (empty_members, "artifact-refused"),
    "record without an end": (no_end, "artifact-truncated"),
    "long comment": (comment, "artifact-truncated"),
    "elements without an end": (openings, "artifact-refused"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_takes_bounded_memory(kind: str) -> None:
    """It is refused or truncated, and little of it is held."""
    pieces, cause = HOSTILE[kind]

    def read() -> None:
        file = ExportFile("export", lambda: nullcontext(Generated(pieces())))
        with pytest.raises(ArtifactError) as caught:
            check([file], "any", None, LIMITS)
        assert caught.value.cause == cause

    assert peak_of(read) < MOST


def totals_of(count: int) -> Totals:
    """Read that many records, with one of 5 MB in the middle of them."""
    records = b"".join(map(record, range(50)))
    large = chain([b"<record>"], repeat(b"<a>a text</a>" * 100, 4000), [b"</record>"])
    half = count // 2 // 50
    stream = Generated(chain([BEGIN], repeat(records, half), large, repeat(records, half), [END]))
    totals = Totals()
    for outcome in transformed(cut_records("f", Member("p", stream), LIMITS), Transform(lambda _: b"", default_delete)):
        totals = totals.plus(outcome)
    return totals


def test_memory_does_not_grow_with_the_number_of_records() -> None:
    """One that is too large is rejected."""
    peaks = []
    for count in (100, 1_000):
        assert totals_of(count) == Totals(count + 1, written=count, rejected=1)
        peaks.append(peak_of(lambda count=count: totals_of(count)))  # type: ignore[misc]
    assert peaks[1] < 1.1 * peaks[0]


LONG = "u" * 60_000


@pytest.mark.parametrize(
    "data",
    [
        f'<record xmlns:p="{LONG}">{"".join(f"<p:a{number}/>" for number in range(5000))}</record>',
        f"<record><a b='>' xmlns:p='{LONG}'/>{'<p:a/>' * 5000}</record>",
    ],
)
def test_a_namespace_with_a_long_name_takes_no_memory(data: str) -> None:
    """A parser would write it before the name of each element."""

    def read() -> None:
        [found] = cut(document([data.encode()]))
        reject = parse(found) if isinstance(found, CutRecord) else found
        assert isinstance(reject, Reject)
        assert (reject.reason, reject.detail) == ("too-large", "namespace")

    assert peak_of(read) < MOST


def test_long_namespaces_around_records_are_refused() -> None:
    """A single one, and all of them together, because they are parsed again with each record."""
    many = " ".join(f'xmlns:p{number}="{"u" * 200}"' for number in range(30))
    for attributes in (f'xmlns="{LONG}"', many):
        with pytest.raises(ArtifactError, match="not well-formed"):
            cut(f"<collection {attributes}><record/></collection>".encode())
