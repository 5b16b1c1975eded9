"""Reasons of survivors: which mutants one fits, and what is no list of them."""

from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.devtools.mutation.survivors import SurvivorReason, read
from tests.scripts.devtools.mutation.survivor import survivor

LISTED = """\
everywhere:
  - {was: '"utf-8"', now: '"UTF-8"', why: "equivalent: case"}
processor.routing.patterns.f:
  - wording: an Empty list
  - {was: "a, 1", now: ["a, 2", "a"], why: "equivalent: not used"}
"""


def listed(folder: Path, text: str = LISTED) -> list[SurvivorReason]:
    path = folder / "reasons.yaml"
    path.write_text(text, "utf-8")
    return read(path)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('raise E("an Empty list")', 'raise E("XXan Empty listXX")'),
        ('raise E("an Empty list")', 'raise E("an empty list")'),
        ('raise E("an Empty list")', 'raise E("AN EMPTY LIST")'),
        ("f(a, 1)", "f(a, 2)"),
        ("f(a, 1)", "f(a)"),
        ("g(a, 1) + f(a, 1)", "g(a, 1) + f(a, 2)"),
        ('x.encode("utf-8")', 'x.encode("UTF-8")'),
    ],
)
def test_a_reason_fits_the_change_that_it_names(was: str, now: str, tmp_path: Path) -> None:
    """Wording in mutmut's three ways, a listed change wherever it stands in the line, and what holds everywhere."""
    assert any(reason.fits(survivor(was, now)) for reason in listed(tmp_path))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('raise E("an Empty list")', "raise E(None)"),
        ('raise E("an Empty list", 1)', 'raise E("XXan Empty listXX", 2)'),
        ("f(a, 1)", "f(a, 3)"),
        ("f(a, 1) + g(a, 1)", "f(a, 2) + g(a, 2)"),
        ("f(b)", "f(b)"),
    ],
)
def test_a_reason_fits_nothing_more(was: str, now: str, tmp_path: Path) -> None:
    """Another change of the same line needs a reason of its own."""
    assert not any(reason.fits(survivor(was, now)) for reason in listed(tmp_path))


def test_a_reason_fits_its_place_only(tmp_path: Path) -> None:
    """The same line elsewhere may matter."""
    reasons = listed(tmp_path)
    assert not any(reason.fits(survivor("f(a, 1)", "f(a)", function="g")) for reason in reasons)
    assert any(reason.fits(survivor('"utf-8"', '"UTF-8"', function="g")) for reason in reasons)


def test_an_empty_list_is_one(tmp_path: Path) -> None:
    """A project without survivors needs no reasons."""
    assert listed(tmp_path, "# nothing\n") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.b:\n  - {was: x, now: y}\n", r"reasons\.yaml, a\.b → 0: field required; each reason has wording alone"),
        ("a.b:\n  - {wording: x, why: y}\n", r"a\.b → 0"),
        (
            "a.b:\n  - {was: x, now: y, why: hard to test}\n",
            r"string should match pattern .*\(equivalent: …, or: only …\)",
        ),
        ("a.b: x\n", r"reasons\.yaml, a\.b: "),
        ("a: b: c\n", "Cannot read "),
    ],
)
def test_a_list_of_another_form_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """The sentence names the file and the place in it."""
    with pytest.raises(ConfigurationError, match=message):
        listed(tmp_path, text)


def test_a_list_that_is_missing_is_refused(tmp_path: Path) -> None:
    """Its file is named."""
    with pytest.raises(ConfigurationError, match=r"Cannot read .*missing\.yaml"):
        read(tmp_path / "missing.yaml")


def test_our_own_list_is_one() -> None:
    """What is checked in has the right form."""
    assert read(Path(__file__).parents[3] / "mutants.yaml")
