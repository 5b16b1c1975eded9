"""Every printed advice is run by a test as printed, or has a reason here why not."""

from typing import Final

import pytest

from scripts.cli.advice import Advice
from tests.end_to_end import (
    test_doctor_advice,
    test_explain_advice,
    test_fix,
    test_notification_dead_letters,
    test_notification_doctor,
)
from tests.end_to_end.advised import EXERCISED, commands_of, is_of

_PEOPLE: Final = "only people can do it"
_OTHERS: Final = "the target belongs to somebody else, and how it is created is not known here"

NOT_RUN: Final = {
    Advice.fetch_again: _PEOPLE,
    Advice.confirm: f"{_PEOPLE}: the link is in an e-mail from AWS",
    Advice.set_clock: f"{_PEOPLE}, on their computer",
    Advice.reach_listener: f"{_PEOPLE}, in their network",
    Advice.create_target: _OTHERS,
    Advice.create_then_fix: f"{_OTHERS}; the command after it is that of Advice.fix_and_replay",
    Advice.change_target: f"{_PEOPLE}: the ARN is theirs; the command after it is that of Advice.change_at",
    Advice.allow: f"{_OTHERS}: their policy; the emulator checks no permissions; the replay is that of Advice.replay",
    Advice.apply_topic: f"{_PEOPLE}: they know the text; the command after it is that of Advice.replay",
    Advice.use_standard: f"{_PEOPLE}: a state machine's type cannot be changed",
    Advice.grant: "the emulator checks no permissions; tests/test_permissions.py compares the documents with the calls",
    Advice.look_again: "like Advice.grant and Advice.again, which it combines",
    Advice.deploy_then_fix: "like Advice.deploy_then_replay and Advice.fix_and_replay, which it combines",
    Advice.check_unrecorded: f"{_PEOPLE}: they check all targets; the command after it is that of Advice.replay",
    Advice.read_subscriptions: "like Advice.grant; the command after it is that of Advice.fix_and_replay",
    Advice.store_secret: "like Advice.store_topic_secret and Advice.replay, which it combines",
    Advice.again: "waiting changes nothing on the emulator, which answers at once",
    Advice.later: "like Advice.again",
    Advice.read_ingest_log: "it names a log to read and no command",
    Advice.read_retries: "it names a log to read and no command",
    Advice.read_sender_log: "it names a log to read and no command",
    Advice.list_dead_notifications: "like Advice.list_dead_letters, on the other queue",
    Advice.list_dead_messages: "like Advice.list_dead_letters, on the queue of a further part",
    Advice.apply_topics: "a test of the command itself applies topics",
    Advice.delete_topic: "a test of the command itself deletes a topic",
    Advice.correct_topics: "like Advice.apply_topics, after a correction by people",
    Advice.set_parameter: "like Advice.raise_throttle, with another parameter",
    Advice.verify_identity: f"{_PEOPLE}: DNS records, or the link in an e-mail from AWS",
    Advice.finish_verification: f"{_PEOPLE}: DNS records, or the link in an e-mail from AWS",
    Advice.change_sender: f"{_PEOPLE}: the address is theirs",
    Advice.leave_ses_sandbox: f"{_PEOPLE}, in the console of AWS, and AWS decides",
    Advice.ask_aws_about_email: f"{_PEOPLE}, in the console of AWS",
    Advice.raise_email_quota: f"{_PEOPLE}, in the console of AWS, and AWS decides",
    Advice.leave_sms_sandbox: f"{_PEOPLE}, in the console of AWS, and AWS decides",
    Advice.raise_sms_limit: f"{_PEOPLE}, in the console of AWS, and AWS decides",
    Advice.log_sms: f"{_PEOPLE}, in the console of AWS",
    Advice.new_flow_address: f"{_PEOPLE}, in Teams",
    Advice.retire_api_key: "a test of the command itself retires a key",
    Advice.secret_retire: "it is rejected until the old secret was unused for a day; test_rotation.py runs it sooner",
}


def test_f74_every_advice_is_run_or_has_its_reason() -> None:
    """Every advice is run by a test or has a reason, and not both."""
    modules = (
        *(test_doctor_advice, test_explain_advice, test_fix),
        *(test_notification_dead_letters, test_notification_doctor),
    )
    assert len({each.SITE for each in modules}) == len(modules)  # all were imported, and so declared what they run
    assert set(Advice) - EXERCISED - set(NOT_RUN) == set()
    assert EXERCISED & set(NOT_RUN) == set()


@pytest.mark.parametrize("advice", [advice for advice in Advice if advice in EXERCISED])
def test_f74_the_commands_of_an_advice_are_found(advice: Advice) -> None:
    """The commands of every advice are found; two advices have them in their values."""
    if advice not in {Advice.alarm_description, Advice.deploy_routes}:
        assert commands_of(advice.value)
    assert is_of(advice.value, advice)


def test_f74_advice_that_is_not_run_names_no_command() -> None:
    """An advice that no test runs names no command, except for these."""
    named = {advice for advice in NOT_RUN if commands_of(advice.value)}
    others = {Advice.deploy_then_fix, Advice.look_again, Advice.read_subscriptions, Advice.secret_retire}
    others |= {Advice.create_then_fix, Advice.change_target, Advice.check_unrecorded, Advice.allow}
    others |= {Advice.list_dead_notifications, Advice.apply_topics, Advice.correct_topics, Advice.apply_topic}
    others |= {Advice.delete_topic, Advice.retire_api_key, Advice.list_dead_messages}
    others |= {Advice.set_parameter, Advice.verify_identity, Advice.store_secret}
    assert named == others
