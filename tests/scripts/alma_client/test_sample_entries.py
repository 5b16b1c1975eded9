"""The form of events/index.yaml: both forms of an expectation, and every mistake with its line."""

from pathlib import Path

import pytest

from scripts.alma_client.sample_entries import ExpectedDelivery, ReadIndex, read_entries


def read(folder: Path, text: str) -> ReadIndex:
    (folder / "index.yaml").write_text(text)
    return read_entries(folder / "index.yaml")


def entry(expect: str) -> str:
    return f"a:\n  file: a.json\n  expect:\n    {expect}\n"


def test_a_single_delivery_can_be_written_without_the_list(tmp_path: Path) -> None:
    """Both forms say the same."""
    short = read(tmp_path, entry("{outcome: delivered, route: r, target: 'topic:t', input: {b: c}}"))
    listed = read(tmp_path, entry("{outcome: delivered, deliveries: [{route: r, target: 'topic:t', input: {b: c}}]}"))
    assert short == listed
    assert short.problems == []
    assert short.entries["a"].expect.deliveries == [ExpectedDelivery(route="r", target="topic:t", input={"b": "c"})]


def test_several_deliveries_and_a_stage_are_read(tmp_path: Path) -> None:
    """Without a stage it is empty."""
    several = "{outcome: delivered, deliveries: [{route: r, target: 'topic:t'}, {route: s, target: 'queue:q'}]}"
    found = read(tmp_path, f"{entry(several)}  stage: prod\nb: {{file: b, expect: {{outcome: ignored}}}}\n")
    assert [each.target for each in found.entries["a"].expect.deliveries] == ["topic:t", "queue:q"]
    assert (found.entries["a"].stage, found.entries["b"].stage) == ("prod", "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ": the file has no events; add NAME: {file: …, expect: …}"),
        ("a: 1\n", ":1: a: expected names with values"),
        ("- a\n", ":1: expected names with values"),
        ("a:\n  expect: {outcome: ignored}\n", ":1: a: file is missing"),
        (entry("{outcome: ignored}") + "  stages: dev\n", ":5: a.stages: unknown key stages; did you mean stage?"),
        (entry("{outcome: ignored}") + "  stage: test\n", ":5: a.stage: must be dev, stg or prod"),
        *(
            (entry(f"{{outcome: delivered, {text}}}"), f":4: a.expect.{place}: unknown key {key}; write it as input")
            for key in ("message", "payload", "detail")
            for text, place in (
                (f"route: r, target: 'topic:t', {key}: x", key),
                (f"deliveries: [{{route: r, target: 'topic:t', {key}: {{a: b}}}}]", f"deliveries[0].{key}"),
            )
        ),
        (entry("{outcome: ignored}") + "  message: x\n", ":5: a.message: unknown key message; did you mean stage?"),
        (entry("{outcome: lost}"), ":4: a.expect.outcome: must be delivered, ignored or dead"),
        (entry("{outcome: delivered}"), ":3: a.expect: outcome delivered needs route and target, or deliveries"),
        (entry("{outcome: delivered, deliveries: []}"), ":4: a.expect.deliveries: the list is empty"),
        (
            entry("{outcome: ignored, route: r, target: 'topic:t'}"),
            ":3: a.expect: outcome ignored has no deliveries; remove route, target, input and deliveries",
        ),
        (
            entry("{outcome: delivered, route: r, deliveries: [{route: r, target: 'topic:t'}]}"),
            ":3: a.expect: deliveries replaces route; write them in its list",
        ),
        (entry("{outcome: delivered, target: 'topic:t'}"), ":3: a.expect: route is missing"),
        (
            entry("{outcome: ignored, failing: [a]}"),
            ":3: a.expect: only outcome dead has failing routes; remove failing",
        ),
        (entry("{outcome: dead, failing: []}"), ":4: a.expect.failing: the list is empty"),
        (
            entry("{outcome: delivered, route: r, target: t}"),
            ":4: a.expect.target: must be KIND:NAME, such as topic:other; KIND is one of topic, state_machine, queue, "
            "event_bus, function",
        ),
        (
            entry("{outcome: delivered, deliveries: [{route: r, target: 'topic:t'}, {route: 1, target: 'topic:t'}]}"),
            ":4: a.expect.deliveries[1].route: expected text; put it in quotes",
        ),
        ("a: {file: '', expect: {outcome: ignored}}\n", ":1: a.file: the text is empty"),
        ("a: {\n", ":2: "),
    ],
)
def test_a_mistake_is_a_line_with_file_and_place(text: str, problem: str, tmp_path: Path) -> None:
    """It says what to write instead."""
    found = read(tmp_path, text)
    assert found.entries == {}
    assert [each.startswith(f"{tmp_path}/index.yaml{problem}") for each in found.problems] == [True], found.problems


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    """Each entry is checked, even if the one before is wrong."""
    found = read(tmp_path, "a: {file: a}\nb: {expect: {outcome: ignored}}\n")
    assert [each.removeprefix(f"{tmp_path}/index.yaml") for each in found.problems] == [
        ":1: a: expect is missing",
        ":2: b: file is missing",
    ]


def test_a_file_that_is_not_text_is_a_problem(tmp_path: Path) -> None:
    """It is named."""
    (tmp_path / "index.yaml").write_bytes(b"\xff")
    assert read_entries(tmp_path / "index.yaml").problems == [f"{tmp_path}/index.yaml cannot be read: it is not UTF-8"]
