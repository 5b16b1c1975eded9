"""The XML files in each container are found, a file that is cut anywhere is not taken for a whole one."""

import ast
import gzip
import io
import random
import tarfile
from pathlib import Path

import export_transform
import pytest
from export_transform.causes import ArtifactError
from export_transform.containers import open_members
from export_transform.limits import Limits
from export_transform.record_cutter import cut_records

from tests.examples.export_transform.marc_samples import (
    CONTAINERS,
    FIFTY,
    LIMITS,
    TWO_PARTS,
    Chunked,
    contents,
    gzipped,
    records,
    tar,
    zipped,
)


def count(data: bytes, limits: Limits = LIMITS) -> int:
    """Return how many records a file has."""
    return sum(
        1 for member in open_members(io.BytesIO(data), "export", limits) for _ in cut_records("export", member, limits)
    )


def cause(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(ArtifactError) as caught:
        count(data, limits)
    return caught.value.cause


def cuts(data: bytes) -> list[int]:
    """Return sizes to cut a file at: all near its ends, and some between."""
    near = range(min(40, len(data)))
    return sorted({*near, *(len(data) - 1 - size for size in near), *random.Random(1).sample(range(len(data)), 100)})  # noqa: S311 -- no secret


@pytest.mark.parametrize("kind", CONTAINERS)
def test_all_records_of_a_container_are_found(kind: str) -> None:
    """Its name does not matter."""
    assert count(CONTAINERS[kind]) == 50


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_container_that_is_cut_is_truncated(kind: str) -> None:
    """At every kind of place: in headers, data, trailers and directories, and between members."""
    data = CONTAINERS[kind]
    assert {size: cause(data[:size]) for size in cuts(data)} == dict.fromkeys(cuts(data), "artifact-truncated")


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_container_can_come_in_chunks_of_any_size(kind: str) -> None:
    """A stream may give fewer bytes than it is asked for."""
    for sizes in ([1], [7, 1, 300], [100_000]):
        stream = Chunked(CONTAINERS[kind], sizes)
        members = open_members(stream, "export", LIMITS)
        assert sum(1 for member in members for _ in cut_records("export", member, LIMITS)) == 50
        assert stream.rest == b""


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip", "zip, not compressed", "zip, written to a pipe"])
def test_members_have_their_names(kind: str) -> None:
    """A name is a label, and the content is that of the member."""
    assert dict(contents(CONTAINERS[kind])) == TWO_PARTS


def test_a_member_that_is_not_read_is_checked_too() -> None:
    """Who only wants the names gets the same errors."""
    for kind in ("zip", "tar.gz"):
        assert [member.name for member in open_members(io.BytesIO(CONTAINERS[kind]), "export", LIMITS)] == [*TWO_PARTS]
    for kind in ("zip", "tar.gz", "gzip"):
        with pytest.raises(ArtifactError):
            list(open_members(io.BytesIO(CONTAINERS[kind][:-30]), "export", LIMITS))


def test_padding_with_zeros_is_no_content() -> None:
    """Tapes and some uploads pad files of tar and gzip."""
    for kind in ("tar", "tar of GNU", "gzip", "gzip of three members", "tar.gz"):
        assert count(CONTAINERS[kind] + bytes(100_000)) == 50


def test_zeros_between_members_of_gzip_are_skipped() -> None:
    """The members after them are read."""
    assert count(gzipped(FIFTY[:400]) + bytes(10) + gzipped(FIFTY[400:])) == 50


@pytest.mark.parametrize("kind", [kind for kind in CONTAINERS if kind != "plain"])
def test_more_bytes_after_the_end_mark_are_refused(kind: str) -> None:
    """Nobody knows what they are: perhaps another half of the file."""
    assert cause(CONTAINERS[kind] + b"junk") == "artifact-refused"


@pytest.mark.parametrize("kind", ["gzip", "zip", "tar.gz", "zip, not compressed"])
def test_a_changed_byte_is_seen(kind: str) -> None:
    """Checksums are compared: a bit that fell over is not sent on."""
    data = CONTAINERS[kind]
    place = data.index(b"title") if kind.endswith("not compressed") else len(data) // 2
    assert cause(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]) == "artifact-refused"


@pytest.mark.parametrize("inner", ["gzip", "zip", "tar", "tar.gz"])
@pytest.mark.parametrize("outer", [gzipped, lambda data: tar({"a": data}), lambda data: zipped({"a": data})])
def test_archives_in_archives_are_refused(inner: str, outer: type[bytes]) -> None:
    """Except tar in gzip, which is one of the kinds."""
    if inner == "tar" and outer is gzipped:
        assert count(outer(CONTAINERS[inner])) == 50
    else:
        assert cause(outer(CONTAINERS[inner])) == "artifact-refused"


def test_a_member_that_is_empty_or_not_xml_is_refused() -> None:
    """The archive is whole, so waiting would not help."""
    for data in (b"", b"  ", b"Read me.", b"\xff\xfe<\0"):
        assert cause(tar({"a": data})) == cause(zipped({"a": data})) == "artifact-refused"


def test_a_file_of_another_kind_is_refused() -> None:
    """Binary MARC, XML in UTF-16 and web pages of errors are not read."""
    for data in (b"00714cam a2200205 a 4500" * 50, "<collection/>".encode("utf-16") * 50, b"Not found. " * 50):
        assert cause(data) == "artifact-refused"


def test_a_file_that_is_too_short_to_know_is_truncated() -> None:
    """The rest of it may come."""
    assert cause(b"") == cause(b"0071") == cause(gzip.compress(b"")) == "artifact-truncated"


def test_a_byte_order_mark_is_read_over() -> None:
    """Some editors write one."""
    assert count(b"\xef\xbb\xbf" + FIFTY) == 50


def test_expanding_too_far_is_refused() -> None:
    """By ratio, and by bytes even if the ratio is allowed: sizes in the file are not believed."""
    bomb = records(1).replace(b"A title", b" " * 5_000_000)
    for data in (gzipped(bomb), zipped({"a": bomb})):
        assert cause(data) == "artifact-refused"
        assert count(data, Limits(ratio=2000, record_bytes=10_000_000)) == 1
        assert cause(data, Limits(ratio=2000, expanded_bytes=4_000_000)) == "artifact-refused"
    assert count(gzipped(tar({"1.xml": bomb, "2.xml": records(1)})), Limits(ratio=2000)) == 2


def test_members_are_counted() -> None:
    """Empty folders too."""
    members = {f"{number}.xml": records(1) for number in range(5)}
    for data in (tar(members), gzipped(tar(members)), zipped(members), tar({f"{number}/": b"" for number in range(5)})):
        assert cause(data, Limits(members=4)) == "artifact-refused"
    assert count(zipped(members), Limits(members=5)) == count(tar(members), Limits(members=5)) == 5


def test_folders_are_skipped() -> None:
    """They have no content."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        member = tarfile.TarInfo("folder/1.xml")
        member.size = len(FIFTY)
        archive.addfile(member, io.BytesIO(FIFTY))
    assert contents(file.getvalue()) == [("folder/1.xml", FIFTY)]
    assert contents(zipped({"folder/": b"", "folder/1.xml": FIFTY})) == [("folder/1.xml", FIFTY)]


def test_names_have_a_limit() -> None:
    """In all formats."""
    for name in ("x" * 1024, "x" * 1025):
        files = tar({name: FIFTY}), tar({name: FIFTY}, tarfile.GNU_FORMAT), zipped({name: FIFTY})
        for data in files:
            if len(name) > 1024:
                assert cause(data) == "artifact-refused"
            else:
                assert contents(data) == [(name, FIFTY)]


def test_nothing_is_extracted() -> None:
    """No module uses what writes members to paths of their own choice."""
    forbidden = {"tarfile", "zipfile", "shutil", "extract", "extractall", "unpack_archive"}
    names = set()
    for path in Path(export_transform.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names |= {node.attr} if isinstance(node, ast.Attribute) else set()
            names |= {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            names |= {node.module or ""} if isinstance(node, ast.ImportFrom) else set()
    assert forbidden & names == set()
