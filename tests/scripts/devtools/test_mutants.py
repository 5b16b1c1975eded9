"""The verdict on mutation tests: scores, survivors without a reason, reasons without a survivor; and what is copied."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from scripts.cli.exit_codes import FailedError
from scripts.devtools.mutants import REASONS, Survivor, exit_codes, judge, main, survivor

ROOT = Path(__file__).parents[3]
MODULE = "processor.routing.patterns"
CODES = dict.fromkeys((f"{MODULE}.x_f__mutmut_{number}" for number in range(2, 11)), 1)
LISTED = yaml.safe_load("""\
everywhere:
  - {was: '"utf-8"', now: '"UTF-8"', why: "equivalent: case"}
processor.routing.patterns.f:
  - wording: an Empty list
  - {was: "a, 1", now: ["a, 2", "a"], why: "equivalent: not used"}
""")
REASON = {f"{MODULE}.f": [{"was": "x", "now": "y", "why": "equivalent: x"}]}


def alive(was: str, now: str, function: str = "f") -> Survivor:
    return Survivor(f"{MODULE}.x_{function}__mutmut_1", f"{MODULE}.{function}", was, now)


def judged(one: Survivor | None, killed: int = 9, *, is_whole: bool = True) -> None:
    codes = dict(list(CODES.items())[:killed])
    judge(codes | ({one.name: 0} if one else {}), [one] if one else [], REASON, is_whole=is_whole)


def run_of(folder: Path, codes: dict[str, int | None]) -> Path:
    (folder / "patterns.py.meta").write_text(json.dumps({"exit_code_by_key": codes}), "utf-8")
    return folder


def test_a_survivor_is_what_it_changes() -> None:
    """Place, the lines before and after, without indentation, several lines as one."""
    diff = "--- p.py\n+++ p.py\n@@ -1,5 +1,2 @@\n def f(a):\n-    return (\n-        a\n-    )\n+    return None"
    assert survivor(f"{MODULE}.x_f__mutmut_2", diff)[1:] == (f"{MODULE}.f", "return ( a )", "return None")
    assert survivor(f"{MODULE}.xǁPatternǁ__str____mutmut_1", diff).place == f"{MODULE}.Pattern.__str__"


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
def test_a_reason_fits_the_change_that_it_names(was: str, now: str) -> None:
    """Wording in mutmut's three ways, a listed change wherever it stands in the line, and what holds everywhere."""
    assert alive(was, now).reason(LISTED)


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
def test_a_reason_fits_nothing_more(was: str, now: str) -> None:
    """Another change of the same line needs a reason of its own."""
    assert alive(was, now).reason(LISTED) is None


def test_a_reason_fits_its_place_only() -> None:
    """The same line elsewhere may matter."""
    assert alive("f(a, 1)", "f(a)", function="g").reason(LISTED) is None
    assert alive('"utf-8"', '"UTF-8"', function="g").reason(LISTED)


def test_a_good_run_shows_each_modules_score(capsys: pytest.CaptureFixture[str]) -> None:
    """Nine of ten, and the tenth with its reason."""
    judged(alive("x", "y"))
    module, verdict = capsys.readouterr().out.splitlines()
    assert module.split() == [MODULE, "9", "of", "10", "90.0", "%"]
    assert verdict == "Killed 90.0 % of 10 mutants; 1 survivor, none without a reason."


def test_a_survivor_without_a_reason_fails_with_its_change(capsys: pytest.CaptureFixture[str]) -> None:
    """The output shows what the tests did not notice, and mutmut's name for it."""
    with pytest.raises(FailedError, match=r"1 of 1 survivor without a reason in tests/mutants\.yaml"):
        judged(alive("x", "z"))
    assert f"\n{MODULE}.x_f__mutmut_1\n- x\n+ z\n" in capsys.readouterr().out


def test_a_low_score_fails_despite_the_reasons() -> None:
    """Reasons explain the last tenth, not half of the code."""
    with pytest.raises(FailedError, match=r"^Killed 88\.9 % of 9 mutants; at least 90\.0 % required; 0 of"):
        judged(alive("x", "y"), killed=8)


@pytest.mark.parametrize("is_whole", [True, False])
def test_an_unused_reason_is_shown_after_a_whole_run(is_whole: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """After a part of one nobody can know, and it is not a failure."""
    judged(None, is_whole=is_whole)
    assert (f"Unused reason: {MODULE}.f: x" in capsys.readouterr().out) is is_whole


def test_patterns_select_mutants(tmp_path: Path) -> None:
    """As for mutmut itself, by its own names; a mutant that was not selected need not have been tried."""
    folder = run_of(tmp_path, {"a.x_f__mutmut_1": None, "b.x_f__mutmut_1": 1})
    assert exit_codes(folder, ["b*"]) == {"b.x_f__mutmut_1": 1}


@pytest.mark.parametrize("code", [None, 2])
def test_an_interrupted_run_fails(code: int | None, tmp_path: Path) -> None:
    """Half a run must not look like a good one."""
    with pytest.raises(FailedError, match=r"interrupted before a\.x_f"):
        exit_codes(run_of(tmp_path, {"a.x_f__mutmut_1": code}), [])


def test_without_a_run_the_exit_code_is_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One clear sentence, no traceback."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 1
    assert "make mutants: No matching mutants in mutants/" in capsys.readouterr().err


def test_each_reason_has_wording_or_a_change() -> None:
    """The checked-in list has the right form, and says of each change why no test notices it."""
    listed = yaml.safe_load((Path(__file__).parents[3] / REASONS).read_text("utf-8"))
    for place, reasons in listed.items():
        for reason in reasons:
            assert reason.keys() in ({"wording"}, {"was", "now", "why"}), place
            assert reason.get("why", "only ").startswith(("equivalent: ", "only ")), place


def test_the_tests_of_mutants_have_all_folders_that_they_import() -> None:
    """Those tests run in a copy of the project: what is neither copied nor installed is missing there."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    copied = {*settings["source_paths"], *settings["also_copy"], "tests"}
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert "benchmarks" in folders
    texts = [
        path.read_text("utf-8") for name in settings["source_paths"] for path in (ROOT / "tests" / name).rglob("*.py")
    ]
    imported = {name for text in texts for name in re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE)}
    assert imported & folders <= copied
