"""The samples: all of them can be read, and fresh ones differ in their id alone."""

from pathlib import Path

import pytest

from processor.alma.events import parse
from scripts.alma_client.sample_entries import Expectation
from scripts.alma_client.samples import Sample, body_of, load_all, load_with_shipped, read_samples
from scripts.cli.exit_codes import ConfigurationError

SAMPLES = load_all()


def sample(body: bytes) -> Sample:
    return Sample("name", body, Expectation(outcome="ignored"))


@pytest.mark.parametrize("each", SAMPLES, ids=lambda each: each.name)
def test_a_fresh_sample_differs_in_its_id_alone(each: Sample) -> None:
    """As long, as spaced and as escaped as before; every place that repeats the id repeats the new one."""
    fresh = each.fresh()
    before, after = (parse(body).id or "" for body in (each.body, fresh.body))
    assert before != after
    assert len(before) == len(after)
    assert fresh.body.replace(after.encode(), before.encode()) == each.body
    assert before.encode() not in fresh.body
    assert before not in fresh.expect.model_dump_json()


def test_an_event_without_a_number_for_an_id_is_sent_as_it_is() -> None:
    """There is nothing to make fresh."""
    body = b'{"id": "abc", "action": "LOAN"}'
    assert sample(body).fresh().body == body


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (b'{"action": "LOAN", "event": {"value": "LOAN_LOST"}}', "LOAN_LOST"),
        (b'{"action": "JOB_END", "event": null}', "JOB_END"),
        (b'{"action": "JOB_END"}', "JOB_END"),
    ],
)
def test_an_event_is_called_by_its_value_or_its_action(body: bytes, event: str) -> None:
    """Where the event's value is null or absent, the action says it."""
    assert sample(body).event == event


def test_a_file_goes_before_a_sample(tmp_path: Path) -> None:
    """Any bytes of a file are taken; without such a file, those of the sample of that name."""
    path = tmp_path / "event.bin"
    path.write_bytes(b"\x00\xff")
    assert body_of(str(path)) == b"\x00\xff"
    assert body_of(SAMPLES[0].name) == SAMPLES[0].body


def test_a_missing_file_or_sample_is_rejected() -> None:
    """The sentence names the nearest samples, if there are any, and how to list all of them."""
    with pytest.raises(
        ConfigurationError, match=r"sample nosuch found\. List all samples with alma-webhooks routes samples\.$"
    ):
        body_of("nosuch")
    with pytest.raises(ConfigurationError, match=r"loan-creted found\. Did you mean loan-created or "):
        body_of("loan-creted")


def test_the_samples_of_a_folder_go_before_the_shipped_ones(tmp_path: Path) -> None:
    """A folder replaces a shipped sample by one of its own, and the others can be named there too."""
    index = "loan-created: {file: own.json, expect: {outcome: ignored}}\n"
    (tmp_path / "index.yaml").write_text(index)
    (tmp_path / "own.json").write_bytes(b"own")
    assert body_of("loan-created", tmp_path) == b"own"
    assert body_of("job-end-pod", tmp_path) == body_of("job-end-pod")
    names = [each.name for each in load_with_shipped(tmp_path)]
    assert names[0] == "loan-created"
    assert sorted(names) == sorted(each.name for each in SAMPLES)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    """One line with the file that is not there."""
    with pytest.raises(ConfigurationError, match=r"has 1 problem; no sample can be used\.$") as raised:
        load_all(tmp_path)
    assert raised.value.details == (f"{tmp_path}/index.yaml cannot be read: No such file or directory",)


@pytest.mark.parametrize(
    ("text", "reason"), [("a: {}\na: {}\n", ":2: a: duplicate key a"), ("a: [NO]\n", ":1: a[0]: NO is ambiguous")]
)
def test_f58_the_index_of_samples_says_what_it_looks_like(text: str, reason: str, tmp_path: Path) -> None:
    """Repeated keys and ambiguous values are rejected there too."""
    (tmp_path / "index.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        load_all(tmp_path)
    assert raised.value.details[0].startswith(f"{tmp_path}/index.yaml{reason}")


def test_a_missing_event_file_is_a_problem_at_its_line(tmp_path: Path) -> None:
    """The other samples are read, so that all problems are known at once."""
    text = "a: {file: a.json, expect: {outcome: ignored}}\nb:\n  expect: {outcome: ignored}\n  file: b.json\n"
    (tmp_path / "index.yaml").write_text(text)
    (tmp_path / "a.json").write_bytes(b"{}")
    samples, problems = read_samples(tmp_path)
    assert [each.name for each in samples] == ["a"]
    reason = f"{tmp_path}/b.json cannot be read: No such file or directory"
    assert problems == [f"{tmp_path}/index.yaml:4: b.file: {reason}"]


def test_the_format_of_a_sample_is_that_of_its_body() -> None:
    """The name of its file does not matter."""
    assert (sample(b" <a/>").format, sample(b"{}").format) == ("xml", "json")


def test_a_sample_of_another_stage_does_not_run() -> None:
    """Its expectation would be wrong; one without a stage runs at any."""
    assert sample(b"{}").runs_at("dev")
    assert [sample(b"{}")._replace(stage="prod").runs_at(stage) for stage in ("dev", "prod")] == [False, True]
