"""Which files belong to a job."""

from export_transform.source import files_of_job

from tests.examples.export_transform.given import LINK, counter, export_input, source_file


def test_files_since_the_start_of_the_job_belong_to_it() -> None:
    """Files of an earlier run with the same prefix do not; the second of the start does."""
    files = [source_file("exports/b"), source_file("exports/a", age=0.0), source_file("exports/old", age=1.0)]
    assert [each.name for each in files_of_job(files, export_input()).files] == ["exports/a", "exports/b"]


def test_unfinished_and_hidden_files_are_skipped() -> None:
    """A name that starts with a dot, or ends as a file that is being written, is not a file of the job."""
    names = ["exports/.a.xml", "exports/a.xml.part", "exports/a.tmp", "exports/a.FILEPART", "exports/", "exports/a.xml"]
    assert [each.name for each in files_of_job(map(source_file, names), export_input()).files] == ["exports/a.xml"]


def test_links_choose_the_files() -> None:
    """With links only their files belong to the job: the name itself, and names that go on with _ or a dot."""
    names = [
        "exports/BIB_7_1.xml",
        "exports/BIB_7_2.xml",
        "exports/BIB_70_1.xml",
        "exports/BIB_7.tar.gz",
        "exports/BIB_7",
    ]
    chosen = files_of_job(map(source_file, names), export_input(counter(LINK, "BIB_7"), links=[LINK]))
    assert [each.name for each in chosen.files] == sorted(names[:2] + names[3:])
    assert chosen.missing == 0


def test_an_old_file_with_the_linked_name_is_missing() -> None:
    """A file from before the job is not its file; a link without a file is counted."""
    listed = [source_file("exports/BIB_7_1.xml", age=3600.0)]
    chosen = files_of_job(listed, export_input(counter(LINK, "BIB_7"), counter(LINK, "BIB_8"), links=[LINK]))
    assert chosen == ((), 2, 2)
