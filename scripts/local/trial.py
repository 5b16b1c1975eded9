"""Send each sample once and compare its deliveries with the expected ones."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from scripts.alma_client.client import Reply, post, signature
from scripts.alma_client.samples import Expectation, Sample
from scripts.aws.clients import Aws
from scripts.local.observe import OutcomeLog, Sighting, Subscriptions, execution_input

# Each poll of the emulator takes about 0.1 s, so samples are sent in batches.
_AT_A_TIME: Final = 6


class SampleResult(NamedTuple):
    """The result of a sample: `milliseconds` from the POST until seen at its target; `wrong`: the problem, or empty."""

    event: str
    route: str
    target: str
    outcome: str
    milliseconds: int | None
    wrong: str
    receipt_id: str = ""


class ProfileEndpoint(NamedTuple):
    """The webhook URL of a profile and its signing secret."""

    url: str
    secret: str


class Trial(NamedTuple):
    """One round of samples. `own`: the endpoints of samples with their own profile."""

    aws: Aws
    subscriptions: Subscriptions
    log: OutcomeLog
    url: str
    secret: str
    own: Mapping[str, ProfileEndpoint] = {}
    seconds: float = 40.0  # per sample: the first one waits for two cold starts, possibly on a busy computer

    def rows(self, samples: list[Sample]) -> Iterator[SampleResult]:
        """Send the samples with new ids, a few at a time; yield a row for each when it is delivered or timed out."""
        for first in range(0, len(samples), _AT_A_TIME):
            posted = [self._post(sample.fresh()) for sample in samples[first : first + _AT_A_TIME]]
            yield from (self._row(*each) for each in posted)

    def strays(self, rows: list[SampleResult]) -> list[SampleResult]:
        """Return the rows, marked as wrong where a message has since arrived at an unexpected topic."""
        self.subscriptions.receive(1)
        return [row if row.wrong else row._replace(wrong=_stray(row, self.subscriptions.sightings)) for row in rows]

    def _post(self, sample: Sample) -> tuple[Sample, float, Reply]:
        """Return the sample, the monotonic time before the POST, and the response."""
        listener = self.own.get(sample.profile, ProfileEndpoint(self.url, self.secret))
        started = time.monotonic()
        return sample, started, post(listener.url, sample.body, signed=signature(sample.body, secret=listener.secret))

    def _row(self, sample: Sample, started: float, reply: Reply) -> SampleResult:
        if reply.receipt_id is None:
            return SampleResult(sample.event, "", "", "rejected", None, f"response {reply.status}: {reply.error}")
        arrived = self._arrival(sample, reply.receipt_id, started + self.seconds)
        elapsed = round((arrived - started) * 1000) if arrived else None
        return _row(sample, reply.receipt_id, self.log.outcomes.get(reply.receipt_id, {}), elapsed)

    def _arrival(self, sample: Sample, receipt_id: str, deadline: float) -> float | None:
        """Return the monotonic time at which the sample was seen at its target, once its outcome is read; else None."""
        kind, _, name = (sample.expect.target or "").partition(":")
        seen = None
        if kind == "topic":
            seen = _await(lambda: self._seen_at_topic(sample, receipt_id, name), deadline)
        line_read = _await(lambda: self._outcome_read(receipt_id), deadline)
        if kind == "state_machine":
            seen = _await(lambda: self._seen_as_execution(sample, receipt_id, name), deadline) if line_read else None
        return seen if kind else line_read

    def _seen_at_topic(self, sample: Sample, receipt_id: str, name: str) -> float | None:
        wanted = (receipt_id, name, sample.body)
        found = next((seen.at for seen in self.subscriptions.sightings if seen[:3] == wanted), None)
        if found is None:
            self.subscriptions.receive(1)  # for the next poll
        return found

    def _outcome_read(self, receipt_id: str) -> float | None:
        self.log.insist()
        return time.monotonic() if receipt_id in self.log.outcomes else None

    def _seen_as_execution(self, sample: Sample, receipt_id: str, name: str) -> float | None:
        """Find the execution that the log line names, and compare its input as Step Functions returns it."""
        for delivery in self.log.outcomes[receipt_id]["deliveries"]:
            if delivery["target"] == f"state_machine:{name}" and "execution" in delivery:
                found = execution_input(self.aws, delivery["execution"])
                return time.monotonic() if found == sample.expect.input else None
        return None


def _await(look: Callable[[], float | None], deadline: float) -> float | None:
    """Poll until something is found or the deadline has passed."""
    while (found := look()) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _row(sample: Sample, receipt_id: str, line: dict[str, Any], elapsed: int | None) -> SampleResult:
    deliveries = line.get("deliveries", [])
    route = ", ".join(delivery["route"] for delivery in deliveries)
    target = ", ".join(delivery["target"] for delivery in deliveries)
    row = SampleResult(sample.event, route, target, line.get("outcome", "unknown"), elapsed, "", receipt_id)
    return row._replace(wrong=_wrong(sample.expect, row))


def _wrong(expected: Expectation, row: SampleResult) -> str:
    if row.outcome != expected.outcome:
        return f"expected the outcome {expected.outcome}"
    if (row.route, row.target) != (expected.route or "", expected.target or ""):
        return f"expected the route {expected.route} to {expected.target}"
    return (
        "" if row.milliseconds is not None else f"timed out before the expected content was seen at {expected.target}"
    )


def _stray(row: SampleResult, sightings: list[Sighting]) -> str:
    topics = [f"topic:{seen.topic}" for seen in sightings if seen.receipt_id == row.receipt_id]
    return "" if set(topics) <= set(row.target.split(", ")) else f"also seen at {', '.join(topics)}"
