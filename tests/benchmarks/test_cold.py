"""One cold start: its figures, and the runs that are rejected."""

from pathlib import Path

import pytest

from benchmarks.cold import bare, cold
from benchmarks.rows import Bench, BenchRow, rows
from benchmarks.stub import Stub
from scripts.cli.exit_codes import FailedError

FIGURES = {"cold_ms", "first_200_ms", "init_ms", "handler_ms", "cpu_ms", "rss_mb", "modules"}


def test_ingest_answers_from_its_zip_alone(bench: Bench, stub: Stub) -> None:
    """One call for the secret, one for the queue; without any package, and all within the process' time."""
    [row] = [row for row in rows(bench, []) if row.name == "ingest"]
    assert row.folders == (bench.place.ingest,)
    figures = cold(bench, row, bench.request(row))
    assert figures.keys() == FIGURES
    assert stub.counts() == {"ssm:GetParameters": 1, "sqs:SendMessage": 1}
    assert figures["handler_ms"] + figures["init_ms"] <= figures["first_200_ms"] <= figures["cold_ms"]


@pytest.mark.parametrize(
    "name",
    [
        "raw TLS POST",
        *(pytest.param(name, marks=pytest.mark.full) for name in ("idiomatic boto3", "boto3 + powertools + pydantic")),
    ],
)
def test_the_others_do_the_same(bench: Bench, stub: Stub, name: str) -> None:
    """One call for the secret and one for the queue."""
    [row] = [row for row in rows(bench, []) if row.name == name]
    cold(bench, row, bench.request(row))
    secrets, messages = stub.counts().values()
    assert (secrets, messages) == (1, 1)


def test_the_bare_interpreter_has_next_to_nothing(bench: Bench) -> None:
    """No row imports fewer modules."""
    [ingest] = [row for row in rows(bench, []) if row.name == "ingest"]
    assert bare(bench)["modules"] < cold(bench, ingest, bench.request(ingest))["modules"]


def test_an_answer_that_is_no_200_is_no_measurement(bench: Bench, tmp_path: Path) -> None:
    """The row and its answer are named."""
    (tmp_path / "refusing.py").write_text("def handle(event, context):\n    return {'statusCode': 401}\n")
    row = BenchRow("refusing", "refusing:handle", (tmp_path,))
    with pytest.raises(FailedError, match="refusing answered 401"):
        cold(bench, row, bench.request(row))
