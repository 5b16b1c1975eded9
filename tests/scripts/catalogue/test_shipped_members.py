"""The names that the processor knows are those of the catalogue."""

from pathlib import Path

from processor.alma import known_members
from scripts.catalogue.catalogue import load
from scripts.catalogue.shipped_members import text


def test_the_module_of_the_processor_is_up_to_date() -> None:
    """The first line of scripts/catalogue/shipped_members.py has the command that writes it."""
    assert Path(str(known_members.__file__)).read_text("utf-8") == text()


def test_every_listed_name_is_in_the_catalogue() -> None:
    """And the paths are those of its objects."""
    root = load().root()
    for path, names in known_members.KNOWN.items():
        member = root.at(path.split(".") if path else ())
        assert member
        assert names == set(member.members)
