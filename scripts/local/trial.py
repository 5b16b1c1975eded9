"""Send each sample once and compare its deliveries with the expected ones."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from itertools import starmap
from typing import Any, Final, NamedTuple

from scripts.alma_client.changed_body import json_or_text
from scripts.alma_client.client import Reply, post, signature
from scripts.alma_client.sample_entries import Expectation, ExpectedDelivery
from scripts.alma_client.samples import Sample
from scripts.aws.clients import Aws
from scripts.local.observe import OutcomeLog, Sighting, Subscriptions, execution_input
from scripts.local.own_messages import RouteAndTarget
from scripts.routes.expected_content import is_as_expected

# Each poll of the emulator takes about 0.1 s, so samples are sent in batches.
_AT_A_TIME: Final = 6


class SampleResult(NamedTuple):
    """The result of a sample.

    `milliseconds` is the time from the POST until the event was seen at its targets. `wrong` is the problem, or empty.
    `met_cold_start`: a worker of a function started in that time.
    """

    sample: str
    format: str
    route: str
    target: str
    outcome: str
    milliseconds: int | None
    wrong: str
    receipt_id: str = ""
    met_cold_start: bool = False


class Trial(NamedTuple):
    """One round of samples. `own` has the webhook URL and the signing secret of each Alma profile that a sample names.

    `own_messages`: route and target of the deliveries to topics that get another message than the body.
    """

    aws: Aws
    subscriptions: Subscriptions
    log: OutcomeLog
    url: str
    secret: str
    own: Mapping[str, tuple[str, str]] = {}
    seconds: float = 40.0  # per sample: the first one waits for two cold starts, possibly on a busy computer
    cold_starts: Callable[[], int] = lambda: 0  # how many there were so far
    own_messages: Collection[RouteAndTarget] = ()

    def rows(self, samples: list[Sample]) -> Iterator[SampleResult]:
        """Send the samples with new ids, a few at a time; yield a row for each when it is delivered or timed out."""
        for first in range(0, len(samples), _AT_A_TIME):
            posted = [self._post(sample.fresh()) for sample in samples[first : first + _AT_A_TIME]]
            yield from starmap(self._row, posted)

    def strays(self, rows: list[SampleResult]) -> list[SampleResult]:
        """Return the rows, marked as wrong where a message has since arrived at an unexpected topic."""
        self.subscriptions.receive(1)
        return [row if row.wrong else row._replace(wrong=_stray(row, self.subscriptions.sightings)) for row in rows]

    def _post(self, sample: Sample) -> tuple[Sample, float, int, Reply]:
        """Return the sample, the monotonic time and the number of cold starts before the POST, and the response."""
        url, secret = self.own.get(sample.profile, (self.url, self.secret))
        started, cold_starts = time.monotonic(), self.cold_starts()
        reply = post(url, sample.body, signed=signature(sample.body, secret=secret))
        return sample, started, cold_starts, reply

    def _row(self, sample: Sample, started: float, cold_starts: int, reply: Reply) -> SampleResult:
        receipt_id = reply.receipt_id
        if receipt_id is None:
            wrong = f"response {reply.status}: {reply.error}"
            return SampleResult(sample.name, sample.format, "", "", "rejected", None, wrong)
        arrived = self._arrival(sample, receipt_id, started + self.seconds)
        elapsed = round((arrived - started) * 1000) if arrived else None
        row = _row(sample, receipt_id, self.log.outcomes.get(receipt_id, {}), elapsed)
        return row._replace(met_cold_start=self.cold_starts() > cold_starts)

    def _arrival(self, sample: Sample, receipt_id: str, deadline: float) -> float | None:
        """Return the monotonic time at which its last delivery was seen, once its outcome is read; else None.

        What cannot be seen here, such as a message on a queue, counts as seen once its outcome is read.
        """
        expected = sample.expect.deliveries
        topics = [each for each in expected if each.target.startswith("topic:")]
        executions = [each for each in expected if each.target.startswith("state_machine:")]
        seen = [_await(partial(self._seen_at_topic, sample, receipt_id, each), deadline) for each in topics]
        line_read = _await(lambda: self._outcome_read(receipt_id), deadline)
        if not line_read:
            return None
        seen += [_await(partial(self._seen_as_execution, receipt_id, each), deadline) for each in executions]
        if len(seen) < len(expected) or not expected:
            seen.append(line_read)
        times = [at for at in seen if at is not None]
        return max(times) if len(times) == len(seen) else None

    def _seen_at_topic(self, sample: Sample, receipt_id: str, expected: ExpectedDelivery) -> float | None:
        wanted = (receipt_id, expected.target.partition(":")[2])
        seen = (each for each in self.subscriptions.sightings if each[:2] == wanted)
        found = next((each.at for each in seen if self._is_expected(each.body, sample, expected)), None)
        if found is None:
            self.subscriptions.receive(1)  # for the next poll
        return found

    def _is_expected(self, message: bytes, sample: Sample, expected: ExpectedDelivery) -> bool:
        """Return whether a message is the body; an own message, whether it is as the sample expects."""
        if (expected.route, expected.target) not in self.own_messages:
            return message == sample.body
        return is_as_expected(expected.input, json_or_text(message.decode("utf-8", "replace")))

    def _outcome_read(self, receipt_id: str) -> float | None:
        self.log.insist()
        return time.monotonic() if receipt_id in self.log.outcomes else None

    def _seen_as_execution(self, receipt_id: str, expected: ExpectedDelivery) -> float | None:
        """Find the execution that the log line names, and compare its input as Step Functions returns it."""
        for delivery in self.log.outcomes[receipt_id]["deliveries"]:
            if delivery["target"] == expected.target and "execution" in delivery:
                found = execution_input(self.aws, delivery["execution"])
                return time.monotonic() if is_as_expected(expected.input, found) else None
        return None


def _await(look: Callable[[], float | None], deadline: float) -> float | None:
    """Poll until something is found or the deadline has passed."""
    while (found := look()) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _row(sample: Sample, receipt_id: str, line: dict[str, Any], elapsed: int | None) -> SampleResult:
    outcome = line.get("outcome", "unknown")
    made = [(each["route"], each["target"]) for each in line.get("deliveries", [])]
    route, target = (", ".join(each[place] for each in made) for place in (0, 1))
    wrong = _wrong(sample.expect, outcome, made, elapsed)
    return SampleResult(sample.name, sample.format, route, target, outcome, elapsed, wrong, receipt_id)


def _wrong(expected: Expectation, outcome: str, made: list[RouteAndTarget], elapsed: int | None) -> str:
    if outcome != expected.outcome:
        return f"expected the outcome {expected.outcome}"
    if sorted(made) != sorted((each.route, each.target) for each in expected.deliveries):
        wanted = ", ".join(f"the route {each.route} to {each.target}" for each in expected.deliveries)
        return f"expected {wanted or 'no delivery'}"
    targets = ", ".join(each.target for each in expected.deliveries)
    return "" if elapsed is not None else f"timed out before the expected content was seen at {targets}"


def _stray(row: SampleResult, sightings: list[Sighting]) -> str:
    topics = [f"topic:{seen.topic}" for seen in sightings if seen.receipt_id == row.receipt_id]
    return "" if set(topics) <= set(row.target.split(", ")) else f"also seen at {', '.join(topics)}"
