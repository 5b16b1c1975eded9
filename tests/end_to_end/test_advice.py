"""Nothing is advised that was never tried: each advice is run by a test as printed, or has its reason here."""

from typing import Final

import pytest

from scripts.cli.advice import Advice
from tests.end_to_end import test_doctor_advice, test_explain_advice
from tests.end_to_end.advised import EXERCISED, commands_of, is_of

_PEOPLE: Final = "only people can do it"
_OTHERS: Final = "the target is somebody else's, and how it is made is not known here"

NOT_RUN: Final = {
    Advice.fetch_again: _PEOPLE,
    Advice.confirm: f"{_PEOPLE}: the link is in a mail of AWS'",
    Advice.set_clock: f"{_PEOPLE}, on their computer",
    Advice.reach_listener: f"{_PEOPLE}, in their network",
    Advice.create_target: _OTHERS,
    Advice.create_then_replay: f"{_OTHERS}; the replay after it is that of Advice.replay",
    Advice.change_target: f"{_PEOPLE}: the ARN is theirs; the replay after it is that of Advice.replay",
    Advice.use_standard: f"{_PEOPLE}: a state machine's type cannot be changed",
    Advice.grant: "the emulator checks no rights; tests/test_permissions.py holds the documents to the calls",
    Advice.look_again: "as Advice.grant and Advice.again, which it repeats",
    Advice.again: "waiting changes nothing on the emulator, which answers at once",
    Advice.later: "as Advice.again",
    Advice.read_ingest_log: "it names a log to read, and no command",
    Advice.read_retries: "it names a log to read, and no command",
    Advice.secret_retire: "it is rejected until the old secret was unused for a day; test_rotation.py runs it sooner",
}


def test_f74_every_advice_is_run_or_has_its_reason() -> None:
    """Another advice needs a test before it is printed; one that is run has no reason not to be."""
    assert test_doctor_advice.SITE != test_explain_advice.SITE  # both were imported, and so noted what they run
    assert set(Advice) - EXERCISED - set(NOT_RUN) == set()
    assert EXERCISED & set(NOT_RUN) == set()


@pytest.mark.parametrize("advice", [advice for advice in Advice if advice in EXERCISED])
def test_f74_a_command_in_an_advice_is_found(advice: Advice) -> None:
    """Else a test would run none of it; those of an alarm's description and an undeployed file are values."""
    if advice not in {Advice.alarm_description, Advice.deploy_routes}:
        assert commands_of(advice.value)
    assert is_of(advice.value, advice)


def test_f74_advice_that_is_not_run_names_no_command() -> None:
    """Of ours or of AWS', but the replay after something that people do, and what is run elsewhere."""
    named = {advice for advice in NOT_RUN if commands_of(advice.value)}
    assert named == {Advice.create_then_replay, Advice.change_target, Advice.look_again, Advice.secret_retire}
