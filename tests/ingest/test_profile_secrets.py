"""The secrets of profiles: which are usable, how long they are kept, and what happens while SSM is down."""

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
    """Parameters by name, a switch, and a hook that runs during a call; counts the requested names."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.is_down = False
        self.requested: list[list[str]] = []
        self.before: Callable[[], None] = lambda: None
        self.on_the_way: Callable[[], None] = lambda: None

    def call(self, operation: str, members: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        assert deadline is DEADLINE
        assert (operation, members["WithDecryption"]) == ("GetParameters", True)
        self.requested.append(members["Names"])
        self.before()
        if self.is_down:
            raise AwsError("TimeoutError")
        known = {name: name.rsplit("/", 1)[1].replace("-", "_") for name in members["Names"]}
        answer = {"Parameters": [{"Name": n, "Value": self.values[k]} for n, k in known.items() if k in self.values]}
        self.on_the_way()
        return answer


class Case:
    """The secrets of the profile alma at dev over a fake SSM and a fake clock."""

    def __init__(self, **values: str) -> None:
        self.clock = FakeClock()
        self.wall = FakeClock(1_780_000_000.0)
        self.ssm = FakeSsm(**values)
        self.secrets = self.kept_for(LIFETIME_SECONDS)

    def kept_for(self, seconds: float) -> ProfileSecrets:
        ssm: Any = self.ssm  # only the used methods of a client
        return ProfileSecrets(ssm, "dev", seconds, monotonic=self.clock, wall=self.wall)

    def usable(self) -> Secrets:
        return self.secrets.usable("alma", DEADLINE)

    def after_mismatch(self) -> Secrets:
        return self.secrets.after_mismatch("alma", DEADLINE)


def test_both_secrets_are_read_with_one_call() -> None:
    """The current secret comes before the previous one, and both are decrypted."""
    case = Case(secret="new", previous_secret="old")
    assert case.usable() == ("new", "old")
    assert case.ssm.requested == [["/alma-webhooks/dev/alma/secret", "/alma-webhooks/dev/alma/previous-secret"]]


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
def test_f07_no_usable_secret_is_reported_and_soon_read_again(values: dict[str, str]) -> None:
    """A blank secret verifies nothing; reads are limited in rate, and a new secret is found within seconds."""
    case = Case(**values)
    for _ in range(20):
        with pytest.raises(NoUsableSecretError):
            case.usable()
    assert len(case.ssm.requested) == 1
    case.clock.pass_(ABSENCE_SECONDS)
    case.ssm.values = {"secret": "new"}
    assert case.usable() == ("new", "")


def test_secrets_are_kept_for_their_lifetime() -> None:
    """SSM is called once, and again when the lifetime is over."""
    case = Case(secret="first")
    assert case.usable() == ("first", "")
    case.ssm.values = {"secret": "second"}
    case.clock.pass_(LIFETIME_SECONDS - 1)
    assert case.usable() == ("first", "")
    case.clock.pass_(1)
    assert case.usable() == ("second", "")
    assert len(case.ssm.requested) == 2


def test_the_lifetime_includes_time_in_which_lambda_froze_the_function() -> None:
    """The monotonic clock may stop while the function is frozen, so the wall clock counts too."""
    case = Case(secret="first")
    case.usable()
    case.ssm.values = {"secret": "second"}
    case.wall.pass_(LIFETIME_SECONDS)
    assert case.usable() == ("second", "")


def test_f08_the_lifetime_starts_before_the_read() -> None:
    """A rotation during the read is noticed one lifetime after its start, not after its end."""
    case = Case(secret="first")
    case.ssm.on_the_way = lambda: case.clock.pass_(3)
    assert case.usable() == ("first", "")
    case.ssm.values = {"secret": "second", "previous_secret": "first"}
    case.clock.pass_(LIFETIME_SECONDS - 3)
    assert case.usable() == ("second", "first")


def test_f08_a_cool_down_keeps_no_secret_longer_than_its_lifetime() -> None:
    """A wrong signature just before a rotation does not delay the new secret beyond one lifetime."""
    case = Case(secret="first")
    case.usable()
    assert case.after_mismatch() == ("first", "")
    case.ssm.values = {"secret": "second", "previous_secret": "first"}
    case.clock.pass_(LIFETIME_SECONDS)
    assert case.usable() == ("second", "first")


def test_f08_the_lifetime_holds_with_a_longer_cool_down() -> None:
    """The cool-down limits only how often a mismatch reads SSM, not the lifetime."""
    case = Case(secret="first")
    case.secrets = case.kept_for(5.0)
    case.usable()
    case.after_mismatch()
    case.ssm.values = {"secret": "second", "previous_secret": "first"}
    case.clock.pass_(5.0)
    assert case.usable() == ("second", "first")


def test_f09_while_ssm_is_down_a_mismatch_is_undecided() -> None:
    """Known secrets still verify, but a mismatch is undecided, because the secret may have been rotated."""
    case = Case(secret="first")
    case.secrets = case.kept_for(5.0)
    case.usable()
    assert case.after_mismatch() == ("first", "")
    case.clock.pass_(5.0)
    case.ssm.is_down = True
    assert case.usable() == ("first", "")
    with pytest.raises(Unavailable):
        case.after_mismatch()
    assert len(case.ssm.requested) == 3


def test_f22_the_text_of_values_has_no_secret() -> None:
    """The representation of the value has no secret."""
    assert repr(Secrets("new", "old")) == str(Secrets("new", "old")) == "Secrets(…)"


def test_f08_a_removed_secret_is_invalid_after_the_lifetime() -> None:
    """A removed secret expires, even if it was the only one."""
    case = Case(secret="new", previous_secret="old")
    case.usable()
    case.ssm.values = {"secret": "new"}
    case.clock.pass_(LIFETIME_SECONDS)
    assert case.usable() == ("new", "")
    case.ssm.values = {}
    case.clock.pass_(LIFETIME_SECONDS)
    with pytest.raises(NoUsableSecretError):
        case.usable()


def test_f08_a_mismatch_reads_again_but_not_within_the_cool_down() -> None:
    """The first mismatch finds a rotated secret; wrong signatures read SSM at most once a minute."""
    case = Case(secret="first")
    case.usable()
    case.ssm.values = {"secret": "second", "previous_secret": "first"}
    assert case.after_mismatch() == ("second", "first")
    assert case.usable() == ("second", "first")
    for _ in range(100):
        assert case.after_mismatch() == NONE
    assert len(case.ssm.requested) == 2
    case.clock.pass_(COOL_DOWN_SECONDS)
    assert case.after_mismatch() == ("second", "first")


def test_f09_known_secrets_stay_valid_while_ssm_is_down() -> None:
    """A warm function does not need SSM, and does not call it for every request while it is down."""
    case = Case(secret="first")
    case.usable()
    case.ssm.is_down = True
    case.clock.pass_(LIFETIME_SECONDS)
    for _ in range(10):
        assert case.usable() == ("first", "")
    assert len(case.ssm.requested) == 2
    case.clock.pass_(BACK_OFF_SECONDS[0])
    case.ssm.is_down = False
    case.ssm.values = {"secret": "second"}
    assert case.usable() == ("second", "")


def test_f09_a_cold_function_without_ssm_has_no_secrets() -> None:
    """The secrets are unavailable until SSM answers, so nothing is accepted or rejected."""
    case = Case(secret="first")
    case.ssm.is_down = True
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"^TimeoutError$"):
            case.usable()
    case.ssm.is_down = False
    assert case.usable() == ("first", "")


def test_f08_a_removed_secret_stays_invalid_while_ssm_is_down() -> None:
    """A secret that SSM no longer has is not restored from memory."""
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


def test_a_mismatch_is_undecided_while_ssm_fails() -> None:
    """The secret may have been rotated, so a signature is not rejected until SSM has answered."""
    case = Case(secret="first")
    case.usable()
    case.ssm.is_down = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            case.after_mismatch()
    assert len(case.ssm.requested) == 2
    assert case.usable() == ("first", "")
    case.ssm.is_down = False
    case.clock.pass_(BACK_OFF_SECONDS[0])
    assert case.after_mismatch() == ("first", "")
    assert case.after_mismatch() == NONE


def test_f09_after_failures_a_mismatch_reads_again_in_1_2_5_and_10_seconds() -> None:
    """A failed read delays a rotated secret by seconds; only a successful one starts the cool-down of 60 s."""
    case = Case(secret="first")
    case.usable()
    case.ssm.is_down = True
    for seconds in (1, 2, 5, 10, 10):
        requested = len(case.ssm.requested)
        for _ in range(2):  # the second one does not call SSM
            with pytest.raises(Unavailable):
                case.after_mismatch()
        assert len(case.ssm.requested) == requested + 1
        case.clock.pass_(seconds - 0.1)
        with pytest.raises(Unavailable, match=r"^BackOff$"):
            case.after_mismatch()
        assert len(case.ssm.requested) == requested + 1
        case.clock.pass_(0.1)
    case.ssm.is_down = False
    case.ssm.values = {"secret": "second"}
    assert case.after_mismatch() == ("second", "")
    case.clock.pass_(COOL_DOWN_SECONDS - 1)
    assert case.after_mismatch() == NONE


def test_f09_a_successful_read_resets_the_back_off() -> None:
    """The next failure is followed by a delay of one second again."""
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
    """A slow failure of SSM is not repeated by the next request."""
    case = Case(secret="first")
    case.usable()
    case.ssm.is_down = True
    case.ssm.before = lambda: case.clock.pass_(3)
    for _ in range(2):
        with pytest.raises(Unavailable):
            case.after_mismatch()
    assert len(case.ssm.requested) == 2


def test_f09_a_failed_read_of_stale_secrets_ends_an_earlier_cool_down() -> None:
    """A mismatch starts the cool-down, then SSM fails: the next mismatch reads in a second, not in a minute."""
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


def test_f54_unknown_paths_add_nothing_to_memory() -> None:
    """The tables of secrets, times and failures hold only the configured profiles."""
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
    assert len(case.ssm.requested) == 1


def test_profiles_have_their_own_secrets_and_cool_downs() -> None:
    """Mismatches of one profile do not delay the rotation of another."""
    case = Case(secret="first")
    case.after_mismatch()
    assert case.secrets.after_mismatch("consortium", DEADLINE) == ("first", "")
    assert case.ssm.requested[1][0] == "/alma-webhooks/dev/consortium/secret"


@pytest.mark.parametrize("answer", [{}, {"Parameters": None}, {"Parameters": [{}]}, {"Parameters": [{"Name": "n"}]}])
def test_an_invalid_answer_counts_as_unavailable(answer: dict[str, Any]) -> None:
    """An SSM that answers in another format is unavailable, and does not raise an exception."""
    case = Case()
    case.ssm.call = lambda *_: answer  # type: ignore[method-assign]  # an invalid answer
    with pytest.raises(Unavailable, match=r"^UnreadableAnswer$"):
        case.usable()
