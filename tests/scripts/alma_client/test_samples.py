"""The samples: all of them can be read, and fresh ones differ in their id alone."""

import json
from pathlib import Path

import pytest

from processor.alma.events import parse
from scripts.alma_client.samples import Expectation, Sample, body_of, load_all
from scripts.cli.exit_codes import ConfigurationError

SAMPLES = load_all()


def sample(body: bytes) -> Sample:
    return Sample("name", body, Expectation("ignored"))


@pytest.mark.parametrize("each", SAMPLES, ids=lambda each: each.name)
def test_a_fresh_sample_differs_in_its_id_alone(each: Sample) -> None:
    """As long, as spaced and as escaped as before; every place that repeats the id repeats the new one."""
    fresh = each.fresh()
    before, after = (parse(body).id or "" for body in (each.body, fresh.body))
    assert before != after
    assert len(before) == len(after)
    assert fresh.body.replace(after.encode(), before.encode()) == each.body
    assert before.encode() not in fresh.body
    assert before not in json.dumps(fresh.expect.input)


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


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    """One sentence with the file that is not there."""
    with pytest.raises(ConfigurationError, match=r"samples cannot be read: .*index\.yaml: No such file"):
        load_all(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"), [("a: {}\na: {}\n", "line 2: duplicate key a"), ("a: [NO]\n", "line 1: NO is ambiguous")]
)
def test_f58_the_index_of_samples_says_what_it_looks_like(text: str, reason: str, tmp_path: Path) -> None:
    """Repeated keys and ambiguous values are rejected there too."""
    (tmp_path / "index.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=f"index.yaml, {reason}"):
        load_all(tmp_path)
