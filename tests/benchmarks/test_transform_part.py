"""The part of the example `export-transform`: an invented export, read twice, in memory that does not grow."""

import io

import pytest
from pymarc import parse_xml_to_array

from benchmarks import transform_part
from benchmarks.marc_stream import MarcStream
from benchmarks.runner.measured import kilobytes
from benchmarks.transform_child import example, pymarc_alone
from benchmarks.transform_part import measure
from scripts.cli.signals import Interrupts


def whole(stream: MarcStream, size: int) -> bytes:
    return b"".join(iter(lambda: stream.read(size), b""))


def test_a_stream_has_that_many_different_records() -> None:
    """Each has its own control number, and the whole is the same each time."""
    data, again = (whole(MarcStream(1234), size) for size in (1000, 100_000))
    assert data == again
    records = parse_xml_to_array(io.BytesIO(data))  # type: ignore[no-untyped-call] # pymarc has no types there
    assert [record["001"].data for record in records] == [f"{number:09}" for number in range(1234)]
    assert 2_000 < len(data) / 1234 < 4_000


def test_both_read_all_records() -> None:
    """With pymarc alone, and as the example does; the records are reported as they are made."""
    assert pymarc_alone(30).keys() == {"pymarc"}
    assert example(30).keys() == {"check", "transform"}


def test_memory_is_that_of_this_process() -> None:
    """Now, and at most so far."""
    assert 1_000 < kilobytes(b"VmRSS:") <= kilobytes() + 1_000


@pytest.mark.full
def test_memory_is_the_same_for_ten_times_as_many_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty thousand records of 3 kB take no more than two thousand."""
    monkeypatch.setattr(transform_part, "LEAST_RECORDS", 2_000)
    with Interrupts() as interrupts:
        few, many = measure(interrupts, 20_000, lambda _: None)["rows"]
    assert (few["records"], many["records"]) == (2_000, 20_000)
    assert many["added_mb"] < 16
    assert abs(many["added_mb"] - few["added_mb"]) < 1
