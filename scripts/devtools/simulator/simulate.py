"""Simulate Alma: find the secret, plan the posts and send them to a host."""

import ipaddress
import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from random import SystemRandom
from typing import Any, NamedTuple

from scripts.alma_client.client import checked, post, signature
from scripts.alma_client.retry_policy import TIMEOUT_SECONDS, AttemptResult
from scripts.alma_client.samples import load_all
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.cli.signals import Interrupts
from scripts.devtools.simulator.planned_posts import Injections, PlannedPost, planned_posts
from scripts.devtools.simulator.simulated_events import EventMaker, Source, parse_mix
from scripts.devtools.simulator.simulation import Pacing, Post, Simulation, Times
from scripts.devtools.simulator.simulation_tally import PostResult, Tally
from scripts.local.send import Sender, secret_for

# Signs the forged posts.
# pragma: allowlist nextline secret -- invented; it opens nothing
_FORGERS_SECRET = "a-guess-of-somebody-who-is-not-alma"  # noqa: S105 -- it opens nothing, which is its purpose


class SimulationOptions(NamedTuple):
    """The options of a simulation. `consented_host` is the only other host than this computer to post to."""

    url: str
    sender: Sender
    events: int
    mix: str
    injections: Injections
    pacing: Pacing
    seed: int | None = None
    consented_host: str | None = None
    record: Path | None = None


def parse_rate(text: str) -> float:
    """Return events per second from a number or `max` (infinity). Raise ConfigurationError."""
    try:
        rate = math.inf if text == "max" else float(text)
    except ValueError:
        rate = math.nan
    if not rate >= 0.001 or (math.isinf(rate) and text != "max"):
        raise ConfigurationError(
            f"--rate is {text!r}; it must be max or a number of events per second, at least 0.001."
        )
    return rate


def simulate(options: SimulationOptions, report: Callable[[Tally], None], times: Times = Times()) -> dict[str, Any]:  # noqa: B008 -- a value
    """Run the simulation and return its summary; `is_whole` is False after Ctrl-C.

    Raise ConfigurationError or RejectedError before anything is posted.
    """
    _check(options)
    shares = parse_mix(options.mix, [Source.of(sample) for sample in load_all()])
    secret = secret_for(options.sender, options.url, getpass if sys.stdin.isatty() else None)
    seed = SystemRandom().randrange(10**9) if options.seed is None else options.seed
    planned = planned_posts(EventMaker(shares, seed), options.injections, seed, options.events)
    posts = (signed(post, secret) for post in planned)
    tally, began = Tally(), times.clock()
    with Interrupts() as interrupts, _recorder(options.record) as record:
        simulation = Simulation(posts, poster(options.url), options.pacing, tally, times)
        is_whole = simulation.run(interrupts, lambda: report(tally), record)
    spent = round(times.clock() - began, 1)
    return {"seed": seed, "is_whole": is_whole, "seconds": spent, **tally.facts}


def signed(planned: PlannedPost, secret: str) -> PlannedPost:
    """Return the post signed with the secret, or a forged one with another."""
    used = _FORGERS_SECRET if planned.is_forged else secret
    return planned._replace(signature=signature(planned.body, secret=used))


def poster(url: str) -> Post:
    """Return a function that posts to this URL once, with Alma's timeout."""

    def attempt(planned: PlannedPost) -> AttemptResult:
        given = {"signed": planned.signature, "content_type": planned.content_type}
        try:
            reply = post(url, planned.body, **given, timeout=TIMEOUT_SECONDS)
        except FailedError:
            return AttemptResult(None, None, TIMEOUT_SECONDS)
        # The timeout holds for each part of the response; Alma's holds for all of it.
        is_late = reply.seconds > TIMEOUT_SECONDS
        return AttemptResult(None if is_late else reply.status, reply.receipt_id, reply.seconds)

    return attempt


def _check(options: SimulationOptions) -> None:
    host = str(checked(options.url).hostname)
    pacing, injections = options.pacing, options.injections
    for flag, value, least, most in (
        ("--events", options.events, 1, 10**9 - 1),
        ("--time-scale", pacing.scale, 1, 10**6),
        ("--concurrency", pacing.concurrency, 1, 256),
        ("--seconds", pacing.seconds, 0.001, math.inf),
        *((f"--{name.replace('_', '-')}", share, 0, 1) for name, share in injections._asdict().items()),
    ):
        if not least <= value <= most:
            raise ConfigurationError(f"{flag} is {value}; it must be from {least} to {most}.")
    if injections.bad_signatures + injections.odd_bytes > 1:
        raise ConfigurationError("--bad-signatures and --odd-bytes add up to more than 1.")
    if not _is_here(host) and options.consented_host != host:
        raise RejectedError(
            f"{host} is not this computer, and would receive many invented events. To post them anyway, pass "
            f"--confirm-host {host}."
        )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def _recorder(path: Path | None) -> Iterator[Callable[[PostResult], None]]:
    """Yield a callback that writes a line for each accepted post if there is a path. Raise ConfigurationError."""
    if path is None:
        yield lambda _: None
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--record: {path} cannot be written: {error.strerror}.") from None
    with file:
        yield lambda ended: print(json.dumps(ended.record), file=file, flush=True) if ended.record else None
