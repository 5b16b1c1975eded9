"""The model: throttles, retries by the processor's policy, dead letters, outages, and equal runs."""

from random import Random

import pytest

from benchmarks.simulation.fair_queue import FairRules
from benchmarks.simulation.mapping import MappingRules
from benchmarks.simulation.model import ATTEMPTS, LONGEST_PAUSES, Model
from benchmarks.simulation.service_times import ServiceTimes
from benchmarks.simulation.settings import HTTP_API, LAMBDA, THROTTLE, TOPICS, Outage, Quotas, Settings
from processor.errors import Transient
from processor.retries import RetryPolicy, retry_in_process

EXACT = ServiceTimes(lambda _: 0.1, lambda _: 0.1, 2.0, 0.03)
BASE = Settings(EXACT, MappingRules(5), RetryPolicy(8, 180, 30))
OUTAGE = Outage("BIB", 0.0, 1e9, 0.0)


def ran(settings: Settings, *families: str) -> Model:
    model = Model(settings, "seed")
    for family in families:
        model.send(family)
    model.env.run()
    return model


def test_the_first_run_of_an_environment_is_cold() -> None:
    """Five environments for six events: five wait for a cold start, the sixth for one of them."""
    model = ran(BASE, *["BIB"] * 6)
    assert [round(each, 3) for each in model.outcomes.seconds["BIB"]] == [2.1] * 5 + [2.2]
    assert model.outcomes.cold_starts == 5


def test_no_more_runs_than_the_concurrency() -> None:
    """Ten events with a concurrency of two take five times as long as one."""
    times = EXACT._replace(cold=0.0)
    model = ran(BASE._replace(times=times, mapping=MappingRules(2)), *["BIB"] * 10)
    assert round(model.outcomes.last_at, 3) == 0.5


def test_a_throttled_delivery_is_retried_at_once_and_then_by_the_queue() -> None:
    """With one publish a second, an event that is rejected three times comes back after the visibility timeout."""
    model = ran(BASE._replace(quotas=Quotas(topics=1)), *["BIB"] * 5)
    assert len(model.outcomes.seconds["BIB"]) == 5
    assert model.quotas[TOPICS].rejected > model.outcomes.retried > 0
    assert 144 < max(model.outcomes.seconds["BIB"]) < 240
    assert sum(model.outcomes.dead.values()) == 0


def test_a_run_that_fails_by_chance_is_retried_by_the_queue() -> None:
    """Nothing is tried again in that run: the message comes back after the visibility timeout."""
    model = ran(BASE._replace(failing=lambda at: float(at < 100)), "BIB")
    assert (model.outcomes.retried, model.quotas[TOPICS].rejected) == (1, 0)
    assert 144 < model.outcomes.last_at < 240


def test_an_event_is_dead_after_its_last_receive() -> None:
    """Eight attempts, with delays that double up to an hour: three and a half hours."""
    model = ran(BASE._replace(outage=OUTAGE), "BIB", "LOAN")
    outcomes = model.outcomes
    assert (outcomes.dead["BIB"], outcomes.retried, len(outcomes.seconds["LOAN"])) == (1, 7, 1)
    assert 0.8 < outcomes.last_at / (180 + 360 + 720 + 1440 + 2880 + 3600 + 3600) < 1.2


def test_events_of_an_outage_are_delivered_after_it() -> None:
    """None is lost."""
    model = ran(BASE._replace(outage=OUTAGE._replace(ends=3_600.0)), "BIB")
    assert model.outcomes.sent_at["BIB"][0] == 0
    assert 3_600 < model.outcomes.seconds["BIB"][0] < 3_600 + 2_880 * 1.2


def test_a_throttled_record_sends_nothing() -> None:
    """The queue retries the event, and the target is not called."""
    model = ran(BASE._replace(quotas=Quotas(writes=2)), *["BIB"] * 2)
    assert model.outcomes.retried == 1
    assert len(model.outcomes.seconds["BIB"]) == 2


def test_the_gateway_rejects_what_its_limits_do_not_allow() -> None:
    """First the throttle of the stack, then the API's quota, then Lambda's."""
    quotas = Quotas(stack_throttle=(100, 100), http_api=(50, 50), lambda_runs=25)
    model = Model(BASE._replace(quotas=quotas), "seed")
    assert model.post("BIB", 1_000) == 20
    assert [model.quotas[name].rejected for name in (THROTTLE, HTTP_API, LAMBDA)] == [900, 50, 30]


def test_equal_seeds_have_equal_outcomes() -> None:
    """No clock and no other randomness: the stored results can be made again."""
    varied = BASE._replace(times=EXACT._replace(warm=lambda random: random.uniform(0.05, 0.2)))
    runs = [ran(varied, *["BIB", "LOAN"] * 100).outcomes for _ in range(2)]
    assert runs[0] == runs[1]


def test_without_groups_all_messages_are_one_line() -> None:
    """The end of a job waits for all that came before it; with groups for one run."""
    waited = {}
    for has_groups in (True, False):
        settings = BASE._replace(times=EXACT._replace(cold=0.0), has_groups=has_groups, rules=FairRules())
        waited[has_groups] = ran(settings, *["BIB"] * 1_000, "JOB_END").outcomes.seconds["JOB_END"][0]
    assert waited[True] < 0.3
    assert waited[False] > 20


def test_attempts_and_pauses_are_those_of_the_processor() -> None:
    """The constants of the model are what `retry_in_process` does."""
    attempts, pauses = [], list[float]()

    def call() -> None:
        attempts.append(1)
        raise Transient("transient", "AWS returned Throttling")

    for _ in range(200):
        with pytest.raises(Transient):
            retry_in_process(call, remaining_time=lambda: 30.0, sleep=pauses.append)
    assert len(attempts) == 200 * ATTEMPTS
    for number, longest in enumerate(LONGEST_PAUSES):
        assert longest * 0.9 < max(pauses[number::2]) <= longest


def test_the_policy_draws_from_the_seed() -> None:
    """The processor's policy would use Python's shared random numbers."""
    model = Model(BASE, "seed")
    assert isinstance(model.random, Random)
    assert ran(BASE._replace(outage=OUTAGE), "BIB").outcomes == ran(BASE._replace(outage=OUTAGE), "BIB").outcomes
