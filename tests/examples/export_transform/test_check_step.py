"""The step `check`: which files are found, which are waited for, and how it ends."""

import gzip

import pytest
from export_transform.check_step import LONGEST_WAIT_SECONDS

from processor.errors import Permanent, Transient
from tests.examples.export_transform.given import LINK, WRITTEN, counter, export_input
from tests.examples.export_transform.marc_samples import records
from tests.examples.export_transform.world import World

SEVEN = counter(WRITTEN, "7")


def test_a_complete_export_is_found() -> None:
    """All parts together have as many records as the job counted."""
    world = World({"exports/1.xml": records(4), "exports/2.xml.gz": gzip.compress(records(3))})
    found = world.check(export_input(SEVEN, expect="counter"))
    assert (found.status, found.files, found.records) == ("found", 2, 7)


def test_a_late_file_is_waited_for() -> None:
    """The first look finds nothing, and the second one the export. Nothing is sent meanwhile."""
    world, given = World(), export_input(SEVEN, expect="counter")
    assert (world.check(given).status, world.run(given).status) == ("wait", "failed")
    world.contents["exports/1.xml"] = records(7)
    assert world.check(given).status == "found"
    assert world.sent == []


@pytest.mark.parametrize(
    ("files", "status", "cause"),
    [
        ({}, "missing", "artifact-missing"),
        ({"exports/1.xml": records(4)}, "incomplete", "artifact-incomplete"),
        ({"exports/1.xml": records(9)}, "incomplete", "artifact-incomplete"),
        ({"exports/1.xml": records(7)[:-20]}, "truncated", "artifact-truncated"),
        ({"exports/1.xml": b""}, "truncated", "artifact-truncated"),
        ({"exports/1.xml.gz": gzip.compress(records(7))[:-4]}, "truncated", "artifact-truncated"),
        ({"exports/1.xml": b"<!DOCTYPE a>" + records(7)}, "refused", "artifact-refused"),
    ],
)
def test_f98_an_export_that_stays_incomplete_ends_with_its_cause(
    files: dict[str, bytes], status: str, cause: str
) -> None:
    """Without waiting the first look is the last, and nothing is sent."""
    world, given = World(files), export_input(SEVEN, expect="counter", wait_minutes=0)
    ended = world.check(given)
    assert (ended.status, ended.cause) == (status, cause)
    assert ended.reason.endswith(".")
    assert world.run(given).status == "failed"
    assert world.sent == []


def test_the_waits_grow_up_to_the_limit_of_the_export() -> None:
    """They double to a quarter of an hour, the last one ends with the time, and a new execution waits again."""
    world, given = World(), export_input(SEVEN, expect="counter", wait_minutes=120)
    waits = []
    while (result := world.check(given)).status == "wait":
        waits.append(result.seconds)
        world.now += result.seconds
    assert waits[:4] == [5, 10, 20, 40]
    assert (max(waits), sum(waits)) == (LONGEST_WAIT_SECONDS, 120 * 60)
    assert (result.status, result.cause) == ("missing", "artifact-missing")
    assert world.check(given, "another-execution").status == "wait"


def test_an_old_file_with_the_same_name_is_not_found() -> None:
    """The file of last week's run does not stand for this one."""
    world = World({"exports/1.xml": records(7)})
    world.ages["exports/1.xml"] = 7 * 86_400.0
    assert world.check(export_input(SEVEN, expect="counter")).cause == "artifact-missing"


def test_the_last_part_of_a_linked_export_is_missing() -> None:
    """A link without a file is incomplete, also if no counter says how many records there are."""
    world = World({"exports/A_1.xml": records(3)})
    given = export_input(counter(LINK, "A"), counter(LINK, "B"), links=[LINK], expect="some")
    assert world.check(given).cause == "artifact-incomplete"
    world.contents["exports/B_1.xml"] = records(2)
    assert world.check(given).status == "found"


@pytest.mark.parametrize("expect", ["any", "some"])
def test_a_late_linked_file_is_waited_for_with_any_expectation(expect: str) -> None:
    """An export that may be empty is not done before its file is there."""
    world, given = World(), export_input(counter(LINK, "A"), links=[LINK], expect=expect)
    assert world.check(given)[:3] == ("wait", 5, "artifact-missing")
    world.contents["exports/A_1.xml"] = records(3)
    assert world.check(given).records == 3


def test_a_job_without_the_links_of_its_route_gets_no_files_of_other_jobs() -> None:
    """Their files may be in the same folder. If nothing was counted, no link is needed."""
    world = World({"exports/OTHER_1.xml": records(3)})
    assert world.check(export_input(links=[LINK], expect="some"))[:3] == ("refused", 0, "artifact-refused")
    for expect in ("any", "counter"):
        assert world.check(export_input(counter(WRITTEN, "0"), links=[LINK], expect=expect)).files == 0


def test_an_empty_export_is_a_success_if_the_job_counted_none() -> None:
    """Zero records with a counter of zero is nothing to send, with files and without."""
    for files in ({}, {"exports/1.xml": records(0)}):
        world, given = World(dict(files)), export_input(counter(WRITTEN, "0"), expect="counter")
        assert (world.check(given).status, world.run(given).status) == ("found", "done")


def test_some_records_are_expected_if_the_route_says_so() -> None:
    """`some` rejects an empty export, `any` takes it."""
    files = {"exports/1.xml": records(0)}
    assert World(files).check(export_input(expect="some")).cause == "artifact-missing"
    assert World(files).check(export_input(expect="any")).status == "found"


def test_a_counter_that_the_job_lacks_is_a_mistake_of_the_route() -> None:
    """No waiting brings a counter that the event does not have."""
    assert World().check(export_input(expect="counter")).status == "refused"


def test_a_counter_that_is_not_a_number_is_a_mistake_of_the_route() -> None:
    """The source is not to blame."""
    assert World().check(export_input(counter(WRITTEN, "6,342"), expect="counter")).cause == "artifact-refused"


def test_a_growing_file_is_not_read() -> None:
    """On a server where files appear before they are whole, two looks must show the same sizes."""
    world, given = World({"exports/1.xml": records(3)}, is_atomic=False), export_input(expect="some")
    assert world.check(given).status == "wait"
    world.contents["exports/1.xml"] = records(5)
    assert world.check(given).status == "wait"
    found = world.check(given)
    assert (found.status, found.records) == ("found", 5)


def test_a_source_that_cannot_be_reached_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transient failure is one more look, a permanent one the end."""
    world, given, failures = World(), export_input(), [Transient("transient", "Gone."), Permanent("refused", "No.")]

    def fail(_: str) -> None:
        raise failures.pop(0)

    monkeypatch.setattr(world, "files", fail)
    assert world.check(given)[:4] == ("wait", 5, "source-unreachable", "Gone.")
    assert world.check(given)[:4] == ("failed", 0, "source-refused", "No.")


def test_a_file_that_is_replaced_while_it_is_checked_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The listing showed another file than the one that is there."""
    world, given = World({"exports/1.xml": records(3)}), export_input(expect="some")
    (listed,) = world.files("exports/")
    with monkeypatch.context() as patch:
        patch.setattr(world, "files", lambda _: [listed.model_copy(update={"tag": "another"})])
        assert world.check(given)[:3] == ("wait", 5, "artifact-incomplete")
    assert world.check(given).status == "found"


def test_an_export_that_takes_too_long_is_refused() -> None:
    """One invocation has to read all files, so a larger export has to be split."""
    world = World({"exports/1.xml": records(3)})
    world.seconds_left = 5.0
    assert world.check(export_input(expect="some")).status == "refused"
