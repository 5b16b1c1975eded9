"""Choosing sample events for a routes file."""

from pathlib import Path

from scripts.alma_client.samples import load_all
from scripts.routes.sample_expectations import expectations

LOANS = "topics: [loans, all]\nroutes:\n  - {name: loans, when: {action: [LOAN]}, deliver: [{topic: loans}]}\n"


def test_samples_with_one_delivery_are_chosen_with_that_delivery(tmp_path: Path) -> None:
    """The files can be read as the events of a project."""
    made = expectations(LOANS)
    for name, content in made.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (sample,) = load_all(tmp_path / "events")
    [delivery] = sample.expect.deliveries
    assert (sample.name, delivery.route, delivery.target) == ("loan-created", "loans", "topic:loans")


def test_a_file_that_delivers_no_sample_gives_none() -> None:
    """So does one that is not valid, or that has no stage dev."""
    twice = LOANS.replace("[{topic: loans}]", "[{topic: loans}, {topic: all}]")
    assert expectations(twice) == {}
    assert expectations("routes: []\n") == {}
    assert expectations("stages: {prod: {}}\n" + LOANS) == {}
