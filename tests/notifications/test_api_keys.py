"""The API keys of the producer: which keys are accepted, and how often SSM is asked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from notifications.api_keys import BACK_OFF_SECONDS, COOL_DOWN_SECONDS, LIFETIME_SECONDS, ApiKeys
from processor.errors import Transient
from tests.ingest.clocks import FakeClock

CURRENT = "/alma-webhooks/dev/notifications/api-key"
PREVIOUS = "/alma-webhooks/dev/notifications/previous-api-key"


class FakeSsm:
    """SSM with these parameters. It counts calls, and fails while `is_down`."""

    def __init__(self, **parameters: str) -> None:
        names = {"current": CURRENT, "previous": PREVIOUS}
        self.parameters = {names[name]: value for name, value in parameters.items()}
        self.calls: list[dict[str, Any]] = []
        self.is_down = False

    def get_parameters(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        if self.is_down:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": "secret text"}}, "GetParameters")
        found = [name for name in request["Names"] if name in self.parameters]
        return {"Parameters": [{"Name": name, "Value": self.parameters[name]} for name in found]}


class Bench:
    """Keys over a fake SSM, with clocks that the test advances."""

    def __init__(self, **parameters: str) -> None:
        self.ssm = FakeSsm(**parameters)
        self.monotonic, self.wall = FakeClock(), FakeClock(1.8e9)
        ssm: Any = self.ssm
        self.keys = ApiKeys(ssm, "dev", monotonic=self.monotonic, wall=self.wall)

    def pass_(self, seconds: float) -> None:
        self.monotonic.pass_(seconds)
        self.wall.pass_(seconds)


def test_both_keys_are_accepted_and_read_in_one_call() -> None:
    """The current and the previous key are valid at once; no other is."""
    bench = Bench(current="new-key", previous="old-key")
    assert [bench.keys.accepts(key) for key in ("new-key", "old-key", "new-ke", "new-key2", "NEW-KEY")] == [
        *(True, True),
        *(False, False, False),
    ]
    assert bench.ssm.calls == [{"Names": [CURRENT, PREVIOUS], "WithDecryption": True}]


@pytest.mark.parametrize("given", ["", " ", "\t\n", "new-key,new-key", "new-key,", ",", "a,b"])
def test_nothing_and_a_list_are_refused_without_a_read(given: str) -> None:
    """An empty header, and two headers that the gateway joined, are never a key, even if they were stored so."""
    bench = Bench(current="new-key", previous=given)
    assert not bench.keys.accepts(given)
    assert bench.ssm.calls == []


@pytest.mark.parametrize("stored", ["", "   ", "\n"])
def test_a_blank_stored_key_is_not_a_key(stored: str) -> None:
    """A blank parameter does not open the API, and neither does a missing one."""
    assert not Bench(current=stored).keys.accepts(stored)
    assert not Bench(current=stored).keys.accepts("x")
    assert not Bench().keys.accepts("None")


@pytest.mark.parametrize("given", ["é", "k" * 10_000, "\udce9", "\x00", "键"])
def test_any_text_is_compared(given: str) -> None:
    """Text outside ASCII and of 10 kB is a wrong key, not an error; and the right one if it is stored so."""
    assert not Bench(current="new-key").keys.accepts(given)
    assert Bench(current=given).keys.accepts(given)


def test_white_space_around_a_stored_key_is_dropped() -> None:
    """A key that was stored from a file ends in a newline."""
    assert Bench(current=" new-key\n").keys.accepts("new-key")


@pytest.mark.parametrize("given", ["new-key", "wrong"])
def test_concurrent_posts_make_one_read(given: str) -> None:
    """A hundred posts in threads of one instance ask SSM once, with the right key and with a wrong one."""
    bench = Bench(current="new-key")
    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(bench.keys.accepts, [given] * 100))
    assert results == [given == "new-key"] * 100
    assert len(bench.ssm.calls) == 1


def test_a_wrong_key_causes_one_read_a_minute() -> None:
    """A new key is accepted a minute after it was stored, and a flood of wrong keys causes few reads."""
    bench = Bench(current="old-key")
    assert bench.keys.accepts("old-key")
    bench.ssm.parameters = {CURRENT: "new-key", PREVIOUS: "old-key"}
    bench.pass_(COOL_DOWN_SECONDS - 1)
    assert [bench.keys.accepts("new-key") for _ in range(50)] == [False] * 50
    bench.pass_(1)
    assert [bench.keys.accepts(key) for key in ("new-key", "old-key", *["wrong"] * 50)] == [True, True] + [False] * 50
    assert len(bench.ssm.calls) == 2


@pytest.mark.parametrize("clock", ["monotonic", "wall"])
def test_keys_are_read_again_after_their_lifetime(clock: str) -> None:
    """A removed key ends with the lifetime by either clock, because a frozen function may stop the monotonic one."""
    bench = Bench(current="old-key")
    assert bench.keys.accepts("old-key")
    bench.ssm.parameters = {CURRENT: "new-key"}
    getattr(bench, clock).pass_(LIFETIME_SECONDS - 1)
    assert bench.keys.accepts("old-key")
    getattr(bench, clock).pass_(1)
    assert not bench.keys.accepts("old-key")


def test_cached_keys_are_used_while_ssm_is_down() -> None:
    """A known key stays valid; an unknown one may be new, so that it is neither accepted nor rejected."""
    bench = Bench(current="old-key")
    assert bench.keys.accepts("old-key")
    bench.ssm.is_down = True
    bench.pass_(LIFETIME_SECONDS)
    assert bench.keys.accepts("old-key")
    with pytest.raises(Transient, match="the API keys could not be read"):
        bench.keys.accepts("new-key")
    bench.ssm.is_down = False
    bench.pass_(BACK_OFF_SECONDS)
    assert not bench.keys.accepts("new-key")


def test_ssm_gets_a_rest_after_a_failure() -> None:
    """While SSM is down it is asked once in the back-off, and no error shows what it said."""
    bench = Bench(current="new-key")
    bench.ssm.is_down = True
    for _ in range(10):
        with pytest.raises(Transient) as caught:
            bench.keys.accepts("new-key")
        assert "secret text" not in str(caught.value)
        assert caught.value.__cause__ is None
    assert len(bench.ssm.calls) == 1
    bench.ssm.is_down = False
    bench.pass_(BACK_OFF_SECONDS)
    assert bench.keys.accepts("new-key")


@pytest.mark.usefixtures("aws")
def test_keys_are_read_from_ssm() -> None:
    """Encrypted parameters are decrypted, and a missing one is not an error."""
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name=CURRENT, Value="new-key", Type="SecureString")
    assert ApiKeys(ssm, "dev").accepts("new-key")
    assert not ApiKeys(ssm, "prod").accepts("new-key")
