"""The simulated Alma put together: which hosts it posts to, with whose secret, and what it rejects."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from scripts.alma_client.client import Reply, signature
from scripts.alma_client.retry_policy import AttemptResult
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, RejectedError
from scripts.devtools.simulator import simulate as module
from scripts.devtools.simulator.planned_posts import Injections, PlannedPost
from scripts.devtools.simulator.simulate import SimulationOptions, parse_rate, poster, simulate
from scripts.devtools.simulator.simulation import Pacing, Times
from scripts.local.send import Sender
from tests.ingest.clocks import FakeClock

SECRET = "s3cret-of-the-test"
URL = "http://127.0.0.1:9/webhooks/alma"
OPTIONS = SimulationOptions(URL, Sender(), 20, "LOAN,JOB_END", Injections(), Pacing(math.inf, 3600, 4), seed=1)
SIGNED = PlannedPost(1, "LOAN_CREATED", b"{}", "application/json", signature="c2ln")


class Listener:
    """Stands in for the network; keeps what it gets, and returns the given answers."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.reply: Reply | CommandError = Reply(200, "r-1", None, 0.1)

    def post(self, url: str, body: bytes, **given: Any) -> Reply:
        self.posts.append({"url": url, "body": body, **given})
        if isinstance(self.reply, CommandError):
            raise self.reply
        is_genuine = given["signed"] == signature(body, secret=SECRET)
        return self.reply if is_genuine or given["signed"] == "c2ln" else Reply(401, None, "Wrong.", 0.1)


@pytest.fixture(autouse=True)
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    listener = Listener()
    monkeypatch.setattr(module, "post", listener.post)
    monkeypatch.setenv("ALMA_WEBHOOK_SECRET", SECRET)
    return listener


def run(options: SimulationOptions) -> dict[str, Any]:
    clock = FakeClock()
    return simulate(options, lambda _: None, Times(clock, clock.pass_))


def test_genuine_events_are_signed_and_forged_ones_are_not() -> None:
    """Right answers to both are no surprise; a forger does not know the secret, not even in part."""
    summary = run(OPTIONS._replace(injections=Injections(bad_signatures=0.3)))
    forged = summary["injected"]["bad_signatures"]
    assert 0 < forged < 20
    assert (summary["accepted"], summary["rejected"], summary["unexpected"]) == (20 - forged, forged, [])
    assert SECRET not in module._FORGERS_SECRET


def test_the_same_seed_posts_the_same(listener: Listener) -> None:
    """Bytes, types and signatures."""
    one_by_one = OPTIONS._replace(
        pacing=OPTIONS.pacing._replace(concurrency=1), injections=Injections(0.2, 0.2, 0.2, 0.2), events=60
    )
    assert run(one_by_one)["seed"] == 1
    first = list(listener.posts)
    listener.posts.clear()
    run(one_by_one)
    assert listener.posts == first
    assert len(first) > 60


def test_nought_is_a_seed_too() -> None:
    """It is not taken for none."""
    assert run(OPTIONS._replace(seed=0))["seed"] == 0


def test_without_a_seed_each_run_has_its_own(listener: Listener) -> None:
    """The summary shows it; with it the run can be had again."""
    seeds = {run(OPTIONS._replace(seed=None, events=1))["seed"] for _ in range(5)}
    assert len(seeds) == 5
    assert len({post["body"] for post in listener.posts}) == 5


def test_an_attempt_waits_as_long_as_alma(listener: Listener) -> None:
    """Five seconds, and the bytes, their type and the signature are as planned."""
    assert poster(URL)(SIGNED) == AttemptResult(200, "r-1", 0.1)
    given = {"url": URL, "body": b"{}", "signed": "c2ln", "content_type": "application/json", "timeout": 5.0}
    assert listener.posts == [given]


def test_no_answer_has_no_status(listener: Listener) -> None:
    """It is for Alma's behaviour to say what that means."""
    listener.reply = FailedError("no response")
    assert poster(URL)(SIGNED).status is None


@pytest.mark.parametrize(("seconds", "status"), [(5.0, 200), (5.01, None)])
def test_an_answer_that_dawdles_is_none(seconds: float, status: int | None, listener: Listener) -> None:
    """Each of its parts came within five seconds, but not all of them together."""
    listener.reply = Reply(200, "r-1", None, seconds)
    assert poster(URL)(SIGNED).status == status


@pytest.mark.parametrize(
    "host", ["alma.example", "10.0.0.1", "0.0.0.0", "127.0.0.1.example", "localhost.example", "[2001:db8::1]"]  # noqa: S104 -- no address to listen at
)  # fmt: skip
def test_a_host_that_is_not_this_computer_is_rejected(host: str, listener: Listener) -> None:
    """Nobody floods a listener by a slip of the hand, nor by saying yes to another host."""
    for consented in (None, "other.example"):
        options = OPTIONS._replace(url=f"https://{host}/webhooks/alma", consented_host=consented)
        with pytest.raises(RejectedError, match="pass --confirm-host"):
            run(options)
    assert listener.posts == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://127.1.2.3/", "http://localhost:9/", "http://[::1]/"])
def test_this_computer_needs_no_yes(url: str, listener: Listener) -> None:
    """By whichever of its own names."""
    assert run(OPTIONS._replace(url=url))["accepted"] == 20
    assert {post["url"] for post in listener.posts} == {url}


def test_a_host_that_is_named_gets_its_events(listener: Listener) -> None:
    """The yes names exactly the URL's host."""
    options = OPTIONS._replace(url="https://alma.example/webhooks/alma", consented_host="alma.example")
    assert run(options)["accepted"] == len(listener.posts) == 20


def test_a_name_before_the_host_deceives_nobody(listener: Listener) -> None:
    """What stands before the @ is no host."""
    with pytest.raises(RejectedError, match=r"^evil\.example is not this computer"):
        run(OPTIONS._replace(url="https://127.0.0.1@evil.example/"))
    assert listener.posts == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (OPTIONS._replace(url="nowhere"), "'nowhere' is not a webhook URL"),
        (OPTIONS._replace(events=0), "--events is 0; it must be from 1 to"),
        (OPTIONS._replace(mix="NOSUCH"), "--mix: unknown name 'NOSUCH'"),
        *(
            (
                OPTIONS._replace(injections=Injections(**{flag: share})),
                f"--{flag.replace('_', '-')} is {share}; it must",
            )
            for flag in Injections._fields
            for share in (-0.1, 1.1, math.nan)
        ),
        (OPTIONS._replace(injections=Injections(bad_signatures=0.6, odd_bytes=0.5)), "add up to more than 1"),
        (OPTIONS._replace(pacing=Pacing(1, 0.5, 1)), "--time-scale is 0.5; it must be from 1 to 1000000"),
        (OPTIONS._replace(pacing=Pacing(1, math.nan, 1)), "--time-scale is nan"),
        (OPTIONS._replace(pacing=Pacing(1, 1, 0)), "--concurrency is 0; it must be from 1 to 256"),
        (OPTIONS._replace(pacing=Pacing(1, 1, 1, 0)), "--seconds is 0; it must be from 0.001"),
        (
            OPTIONS._replace(record=Path("/nosuch/folder/record.jsonl")),
            "--record: /nosuch.* cannot be written: No such",
        ),
    ],
)
def test_invalid_options_are_rejected_before_anything_is_posted(
    wrong: SimulationOptions, sentence: str, listener: Listener
) -> None:
    """One sentence that names the flag."""
    with pytest.raises(ConfigurationError, match=sentence):
        run(wrong)
    assert listener.posts == []


@pytest.mark.parametrize(("text", "rate"), [("20", 20.0), ("0.001", 0.001), ("max", math.inf)])
def test_a_rate_is_events_a_second_or_the_maximum(text: str, rate: float) -> None:
    """`max` is as fast as possible."""
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "nan", "inf", "0.0001"])
def test_what_is_no_rate_is_rejected(text: str) -> None:
    """One sentence with what it could be."""
    with pytest.raises(
        ConfigurationError, match=f"--rate is '{text}'; it must be max or a number of events per second"
    ):
        parse_rate(text)


def test_accepted_posts_are_recorded(tmp_path: Path) -> None:
    """One line each, and none for what was rejected; no body is in it."""
    path = tmp_path / "record.jsonl"
    summary = run(OPTIONS._replace(record=path, injections=Injections(duplicates=0.3, bad_signatures=0.3)))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(lines) == summary["accepted"] < summary["sent"]
    assert {line["receipt_id"] for line in lines} == {"r-1"}
    assert len([line for line in lines if line["duplicate_of"]]) == summary["injected"]["duplicates"] > 0
    assert set(lines[0]) == {"number", "event", "sha256", "receipt_id", "attempts", "duplicate_of"}


def test_a_post_is_recorded_as_soon_as_it_is_accepted(tmp_path: Path) -> None:
    """A killed run leaves the lines so far: all are in the file before it is closed."""
    path, clock, seen = tmp_path / "record.jsonl", FakeClock(), list[int]()
    simulate(
        OPTIONS._replace(record=path),
        lambda _: seen.append(path.read_text("utf-8").count("\n")),
        Times(clock, clock.pass_),
    )
    assert seen[-1] == 20
