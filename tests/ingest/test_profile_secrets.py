"""The profiles' secrets: which are usable, how long they are kept, and what happens when SSM is down."""

from collections.abc import Callable
from typing import Any

import pytest

from ingest.aws import AwsError
from ingest.deadline import Deadline
from ingest.gateway import Request
from ingest.profile_secrets import (
    ABSENCE_SECONDS,
    BACK_OFF_SECONDS,
    COOL_DOWN_SECONDS,
    NoUsableSecretError,
    ProfileSecrets,
    Secrets,
)
from ingest.profile_secrets import SecretsUnavailableError as Unavailable
from ingest.receive import Listener, RejectedRequest
from tests.ingest.clocks import FakeClock

LIFETIME_SECONDS = 300.0
DEADLINE = Deadline(1, FakeClock())
NONE = Secrets("", "")


class FakeSsm:
    """Parameters by name, a switch, and what happens while an answer is on its way; counts what it is asked."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.is_down = False
        self.asked: list[list[str]] = []
        self.before: Callable[[], None] = lambda: None
        self.on_the_way: Callable[[], None] = lambda: None

    def call(self, operation: str, members: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        assert deadline is DEADLINE
        assert (operation, members["WithDecryption"]) == ("GetParameters", True)
        self.asked.append(members["Names"])
        self.before()
        if self.is_down:
            raise AwsError("TimeoutError")
        known = {name: name.rsplit("/", 1)[1].replace("-", "_") for name in members["Names"]}
        answer = {"Parameters": [{"Name": n, "Value": self.values[k]} for n, k in known.items() if k in self.values]}
        self.on_the_way()
        return answer


class Case:
    """Secrets of the profile alma at dev over a fake SSM and a clock."""

    def __init__(self, **values: str) -> None:
        self.clock = FakeClock()
        self.wall = FakeClock(1_780_000_000.0)
        self.ssm = FakeSsm(**values)
        self.secrets = self.kept_for(LIFETIME_SECONDS)

    def kept_for(self, seconds: float) -> ProfileSecrets:
        ssm: Any = self.ssm  # the part of a client that is used
        return ProfileSecrets(ssm, "dev", seconds, monotonic=self.clock, wall=self.wall)

    def usable(self) -> Secrets:
        return self.secrets.usable("alma", DEADLINE)

    def after_mismatch(self) -> Secrets:
        return self.secrets.after_mismatch("alma", DEADLINE)


def test_both_secrets_are_read_with_one_call() -> None:
    """Current before previous, in the order of their names, decrypted."""
    case = Case(secret="new", previous_secret="old")
    assert case.usable() == ("new", "old")
    assert case.ssm.asked == [["/alma-webhooks/dev/alma/secret", "/alma-webhooks/dev/alma/previous-secret"]]


@pytest.mark.parametrize(
    ("values", "usable"),
    [
        ({"secret": "new"}, ("new", "")),
        ({"previous_secret": "old"}, ("", "old")),
        ({"secret": " \n", "previous_secret": "old"}, ("", "old")),
        ({"secret": "new\n", "previous_secret": ""}, ("new", "")),
    ],
)
def test_one_usable_secret_is_enough(values: dict[str, str], usable: tuple[str, str]) -> None:
    """A missing previous secret is normal, a blank one is missing, and a final newline is not part of a secret."""
    assert Case(**values).usable() == usable


@pytest.mark.parametrize("values", [{}, {"secret": ""}, {"secret": " \t\n", "previous_secret": "\n"}])
def test_f07_no_usable_secret_is_said_and_soon_asked_for_again(values: dict[str, str]) -> None:
    """A blank secret verifies nothing; a flood does not reach SSM, and one that is stored is found within seconds."""
    case = Case(**values)
    for _ in range(20):
        with pytest.raises(NoUsableSecretError):
            case.usable()
    assert len(case.ssm.asked) == 1
    case.clock.pass_(ABSENCE_SECONDS)
    case.ssm.values = {"secret": "new"}
    assert case.usable() == ("new", "")


def test_secrets_are_kept_for_their_lifetime() -> None:
    """SSM is asked once, and again when the lifetime is over."""
    case = Case(secret="first")
    assert case.usable() == ("first", "")
    case.ssm.values = {"secret": "second"}
    case.clock.pass_(LIFETIME_SECONDS - 1)
    assert case.usable() == ("first", "")
    case.clock.pass_(1)
    assert case.usable() == ("second", "")
    assert len(case.ssm.asked) == 2


def test_a_frozen_function_notices_that_time_went_by() -> None:
    """The monotonic clock may stop while Lambda freezes the function, so the wall clock counts too."""
    case = Case(secret="first")
    case.usable()
    case.ssm.values = {"secret": "second"}
    case.wall.pass_(LIFETIME_SECONDS)
    assert case.usable() == ("second", "")


def test_f08_the_lifetime_counts_from_before_the_reading() -> None:
    """A rotation during SSM's answer is seen one lifetime after it, not one lifetime after the answer came."""
    case = Case(secret="first")
    case.ssm.on_the_way = lambda: case.clock.pass_(3)
    assert case.usable() == ("first", "")
    case.ssm.values = {"secret": "second", "previous_secret": "first"}
    case.clock.pass_(LIFETIME_SECONDS - 3)
    assert case.usable() == ("second", "first")


def test_f08_a_used_up_cool_down_rejects_no_secret_older_than_the_lifetime() -> None:
    """Somebody's bad signature a moment before a rotation: the new secret is known one lifetime later all the same."""
    case = Case(secret="first")
    case.usable()
    assert case.after_mismatch() == ("first", "")
    case.ssm.values = {"secret": "second", "previous_secret": "first"}
    case.clock.pass_(LIFETIME_SECONDS)
    assert case.usable() == ("second", "first")


def test_f08_the_promise_holds_when_the_cool_down_is_longer_than_the_lifetime() -> None:
    """The cool-down bounds only how often a mismatch asks SSM; the lifetime alone says what is known."""
    case = Case(secret="first")
    case.secrets = case.kept_for(5.0)
    case.usable()
    case.after_mismatch()
    case.ssm.values = {"secret": "second", "previous_secret": "first"}
    case.clock.pass_(5.0)
    assert case.usable() == ("second", "first")


def test_f09_while_ssm_is_down_no_signature_is_certainly_wrong() -> None:
    """Old secrets go on, but what they do not give is open, cool-down or not: it may be rotated since."""
    case = Case(secret="first")
    case.secrets = case.kept_for(5.0)
    case.usable()
    assert case.after_mismatch() == ("first", "")
    case.clock.pass_(5.0)
    case.ssm.is_down = True
    assert case.usable() == ("first", "")
    with pytest.raises(Unavailable):
        case.after_mismatch()
    assert len(case.ssm.asked) == 3


def test_f22_the_text_of_values_has_no_secret() -> None:
    """Whatever prints the value prints no secret."""
    assert repr(Secrets("new", "old")) == str(Secrets("new", "old")) == "Secrets(…)"


def test_f08_a_removed_secret_is_gone_after_the_lifetime() -> None:
    """What has been taken away is not used for ever, even if nothing is left."""
    case = Case(secret="new", previous_secret="old")
    case.usable()
    case.ssm.values = {"secret": "new"}
    case.clock.pass_(LIFETIME_SECONDS)
    assert case.usable() == ("new", "")
    case.ssm.values = {}
    case.clock.pass_(LIFETIME_SECONDS)
    with pytest.raises(NoUsableSecretError):
        case.usable()


def test_f08_a_mismatch_refreshes_at_once_but_not_again_within_the_cool_down() -> None:
    """A rotated secret is found by the first mismatch; a flood of wrong signatures asks SSM once a minute."""
    case = Case(secret="first")
    case.usable()
    case.ssm.values = {"secret": "second", "previous_secret": "first"}
    assert case.after_mismatch() == ("second", "first")
    assert case.usable() == ("second", "first")
    for _ in range(100):
        assert case.after_mismatch() == NONE
    assert len(case.ssm.asked) == 2
    case.clock.pass_(COOL_DOWN_SECONDS)
    assert case.after_mismatch() == ("second", "first")


def test_f09_known_secrets_keep_working_while_ssm_is_down() -> None:
    """A warm function does not need SSM, and does not ask it on every request while it is down."""
    case = Case(secret="first")
    case.usable()
    case.ssm.is_down = True
    case.clock.pass_(LIFETIME_SECONDS)
    for _ in range(10):
        assert case.usable() == ("first", "")
    assert len(case.ssm.asked) == 2
    case.clock.pass_(BACK_OFF_SECONDS[0])
    case.ssm.is_down = False
    case.ssm.values = {"secret": "second"}
    assert case.usable() == ("second", "")


def test_f09_a_cold_function_without_ssm_knows_nothing() -> None:
    """Neither accepted nor rejected: unavailable, until SSM answers."""
    case = Case(secret="first")
    case.ssm.is_down = True
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"^TimeoutError$"):
            case.usable()
    case.ssm.is_down = False
    assert case.usable() == ("first", "")


def test_f08_a_removed_secret_does_not_come_back_when_ssm_is_down() -> None:
    """What SSM once said to be gone is not taken from memory later."""
    case = Case(secret="first")
    case.usable()
    case.ssm.values = {}
    case.clock.pass_(LIFETIME_SECONDS)
    with pytest.raises(NoUsableSecretError):
        case.usable()
    case.ssm.is_down = True
    case.clock.pass_(ABSENCE_SECONDS)
    with pytest.raises(Unavailable):
        case.usable()


def test_a_mismatch_that_ssm_cannot_settle_stays_open() -> None:
    """The secret may have been rotated: until SSM has answered, a wrong signature is not certainly wrong."""
    case = Case(secret="first")
    case.usable()
    case.ssm.is_down = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            case.after_mismatch()
    assert len(case.ssm.asked) == 2
    assert case.usable() == ("first", "")
    case.ssm.is_down = False
    case.clock.pass_(BACK_OFF_SECONDS[0])
    assert case.after_mismatch() == ("first", "")
    assert case.after_mismatch() == NONE


def test_f09_after_failures_a_mismatch_asks_again_in_1_2_5_and_10_seconds() -> None:
    """One failed read does not postpone a rotated secret by a minute; only an answer starts the cool-down of 60 s."""
    case = Case(secret="first")
    case.usable()
    case.ssm.is_down = True
    for seconds in (1, 2, 5, 10, 10):
        asked = len(case.ssm.asked)
        for _ in range(2):  # the second one does not ask
            with pytest.raises(Unavailable):
                case.after_mismatch()
        assert len(case.ssm.asked) == asked + 1
        case.clock.pass_(seconds - 0.1)
        with pytest.raises(Unavailable, match=r"^BackOff$"):
            case.after_mismatch()
        assert len(case.ssm.asked) == asked + 1
        case.clock.pass_(0.1)
    case.ssm.is_down = False
    case.ssm.values = {"secret": "second"}
    assert case.after_mismatch() == ("second", "")
    case.clock.pass_(COOL_DOWN_SECONDS - 1)
    assert case.after_mismatch() == NONE


def test_f09_an_answer_ends_the_back_off() -> None:
    """The next failure, hours later, waits for a second again."""
    case = Case(secret="first")
    case.usable()
    for _ in range(3):
        case.ssm.is_down = True
        with pytest.raises(Unavailable):
            case.after_mismatch()
        case.clock.pass_(BACK_OFF_SECONDS[0])
        case.ssm.is_down = False
        assert case.after_mismatch() == ("first", "")
        case.clock.pass_(COOL_DOWN_SECONDS)


def test_f09_the_back_off_counts_from_the_end_of_the_failed_call() -> None:
    """An SSM that answers nothing for seconds is not asked by the very next request again."""
    case = Case(secret="first")
    case.usable()
    case.ssm.is_down = True
    case.ssm.before = lambda: case.clock.pass_(3)
    for _ in range(2):
        with pytest.raises(Unavailable):
            case.after_mismatch()
    assert len(case.ssm.asked) == 2


def test_f09_a_failed_read_of_stale_secrets_ends_an_earlier_cool_down() -> None:
    """A bad signature used up the cool-down, then SSM fails: the next mismatch asks in a second, not a minute."""
    case = Case(secret="first")
    case.secrets = case.kept_for(5.0)
    case.usable()
    case.after_mismatch()
    case.clock.pass_(5.0)
    case.ssm.is_down = True
    assert case.usable() == ("first", "")
    with pytest.raises(Unavailable):
        case.after_mismatch()
    case.ssm.is_down = False
    case.ssm.values = {"secret": "second"}
    case.clock.pass_(BACK_OFF_SECONDS[0])
    assert case.after_mismatch() == ("second", "")


def test_f54_paths_of_strangers_add_nothing_to_what_is_kept() -> None:
    """The tables of secrets, times and failures hold the configured profiles, whatever others ask for."""
    case = Case()
    case.ssm.is_down = True
    unused: Any = None
    listener = Listener(("alma",), case.secrets, unused, unused)
    for path in ["/webhooks/alma", *(f"/webhooks/stranger-{number}" for number in range(1000))]:
        with pytest.raises(RejectedRequest):
            listener.answer(Request("POST", path, "", {"x-exl-signature": "eA=="}, b"{}", None), DEADLINE)
    tables = [value for value in vars(case.secrets).values() if isinstance(value, dict | set | list)]
    assert len(tables) >= 4
    assert all(set(table) <= {"alma"} for table in tables)
    assert len(case.ssm.asked) == 1


def test_profiles_have_their_own_secrets_and_cool_downs() -> None:
    """One profile's mismatches do not keep another's rotation from being noticed."""
    case = Case(secret="first")
    case.after_mismatch()
    assert case.secrets.after_mismatch("consortium", DEADLINE) == ("first", "")
    assert case.ssm.asked[1][0] == "/alma-webhooks/dev/consortium/secret"


@pytest.mark.parametrize("answer", [{}, {"Parameters": None}, {"Parameters": [{}]}, {"Parameters": [{"Name": "n"}]}])
def test_an_answer_that_makes_no_sense_is_no_answer(answer: dict[str, Any]) -> None:
    """SSM that answers in another form is unavailable, not a crash."""
    case = Case()
    case.ssm.call = lambda *_: answer  # type: ignore[method-assign]  # one odd answer
    with pytest.raises(Unavailable, match=r"^UnreadableAnswer$"):
        case.usable()
