"""The verdict on a run of mutmut: scores, survivors without a reason, reasons without a survivor."""

import pytest

from scripts.cli.exit_codes import FailedError
from scripts.devtools.mutation.judge_mutants import judge, main
from scripts.devtools.mutation.survivors import SurvivorReason
from tests.scripts.devtools.mutation.survivor import survivor

KILLED = [survivor("a", "b", is_killed=True)] * 9
REASON = SurvivorReason("processor.routing.patterns.f", "x", ("y",))


def test_a_good_run_shows_each_modules_score(capsys: pytest.CaptureFixture[str]) -> None:
    """Nine of ten, and the tenth with its reason."""
    judge([*KILLED, survivor("x", "y")], [REASON], is_whole=True)
    module, verdict = capsys.readouterr().out.splitlines()
    assert module.split() == ["processor.routing.patterns", "9", "of", "10", "90.0", "%"]
    assert verdict == "90.0 % of 10 mutants are killed; 1 survivor, none without a reason."


def test_a_survivor_without_a_reason_fails_with_its_change(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads it sees what the tests did not notice, and mutmut's name for it."""
    with pytest.raises(FailedError, match=r"1 of 1 survivor without a reason in tests/mutants\.yaml"):
        judge([*KILLED, survivor("x", "z")], [REASON], is_whole=True)
    assert "\nprocessor.routing.patterns.x_f__mutmut_1\n- x\n+ z\n" in capsys.readouterr().out


def test_a_low_score_fails_whatever_the_reasons() -> None:
    """Reasons explain the last tenth, not half of the code."""
    with pytest.raises(FailedError, match=r"^88\.9 % of 9 mutants killed, at least 90\.0 % required; 0 of"):
        judge([*KILLED[:8], survivor("x", "y")], [REASON], is_whole=True)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_reason_that_no_longer_applies_is_told_after_a_whole_run(
    is_whole: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a part of one nobody can know, and it is no failure."""
    judge(KILLED, [REASON], is_whole=is_whole)
    told = "Unused reason: processor.routing.patterns.f: x" in capsys.readouterr().out
    assert told is is_whole


def test_without_a_run_the_exit_code_is_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    """One clear sentence, no traceback."""
    monkeypatch.chdir(str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 1
    assert "make mutants: No matching mutants in mutants/" in capsys.readouterr().err
