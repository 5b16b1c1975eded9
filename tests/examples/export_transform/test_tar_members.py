"""Headers of tar that `tarfile` would believe are refused: links, devices, sparse files and sizes without bounds."""

import io
import tarfile

import pytest
from export_transform.causes import ArtifactError

from tests.examples.export_transform.marc_samples import FIFTY, contents, tar


def refused_as(data: bytes) -> str:
    with pytest.raises(ArtifactError) as caught:
        contents(data)
    assert caught.value.cause == "artifact-refused"
    return str(caught.value)


def special(kind: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        header = tarfile.TarInfo("a.xml")
        header.type = kind
        header.linkname = "/etc/hostname"
        archive.addfile(header)
    return file.getvalue()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, b"S", b"V"])
def test_links_and_special_files_are_refused(kind: bytes) -> None:
    """What a link points to is not read, and a record that is behind one would be missing."""
    assert "Member 1 of export is a link or another special file" in refused_as(special(kind))


@pytest.mark.parametrize("name", ["../../etc/passwd.xml", "/etc/passwd.xml", "a/../b.xml", "ä.xml", "x" * 300])
def test_a_name_is_a_label(name: str) -> None:
    """Nothing is written, so that any name is allowed; long ones are in headers of their own."""
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert contents(tar({name: FIFTY}, form)) == [(name, FIFTY)]


def test_a_long_name_of_ustar_has_two_fields() -> None:
    """The prefix comes before the name."""
    name = "folder/" * 15 + "1.xml"
    assert contents(tar({name: FIFTY}, tarfile.USTAR_FORMAT)) == [(name, FIFTY)]


def pax(headers: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        header = tarfile.TarInfo("a.xml")
        header.pax_headers = headers
        header.size = len(FIFTY)
        archive.addfile(header, io.BytesIO(FIFTY))
    return file.getvalue()


def test_a_header_of_a_header_has_a_limit() -> None:
    """The module `tarfile` would read all of it into memory."""
    assert "a header of more than 65536 bytes" in refused_as(pax({"comment": "x" * 100_000}))
    assert "a header of more than 65536 bytes" in refused_as(tar({"x" * 100_000: FIFTY}, tarfile.GNU_FORMAT))


def test_headers_without_a_member_have_a_limit() -> None:
    """Each of them is small, and there is no end of them."""
    empty = tarfile.TarInfo("g")
    empty.type = tarfile.XGLTYPE
    assert "a header of more than 65536 bytes" in refused_as(empty.tobuf() * 200)


def test_other_pax_records_are_ignored() -> None:
    """Times and owners do not matter here; a line feed in a value does not end it."""
    assert contents(pax({"mtime": "1.5", "comment": "a\n9 path=b\n", "path": "c.xml"})) == [("c.xml", FIFTY)]


@pytest.mark.parametrize("records", [b"x", b"5 a=", b"0 a=b\n", b"99 a=b\n", b"9999999999999 a=b\n", b"12 size=-1\n\n"])
def test_pax_records_that_cannot_be_read_are_refused(records: bytes) -> None:
    """A length that is wrong, and a size that is none."""
    header = tarfile.TarInfo("x")
    header.type = tarfile.XHDTYPE
    header.size = len(records)
    refused_as(header.tobuf() + records.ljust(512, b"\0") + tar({"a.xml": FIFTY}))


def test_sparse_files_are_refused() -> None:
    """Their content is not what stands in the archive."""
    assert "without a plain size" in refused_as(pax({"GNU.sparse.major": "1"}))


def test_a_size_of_eight_gigabytes_is_binary() -> None:
    """GNU's form; the file then ends early."""
    header = tarfile.TarInfo("a.xml")
    header.size = 2**33
    with pytest.raises(ArtifactError, match="inside a member") as caught:
        contents(header.tobuf(tarfile.GNU_FORMAT) + FIFTY)
    assert caught.value.cause == "artifact-truncated"


def test_a_header_with_a_wrong_checksum_is_refused() -> None:
    """Something else follows the member, or its size is wrong."""
    data = tar({"1.xml": FIFTY, "2.xml": FIFTY})
    place = data.rindex(b"2.xml")
    assert "there is no header of tar" in refused_as(data[:place] + b"3" + data[place + 1 :])


def test_one_empty_block_is_no_end_mark() -> None:
    """Another member after it would be missed."""
    data = tar({"1.xml": FIFTY})
    refused_as(data[:-512] + data)
