"""What a simulation depends on: quotas, an outage, service times and rules."""

from collections.abc import Callable
from typing import Final, NamedTuple

from benchmarks.simulation.fair_queue import FairRules
from benchmarks.simulation.mapping import MappingRules
from benchmarks.simulation.service_times import ServiceTimes
from processor.retries import RetryPolicy

JOB: Final = "JOB_END"
"""The family that starts executions; the others go to a topic each."""

THROTTLE: Final = "stack throttle"
HTTP_API: Final = "HTTP API"
LAMBDA: Final = "Lambda runs"
TOPICS: Final = "SNS publishes"
EXECUTIONS: Final = "executions"
RECORDS: Final = "DynamoDB writes"


class Quotas(NamedTuple):
    """The limits before and behind the queue: calls a second, and at once.

    `executions` is the bucket of Step Functions, `lambda_runs` the account's concurrent executions.
    """

    stack_throttle: tuple[float, float] = (1_000, 2_000)
    http_api: tuple[float, float] = (10_000, 5_000)
    lambda_runs: int = 1_000
    topics: float = 300
    executions: tuple[float, float] = (150, 800)
    writes: float = 4_000


class Outage(NamedTuple):
    """A time in which the deliveries of a family fail; an attempt takes `attempt_seconds` until then."""

    family: str
    begins: float
    ends: float
    attempt_seconds: float


class Settings(NamedTuple):
    """What a run of the model depends on, besides its events.

    `failing` returns the chance that a run which ends at this time fails, besides those that the outage lets fail.
    """

    times: ServiceTimes
    mapping: MappingRules
    policy: RetryPolicy
    quotas: Quotas = Quotas()
    rules: FairRules = FairRules()
    has_groups: bool = True
    outage: Outage | None = None
    failing: Callable[[float], float] | None = None
