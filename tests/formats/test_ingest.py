"""The output of ingest: log lines and metrics, for fixed requests."""

from typing import Any

import pytest

from tests.formats.golden import Golden
from tests.formats.metric_lines import by_event, described
from tests.formats.shapes import log_line_shape
from tests.ingest.test_handler import ACCEPTED, GOOD_SECRET, Handled, aws, event
from tests.loopback import Behaviour, answer

CHALLENGE = event() | {
    "requestContext": {"http": {"method": "GET"}},
    "rawQueryString": "challenge=invented",
    "queryStringParameters": {"challenge": "invented"},
}
DISABLED = answer({"__type": "com.amazonaws.sqs#KmsDisabled"}, 400)
# The responses of AWS to one function, and the requests to that function.
FUNCTIONS: tuple[tuple[tuple[Behaviour, ...], dict[str, dict[str, Any]]], ...] = (
    ((GOOD_SECRET, ACCEPTED, DISABLED), {"accepted": event(), "rejected, not queued": event()}),
    (
        (GOOD_SECRET,),
        {
            "challenge": CHALLENGE,
            "rejected, unknown path": event(rawPath="/webhooks/unknown"),
            "rejected, wrong signature": event(secret="another"),
        },
    ),
)


@pytest.fixture(scope="module")
def printed() -> dict[str, list[Any]]:
    """The lines that ingest prints for each request."""
    lines: dict[str, list[Any]] = {}
    for script, requests in FUNCTIONS:
        for _, environment in aws(*script):
            *printed, _ = Handled(list(requests.values()), environment).output.splitlines()
            lines |= dict(zip(requests, by_event(printed), strict=True))
    return lines


def test_log_lines_are_stable(golden: Golden, printed: dict[str, list[Any]]) -> None:
    """The order and types of the members are fixed, and so are the values that filters match."""
    logged = {name: [log_line_shape(line) for line in lines if "_aws" not in line] for name, lines in printed.items()}
    golden.check("ingest-log-lines", logged)


def test_metrics_are_stable(golden: Golden, printed: dict[str, list[Any]]) -> None:
    """Namespace, dimensions, names and units of the metrics of each request are fixed."""
    counted = {name: [described(line) for line in lines if "_aws" in line] for name, lines in printed.items()}
    golden.check("ingest-metrics", counted)
