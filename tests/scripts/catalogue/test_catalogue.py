"""Test the catalogue of known events against the sample events and the models of the processor."""

from pathlib import Path

import pytest
import yaml

from processor.alma.events import parse
from processor.routing.lint import MEMBERS
from scripts.alma_client.samples import Sample, load_all
from scripts.catalogue.catalogue import FILE, FROM_SAMPLES, known_events, load
from scripts.catalogue.members import seen

SAMPLES = load_all()
UNDOCUMENTED = {"holding-updated", "heartbeat"}  # invented, or without a public sample


@pytest.mark.parametrize(
    "sample", [each for each in SAMPLES if each.name.removesuffix("-xml") not in UNDOCUMENTED], ids=lambda s: s.name
)
def test_every_sample_has_only_known_members(sample: Sample) -> None:
    """The catalogue alone knows each member and each listed value of the shipped samples."""
    event = parse(sample.body)
    root = load().root([event.action])
    for path, member in seen(event.fields).walk():
        known = root.at(path.replace("[]", "").split("."))
        assert known is not None, path
        assert known.values is None or set(member.values or ()) <= set(known.values), path


def test_the_families_are_those_of_the_processor() -> None:
    """The objects of events that routes can name are the same in the check of misspelled names."""
    members = {family.member for family in load().families.values()} - {""}
    assert members | {"id", "action", "institution", "time", "event"} == MEMBERS


def test_every_part_of_the_file_has_a_source() -> None:
    """A value without a source could be invented."""
    data = yaml.safe_load(FILE.read_text("utf-8"))
    parts = [data["envelope"], *(part for name in ("families", "objects", "values") for part in data[name].values())]
    assert all(len(part["source"]) > 10 for part in parts)
    roots = {name: load().root([name]) for name in load().families}
    assert all(any(root.at(path.split(".")) for root in roots.values()) for path in data["values"])


def test_event_values_belong_to_their_family() -> None:
    """One action has its own, all actions have those that are known, and an undocumented family can have any."""
    catalogue = load()
    values = {action: catalogue.root([action]).at(("event", "value")) for action in ("LOAN", "JOB_END", "HOLDING")}
    assert {action: member and member.values for action, member in values.items()} == {
        "LOAN": catalogue.families["LOAN"].events,
        "JOB_END": (),
        "HOLDING": None,
    }
    everything = catalogue.root().at(("event", "value"))
    assert everything is not None
    assert {"LOAN_LOST", "BIB_DELETED"} < set(everything.values or ())
    assert catalogue.families_of("LOAN_LOST") == ["LOAN"]


def test_an_unknown_action_can_be_any_event() -> None:
    """Nothing is known about it, so every known member is possible."""
    assert load().root(["INVENTED"]) == load().root()


def test_samples_add_families_values_and_members() -> None:
    """The folder of a project can have events that no public source has; what is not an event adds nothing."""
    bodies = [
        b'{"action": "loan", "event": {"value": "LOAN_SHELVED"}, "item_loan": {"shelf": "A1"}}',
        b'{"action": "VENDOR", "vendor": {"code": "x"}}',
        b"not an event",
    ]
    found = load().with_samples(bodies)
    assert "LOAN_SHELVED" in (found.families["LOAN"].events or ())
    assert found.root(["LOAN"]).at(("item_loan", "shelf")) is not None
    assert found.families["VENDOR"].source == FROM_SAMPLES
    assert found.root(["VENDOR"]).at(("vendor", "code")) is not None
    assert load().root(["LOAN"]).at(("item_loan", "shelf")) is None


def test_a_folder_without_an_index_has_the_catalogue_alone(tmp_path: Path) -> None:
    """A mistake in the index is not reported here, and the other samples count."""
    assert known_events(tmp_path) == load()
    (tmp_path / "index.yaml").write_text(
        "one: {file: one.json, expect: {outcome: ignored}}\ntwo: {file: two.json, expect: {outcome: ignored}}\n"
    )
    (tmp_path / "two.json").write_text('{"action": "VENDOR"}')
    assert "VENDOR" in known_events(tmp_path).families
