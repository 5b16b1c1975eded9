"""An export is read to its end before anything is sent: it is complete, or there is a cause."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from export_transform.artifact import Artifact, CheckedStream, Expect, ExportFile, check
from export_transform.byte_source import Readable, drain
from export_transform.causes import ArtifactError

from tests.examples.export_transform.marc_samples import CONTAINERS, LIMITS, Chunked, document, gzipped, record, records

TWELVE = records(12)
EMPTY = document([])


def files(*contents: bytes) -> list[ExportFile]:
    return [
        ExportFile(f"export_{number}.xml", lambda data=data: nullcontext(io.BytesIO(data)))  # type: ignore[misc]
        for number, data in enumerate(contents, 1)
    ]


def checked(*contents: bytes, expect: Expect = "counter", counted: int | None = None) -> Artifact:
    return check(files(*contents), expect, counted, LIMITS)


def cause(*contents: bytes, expect: Expect = "counter", counted: int | None = None) -> str:
    with pytest.raises(ArtifactError) as caught:
        checked(*contents, expect=expect, counted=counted)
    return caught.value.cause


def test_an_export_that_has_all_records_is_complete() -> None:
    """The records of all files and members are counted, and each file is described."""
    artifact = checked(TWELVE, CONTAINERS["tar.gz"], counted=62)
    assert artifact.records == 62
    first, second = artifact.files
    assert first == ("export_1.xml", len(TWELVE), hashlib.sha256(TWELVE).hexdigest(), 1, 12)
    assert second[1:] == (len(CONTAINERS["tar.gz"]), hashlib.sha256(CONTAINERS["tar.gz"]).hexdigest(), 2, 50)


def test_rejected_and_deleted_records_are_counted() -> None:
    """The job counted them, too."""
    data = document(
        [record(1), b"<record/>", record(3, leader="d"), record(4, title="\x01"), record(5)[:-9], record(6)]
    )
    assert checked(data, counted=6).records == 6


@pytest.mark.parametrize("expect", ["any", "some", "counter"])
def test_an_export_without_files_is_missing_if_records_are_expected(expect: Expect) -> None:
    """Nothing to send is a success for an export of changes, and a failure of a full one."""
    for contents in ((), (EMPTY,), (gzipped(EMPTY), EMPTY)):
        assert expect == "some" or checked(*contents, expect=expect, counted=0).records == 0
        if expect != "any":
            assert cause(*contents, expect=expect, counted=12) == "artifact-missing"


def test_a_file_of_zero_bytes_is_truncated() -> None:
    """Unless the job says that there was nothing to write."""
    assert cause(b"", counted=12) == cause(b"", expect="any") == cause(b"", expect="some") == "artifact-truncated"
    assert cause(b"", TWELVE, counted=12) == "artifact-truncated"
    assert checked(b"", counted=0).records == 0


@pytest.mark.parametrize("counted", [0, 11, 13, 24])
def test_other_numbers_of_records_are_incomplete(counted: int) -> None:
    """A missing last part, and a file of another run."""
    assert cause(TWELVE, counted=counted) == "artifact-incomplete"


def test_the_counter_only_matters_if_it_is_expected() -> None:
    """Some jobs count something else than records."""
    assert checked(TWELVE, expect="some", counted=99).records == checked(TWELVE, expect="any").records == 12


def test_a_counter_that_is_expected_has_to_be_there() -> None:
    """A missing one is a mistake in the configuration, not a state of the export."""
    with pytest.raises(ValueError, match="The event has no counter"):
        checked(TWELVE)


def test_each_file_is_closed() -> None:
    """Also one that is truncated."""
    closed = []

    @contextmanager
    def opened(data: bytes) -> Iterator[Readable]:
        try:
            yield io.BytesIO(data)
        finally:
            closed.append(data)

    both = [ExportFile("a", lambda: opened(TWELVE)), ExportFile("b", lambda: opened(TWELVE[:-20]))]
    with pytest.raises(ArtifactError, match=r"^b ends after \d+ bytes"):
        check(both, "any", None, LIMITS)
    assert closed == [TWELVE, TWELVE[:-20]]


def test_a_file_that_is_longer_now_is_not_read_to_its_end() -> None:
    """It may have no end."""
    [facts] = checked(TWELVE, counted=12).files
    longer = Chunked(TWELVE * 1000, [100])
    with pytest.raises(ArtifactError, match="was changed after it was checked"):
        drain(CheckedStream(longer, facts))
    assert len(longer.rest) > len(TWELVE) * 998


@pytest.mark.parametrize("now", [TWELVE + b" ", TWELVE[:-1], TWELVE.replace(b"title 3", b"title 4"), b""])
def test_a_file_that_was_replaced_is_seen_when_it_is_read_again(now: bytes) -> None:
    """At its end at the latest."""
    [facts] = checked(TWELVE, counted=12).files
    drain(CheckedStream(Chunked(TWELVE, [100]), facts))
    with pytest.raises(ArtifactError, match=r"export_1\.xml was changed after it was checked") as caught:
        drain(CheckedStream(Chunked(now, [100]), facts))
    assert caught.value.cause == "artifact-incomplete"
