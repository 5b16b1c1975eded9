"""Members of a zip file are compared with its directory, and what the file says of itself is not believed."""

import io
import struct
import zipfile

import pytest
from export_transform.causes import ArtifactError

from tests.examples.export_transform.marc_samples import FIFTY, TWO_PARTS, Unseekable, contents, zipped


def refused_as(data: bytes) -> str:
    with pytest.raises(ArtifactError) as caught:
        contents(data)
    assert caught.value.cause == "artifact-refused"
    return str(caught.value)


def changed(data: bytes, signature: bytes, at: int, new: bytes) -> bytes:
    """Return the file with other bytes in its first structure of that kind."""
    place = data.index(signature) + at
    return data[:place] + new + data[place + len(new) :]


def test_an_empty_zip_file_has_no_members() -> None:
    """It has a directory of its own kind."""
    assert contents(zipped({})) == []


def test_large_members_have_their_sizes_in_an_extra_field() -> None:
    """So do small ones, if the writer did not know that they are small."""
    for is_piped in (False, True):
        file = io.BytesIO()
        with (
            zipfile.ZipFile(Unseekable(file) if is_piped else file, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("1.xml", "w", force_zip64=True) as member,
        ):
            member.write(FIFTY)
        assert contents(file.getvalue()) == [("1.xml", FIFTY)]


def test_a_directory_of_the_large_kind_is_read() -> None:
    """It has two more structures before its end."""
    data = zipped(TWO_PARTS)
    place = data.index(b"PK\5\6")
    large = b"PK\6\6" + struct.pack("<Q", 44) + bytes(44) + b"PK\6\7" + bytes(16)
    assert dict(contents(data[:place] + large + data[place:])) == TWO_PARTS


def test_a_comment_is_no_content() -> None:
    """Of the file, and of a member in the directory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = b"a comment"
        member = zipfile.ZipInfo("1.xml")
        member.comment = b"another one"
        archive.writestr(member, FIFTY)
    assert contents(file.getvalue()) == [("1.xml", FIFTY)]


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_encrypted_members_are_refused(flag: int) -> None:
    """Nobody has their key here."""
    assert "encrypted" in refused_as(changed(zipped(TWO_PARTS), b"PK\3\4", 6, struct.pack("<H", flag)))


def test_other_methods_of_compression_are_refused() -> None:
    """They are not read in a stream."""
    assert "not compressed with deflate" in refused_as(zipped(TWO_PARTS, zipfile.ZIP_BZIP2))


def test_a_member_without_an_end_is_refused() -> None:
    """Not compressed, and its size comes after it: its end could be anywhere."""
    assert "whose size is not stated" in refused_as(zipped(TWO_PARTS, zipfile.ZIP_STORED, is_piped=True))


@pytest.mark.parametrize(("at", "what"), [(14, "checksum"), (22, "size")])
def test_a_header_that_is_wrong_is_refused(at: int, what: str) -> None:
    """The size that a header states is compared, never allocated."""
    assert "do not agree" in refused_as(changed(zipped(TWO_PARTS), b"PK\3\4", at, b"\xff\xff\xff\x7f")), what


def test_sizes_after_a_member_are_compared() -> None:
    """They may be written in four ways, and in no other."""
    data = zipped(TWO_PARTS, is_piped=True)
    for at in (4, 8, 12):
        assert "do not agree" in refused_as(changed(data, b"PK\7\x08", at, b"\xff\xff\xff\x7f"))
    bare = data.replace(b"PK\7\x08", b"")
    assert dict(contents(bare)) == TWO_PARTS


def test_the_sizes_of_an_empty_member_may_be_small_or_large() -> None:
    """All of them are zero, and only what follows shows how many there are."""
    folder = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 8, 0, 0, 0, 0, 0, 0, 2, 0) + b"f/"
    data = zipped({"f/": b"", "1.xml": FIFTY})
    rest = data[data.index(b"PK\3\4", 4) :]
    for follows in (bytes(12), bytes(20), b"PK\7\x08" + bytes(12), b"PK\7\x08" + bytes(20)):
        assert contents(folder + follows + rest) == [("1.xml", FIFTY)]


def test_members_and_directory_agree() -> None:
    """A member that is in one of them only may hide records."""
    one, two = zipped({"1.xml": TWO_PARTS["1.xml"]}), zipped(TWO_PARTS)
    place = two.index(b"PK\1\2")
    assert "do not agree" in refused_as(two[:place] + one[one.index(b"PK\1\2") :])
    assert "do not agree" in refused_as(one[: one.index(b"PK\1\2")] + two[place:])
    assert "do not agree" in refused_as(changed(two, b"PK\1\2", 16, b"\0\0\0\0"))
    assert "do not agree" in refused_as(two[:place] + b"PK\1\3" + two[place + 4 :])


def test_two_members_of_one_name_are_refused() -> None:
    """Readers differ in which of them they take."""
    assert "two of the same name" in refused_as(zipped(TWO_PARTS).replace(b"2.xml", b"1.xml"))


def test_an_extra_field_without_sizes_is_refused() -> None:
    """The header says that they are in it."""
    data = changed(zipped(TWO_PARTS), b"PK\3\4", 18, b"\xff" * 8)
    assert "do not agree" in refused_as(data)
