"""The input of an execution."""

import pytest
from export_transform.causes import ArtifactError
from export_transform.export_input import ExportInput

from processor.errors import Permanent
from tests.examples.export_transform.given import LINK, WRITTEN, counter, export_input, input_data


def test_counters_are_summed() -> None:
    """The records of a job are the sum of the counters that the route names; others do not count."""
    job = export_input(counter(WRITTEN, "7"), counter("label.new.records", "3"), counter("other", "text")).job
    assert job.counted((WRITTEN, "label.new.records")) == 10


def test_a_missing_counter_is_not_zero() -> None:
    """A job without the counter has no number of records, and an empty counter is 0."""
    assert export_input().job.counted((WRITTEN,)) is None
    assert export_input(counter(WRITTEN, None)).job.counted((WRITTEN,)) == 0


def test_a_counter_of_text_is_an_error() -> None:
    """A text is not read as a number, and is not quoted."""
    with pytest.raises(ArtifactError, match="whole number") as error:
        export_input(counter(WRITTEN, "6,342")).job.counted((WRITTEN,))
    assert "6,342" not in str(error.value)


@pytest.mark.parametrize(
    "link", ["BIB_7", "/exports/bib/BIB_7", "https://host.example/exports/BIB_7?x=1", "a%2Fb/BIB_7"]
)
def test_a_link_names_the_last_part_of_its_path(link: str) -> None:
    """Links are plain names, paths or URLs."""
    assert export_input(counter(LINK, link)).job.linked_names((LINK,)) == {"BIB_7"}


def test_empty_links_name_nothing() -> None:
    """An empty link and one of a folder are left out."""
    assert export_input(counter(LINK, ""), counter(LINK, None)).job.linked_names((LINK,)) == frozenset()


def test_a_date_is_the_beginning_of_the_day() -> None:
    """Alma sends the start of some jobs without a time."""
    assert export_input(job={"start_time": "2026-05-13Z"}).not_before.isoformat() == "2026-05-13T00:00:00+00:00"


def test_a_wrong_input_is_reported_by_its_fields() -> None:
    """The places are named, and the values are not."""
    data = input_data(source="ftp-invented", job={"id": "a b"})
    with pytest.raises(Permanent, match=r"export\.source, job\.id\. Correct the route") as error:
        ExportInput.parse(data)
    assert "ftp-invented" not in str(error.value)


def test_one_object_for_each_record_needs_small_batches() -> None:
    """A batch has to be written within the time that is kept for it."""
    with pytest.raises(Permanent, match=r"export \(batch_records must be at most 500 for s3-records\)\. Correct"):
        export_input(destination="s3-records", batch_records=501)
    assert export_input(destination="s3-records").export.batch_records == 500


def test_files_of_a_server_need_time_for_two_looks() -> None:
    """Without waiting, no look could be the second one."""
    with pytest.raises(Permanent, match="wait_minutes must be at least 1 for sftp"):
        export_input(source="sftp", wait_minutes=0)
    assert export_input(source="sftp", wait_minutes=1).export.wait_minutes == 1
