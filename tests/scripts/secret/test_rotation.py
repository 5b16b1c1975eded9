"""Test the order of writes, the waits and the rejections of create, rotate and retire."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.deadline import Deadline
from ingest.gateway import Request
from ingest.profile_secrets import COOL_DOWN_SECONDS, ProfileSecrets
from ingest.receive import Listener, RejectedRequest
from ingest.signature import sign
from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.secret.rotation import MARGIN, Rotation, RotationState
from scripts.secret.usage import UsageUnknownError
from tests.ingest.clocks import FakeClock
from tests.scripts.secret.memory_store import MemoryStore

LIFETIME = 300
WAIT = LIFETIME + MARGIN.total_seconds()
DAY = timedelta(hours=24)


class FakeUsage:
    """The starts of the minutes in which each secret was used."""

    def __init__(self) -> None:
        self.minutes: dict[str, list[datetime]] = {"current": [], "previous": []}
        self.is_down = False

    def last(self, _profile: str, secret: str, *, since: datetime, now: datetime) -> datetime | None:
        if self.is_down:
            raise UsageUnknownError("AccessDenied")
        found = [minute for minute in self.minutes[secret] if since <= minute < now]
        return max(found) + timedelta(minutes=1) if found else None


class Case:
    """The secrets of the profile alma with a clock that sleeping advances."""

    def __init__(self, **values: str) -> None:
        self.clock = FakeClock(1_780_000_000.0)
        self.store = MemoryStore(self.clock, **values)
        self.store.steps.clear()
        self.uses = FakeUsage()
        self.rotation = Rotation(self.store, self.uses, LIFETIME, self.clock.pass_)  # type: ignore[arg-type]  # the parts that are used
        self.reported: list[tuple[float, float]] = []

    @property
    def state(self) -> RotationState:
        return self.rotation.state(self.store.read("alma"))

    def rotate(self, secret: str = "new") -> None:
        self.rotation.begin("alma", secret)
        self.rotation.wait("alma", lambda waited, total: self.reported.append((waited, total)))

    def used(self, secret: str) -> None:
        moment = datetime.fromtimestamp(self.clock.now, UTC)
        self.uses.minutes[secret].append(moment.replace(second=0, microsecond=0))

    def retire(self, unused_for: timedelta = DAY, *, force: bool = False) -> bool:
        return self.rotation.retire("alma", unused_for, force=force)


def test_the_first_secret_is_created() -> None:
    """A blank secret counts as none."""
    for values in ({}, {"secret": " \n"}):
        case = Case(**values)
        assert case.state is RotationState.none
        case.rotation.create("alma", "first")
        assert (case.store.values()["secret"], case.state) == ("first", RotationState.one)


@pytest.mark.parametrize(
    "values", [{"secret": "old"}, {"previous_secret": "old"}, {"secret": "a", "previous_secret": "b"}]
)
def test_a_usable_secret_is_never_replaced_by_create(values: dict[str, str]) -> None:
    """Alma may be using it."""
    case = Case(**values)
    with pytest.raises(RejectedError, match="use secret rotate to replace it"):
        case.rotation.create("alma", "first")
    assert case.store.steps == []


def test_f08_the_old_secret_is_kept_before_the_new_one_comes() -> None:
    """So the old secret is valid at every moment."""
    case = Case(secret="old")
    case.rotate()
    assert case.store.steps == ["previous-secret = old", "secret = new"]
    assert case.state is RotationState.both


def test_f08_it_returns_only_when_every_listener_must_have_read_both() -> None:
    """The wait is the lifetime and the margin after the last write, by the clock of SSM, and reports progress."""
    case = Case(secret="old")
    case.clock.pass_(1000)
    began = case.clock.now
    case.rotate()
    assert case.clock.now - began >= WAIT
    assert case.reported[0] == (0, WAIT)
    assert [waited for waited, _ in case.reported] == sorted(waited for waited, _ in case.reported)


def test_an_interrupted_wait_is_resumed_and_nothing_is_rotated_again() -> None:
    """The second run waits for the rest, by the clock of SSM, and writes nothing."""
    case = Case(secret="old")
    assert case.rotation.begin("alma", "new") is RotationState.one
    case.clock.pass_(WAIT - 5)
    began = case.clock.now
    case.rotate("another")
    assert case.store.values() == {"secret": "new", "previous-secret": "old"}
    assert case.clock.now - began == 5


def test_a_rotation_interrupted_between_its_writes_is_completed() -> None:
    """Previous equals current, so only the new secret is missing."""
    case = Case(secret="old", previous_secret="old")
    assert case.state is RotationState.interrupted
    case.rotate()
    assert case.store.steps == ["secret = new"]
    assert case.store.values() == {"secret": "new", "previous-secret": "old"}


def test_a_missing_current_secret_is_created_by_rotate() -> None:
    """The previous one, which Alma uses, stays."""
    case = Case(previous_secret="old")
    assert case.state is RotationState.previous_only
    case.rotate()
    assert case.store.values() == {"secret": "new", "previous-secret": "old"}


def test_an_unfinished_rotation_is_not_rotated_again() -> None:
    """A third secret would remove one that Alma may still use."""
    case = Case(secret="old")
    case.rotate()
    case.store.steps.clear()
    with pytest.raises(RejectedError, match="finish the rotation with secret retire"):
        case.rotate("third")
    assert case.store.steps == []


def test_nothing_to_rotate_is_rejected() -> None:
    """The error refers to create."""
    with pytest.raises(RejectedError, match="run secret create"):
        Case().rotate()


def test_a_wait_for_a_secret_that_was_replaced_fails() -> None:
    """The command does not ask the operator to enter a secret that no longer exists."""
    case = Case(secret="old")
    case.rotation.begin("alma", "new")

    def replace_secret(_waited: float, _total: float) -> None:
        if "previous-secret" in case.store.values():
            case.store.remove_previous("alma")

    with pytest.raises(FailedError, match="Somebody else changed"):
        case.rotation.wait("alma", replace_secret)


def test_the_new_secret_waits_for_ssm_to_return_the_previous_one() -> None:
    """The new secret is written only after the old one can be read as the previous one."""
    case = Case(secret="old")
    case.store.add = lambda *_: None  # type: ignore[method-assign]  # a write that is never seen
    with pytest.raises(FailedError, match="SSM does not return"):
        case.rotation.begin("alma", "new")
    assert case.store.values() == {"secret": "old"}


def rotated() -> Case:
    """Return a finished rotation: the old secret was used for another quarter of an hour, the new one since then."""
    case = Case(secret="old")
    case.rotate()
    case.clock.pass_(900)
    case.used("previous")
    case.clock.pass_(60)
    case.used("current")
    return case


def test_the_previous_secret_goes_when_it_is_unused_for_long_enough() -> None:
    """The time counts from the end of the minute of its last use."""
    case = rotated()
    case.clock.pass_(DAY.total_seconds() - 60)
    with pytest.raises(RejectedError, match=r"was not removed: last used 2026-.*Z, and it must be unused until 2026-"):
        case.retire()
    case.clock.pass_(60)
    assert case.retire() is True
    assert case.store.values() == {"secret": "new"}


def test_a_secret_that_was_never_used_must_wait_too() -> None:
    """Right after a rotation no event was signed with the previous secret yet."""
    case = Case(secret="old")
    case.rotate()
    case.clock.pass_(120)
    case.used("current")
    case.clock.pass_(DAY.total_seconds() - 121)
    with pytest.raises(RejectedError, match="the rotation was completed 2026"):
        case.retire()
    case.clock.pass_(1)
    assert case.retire() is True


def test_a_current_secret_that_no_event_used_since_is_not_trusted() -> None:
    """Alma may still have the old one; earlier uses as `current` may have been the old secret."""
    case = Case(secret="old")
    case.rotation.begin("alma", "new")
    case.clock.pass_(60)
    case.used("current")  # by a listener that knew only the old one
    case.rotate()
    case.clock.pass_(2 * DAY.total_seconds())
    with pytest.raises(RejectedError, match=r"no event used the current one since .* \(is it entered in Alma\?\)\."):
        case.retire()
    assert "previous-secret" in case.store.values()


def test_without_the_log_nothing_is_retired_unless_forced() -> None:
    """Unknown usage does not mean that the secret is unused."""
    case = rotated()
    case.uses.is_down = True
    case.clock.pass_(2 * DAY.total_seconds())
    with pytest.raises(RejectedError, match=r"ingest's log cannot be read \(AccessDenied\)"):
        case.retire()
    assert case.retire(force=True) is True


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "no usable secret"),
        ({"secret": "old", "previous_secret": "old"}, "interrupted"),
        ({"previous_secret": "old"}, "no current secret"),
        (
            {"secret": "new", "previous_secret": "old"},
            r"cannot retire yet: the rotation is still spreading \(ready [0-9:]+Z\)",
        ),
    ],
)
def test_certain_loss_of_events_is_rejected_even_with_force(values: dict[str, str], sentence: str) -> None:
    """--force skips only the check of the usage."""
    case = Case(**values)
    with pytest.raises(RejectedError, match=sentence):
        case.retire(force=True)
    assert case.store.steps == []


def test_no_previous_secret_is_nothing_to_do() -> None:
    """Retiring twice is not an error."""
    assert Case(secret="new").retire() is False


def test_last_uses_are_returned_for_both_secrets_or_one() -> None:
    """Without a rotation every use of the current secret counts."""
    case = rotated()
    current, previous = case.rotation.last_uses("alma", case.store.read("alma"))
    assert current is not None
    assert previous is not None
    assert current - previous == timedelta(minutes=1)
    case = Case(secret="only")
    case.used("current")
    case.clock.pass_(60)
    assert case.rotation.last_uses("alma", case.store.read("alma"))[1] is None
    assert case.rotation.last_uses("alma", case.store.read("alma"))[0] is not None


class Listening:
    """A listener with the same secrets and clock; SSM is slow and sometimes unavailable."""

    def __init__(self, case: Case, chance: random.Random, lifetime: int) -> None:
        self.case = case
        self.chance = chance
        secrets = ProfileSecrets(self, "dev", lifetime, monotonic=case.clock, wall=case.clock)  # type: ignore[arg-type]  # the part that is used
        self.listener = Listener(("alma",), secrets, self, self)  # type: ignore[arg-type]  # the part that is used

    def call(self, operation: str, members: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        answer = self.case.store.call(operation, members, deadline)
        self.case.clock.pass_(self.chance.uniform(0, 2))
        return answer

    def send(self, *_: object) -> None:
        """Accept every message."""

    def post(self, secret: str) -> int:
        headers = {"x-exl-signature": sign(b"{}", secret).decode()}
        try:
            self.listener.answer(Request("POST", "/webhooks/alma", "", headers, b"{}", None), Deadline(4, FakeClock()))
        except RejectedRequest as rejected:
            return rejected.status
        return 200


@pytest.mark.parametrize("lifetime", [5, 60, 300])
@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(8, 60))])
def test_f08_a_rotation_rejects_no_event_under_any_schedule(seed: int, lifetime: int) -> None:
    """Bad signatures use up cool-downs, SSM is slow or down, events come or not: Alma never gets a 401."""
    chance, case = random.Random(seed), Case(secret="old")  # noqa: S311 - to be repeated, not to be secret
    listeners = [Listening(case, chance, lifetime) for _ in range(4)]
    genuine: list[int] = []

    def live(seconds: float) -> None:
        for listening in chance.sample(listeners, 2):
            case.store.is_down = chance.random() < 0.1
            if chance.random() < 0.3:
                listening.post("somebody's")
            if chance.random() < 0.7:
                genuine.append(listening.post("old"))
        case.clock.pass_(seconds)

    rotation = Rotation(case.store, case.uses, lifetime, live)  # type: ignore[arg-type]  # the parts that are used
    wait: Callable[[], object] = lambda: rotation.wait("alma", lambda *_: None)  # noqa: E731 - used twice
    for _ in range(chance.randrange(int(COOL_DOWN_SECONDS) * 2)):
        live(1.0)
    rotation.begin("alma", "new")
    wait()
    for _ in range(20):
        for listening in listeners:
            genuine += [listening.post("new"), listening.post("old")]
        live(chance.uniform(0, lifetime))
    assert set(genuine) <= {200, 503}
    assert genuine.count(200) > len(genuine) / 2
    case.store.is_down = False
    case.clock.pass_(COOL_DOWN_SECONDS + lifetime)
    assert [listening.post("new") for listening in listeners] == [200] * 4
