"""Reading a run of mutmut: what a mutant changes, whether it was killed, and what is no run."""

import json
from pathlib import Path

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.devtools.mutation.mutants import Mutant, read

MODULE = '''\
def x_plain__mutmut_orig(a, b=""):
    """Adds."""
    return (
        a
        + b
    )


def x_plain__mutmut_1(a, b="XXXX"):
    """Adds."""
    return (
        a
        + b
    )


def x_plain__mutmut_2(a, b=""):
    """Adds."""
    return a


class Pattern:
    def xǁPatternǁ__str____mutmut_orig(self):
        return "x"

    def xǁPatternǁ__str____mutmut_1(self):
        return None
'''
SPANS = {
    "x_plain__mutmut_orig": [1, 6],
    "x_plain__mutmut_1": [9, 14],
    "x_plain__mutmut_2": [17, 19],
    "xǁPatternǁ__str____mutmut_orig": [23, 24],
    "xǁPatternǁ__str____mutmut_1": [26, 27],
}
CODES = {
    "processor.routing.patterns.x_plain__mutmut_1": 0,
    "processor.routing.patterns.x_plain__mutmut_2": 1,
    "processor.routing.patterns.xǁPatternǁ__str____mutmut_1": 33,
}


def run_of(folder: Path, codes: dict[str, int | None]) -> Path:
    module = folder / "processor" / "routing" / "patterns.py"
    module.parent.mkdir(parents=True)
    module.write_text(MODULE, "utf-8")
    module.with_name("patterns.py.meta").write_text(json.dumps({"exit_code_by_key": codes}), "utf-8")
    module.with_name("patterns.py.spans").write_text(json.dumps({"version": 1, "spans": SPANS}), "utf-8")
    return folder


def test_a_mutant_is_what_it_changes(tmp_path: Path) -> None:
    """Place, the line before and after, without indentation, several lines as one."""
    module = "processor.routing.patterns"
    assert read(run_of(tmp_path, dict(CODES))) == [
        Mutant(
            f"{module}.x_plain__mutmut_1",
            module,
            "plain",
            'def plain(a, b=""):',
            'def plain(a, b="XXXX"):',
            is_killed=False,
        ),
        Mutant(f"{module}.x_plain__mutmut_2", module, "plain", "return ( a + b )", "return a", is_killed=True),
        Mutant(
            f"{module}.xǁPatternǁ__str____mutmut_1",
            module,
            "Pattern.__str__",
            'return "x"',
            "return None",
            is_killed=False,
        ),
    ]


def test_a_place_is_module_and_function(tmp_path: Path) -> None:
    """What a reason is kept by has no number in it."""
    last = read(run_of(tmp_path, dict(CODES)))[-1]
    assert last.place == "processor.routing.patterns.Pattern.__str__"


@pytest.mark.parametrize("code", [1, 3, 36, -24, 24, 152, 255, -9])
def test_a_failed_test_and_a_time_out_kill(code: int, tmp_path: Path) -> None:
    """Pytest failed, or the mutant ran on for ever."""
    assert read(run_of(tmp_path, {"processor.routing.patterns.x_plain__mutmut_1": code}))[0].is_killed


@pytest.mark.parametrize("code", [0, 5, 33, 34, 35, -11])
def test_everything_else_survives(code: int, tmp_path: Path) -> None:
    """What no test reaches, or what ended in a way that tells nothing, is not killed."""
    assert not read(run_of(tmp_path, {"processor.routing.patterns.x_plain__mutmut_1": code}))[0].is_killed


def test_patterns_pick_mutants(tmp_path: Path) -> None:
    """As for mutmut itself, by its own names; what was not picked need not have been tried."""
    folder = run_of(tmp_path, {**CODES, "processor.routing.patterns.x_plain__mutmut_1": None})
    assert [mutant.function for mutant in read(folder, ["*Pattern*"])] == ["Pattern.__str__"]


@pytest.mark.parametrize("code", [None, 2])
def test_a_run_that_was_interrupted_is_no_run(code: int | None, tmp_path: Path) -> None:
    """Half a run must not look like a good one."""
    with pytest.raises(FailedError, match=r"interrupted before processor\.routing\.patterns\.x_plain"):
        read(run_of(tmp_path, {**CODES, "processor.routing.patterns.x_plain__mutmut_1": code}))


def test_nothing_is_no_run(tmp_path: Path) -> None:
    """Without a single mutant there is nothing to be content with."""
    with pytest.raises(FailedError, match="No matching mutants"):
        read(tmp_path)
    with pytest.raises(FailedError, match="No matching mutants"):
        read(run_of(tmp_path, dict(CODES)), ["processor.routing.models*"])
