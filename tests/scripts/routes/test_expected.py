"""Samples against their expected deliveries: what counts as a difference, and how it is reported."""

import json
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.checked_routes import check_file
from scripts.routes.expected import SampleVerdict, as_json, lines, read_folder
from tests.samples import STAGES
from tests.scripts.routes.sample_folder import BOTH, LOAN, ROUTES, folder, verdict


def test_deliveries_as_expected_have_no_differences(tmp_path: Path) -> None:
    """The content is compared only if it is written down."""
    found = verdict(folder(tmp_path, f"{{outcome: delivered, {BOTH}}}"))
    assert (found.outcome, found.differences) == ("delivered", [])


@pytest.mark.parametrize(
    ("expect", "differences"),
    [
        (
            "{outcome: delivered, route: a, target: 'topic:loan-created'}",
            ["unexpected delivery to state_machine:pod by route a"],
        ),
        (
            f"{{outcome: delivered, {BOTH[:-1]}, {{route: z, target: 'topic:other'}}]}}",
            ["no delivery to topic:other by route z"],
        ),
        (
            f"{{outcome: delivered, {BOTH.replace(chr(39) + '1' + chr(39), '1')}}}",
            ['state_machine:pod: input.b is "1", expected 1'],
        ),
        (
            f"{{outcome: delivered, {BOTH.replace('b:', 'c:')}}}",
            [
                'state_machine:pod: input.c is missing, expected "1"',
                'state_machine:pod: input.b is "1", expected none',
            ],
        ),
        (
            "{outcome: ignored}",
            ["outcome delivered, expected ignored (topic:loan-created by route a, state_machine:pod by route a)"],
        ),
        ("{outcome: dead}", ["outcome delivered, expected dead (topic:loan-created by route a, state_machine:pod by "]),
    ],
)
def test_each_difference_is_a_sentence(expect: str, differences: list[str], tmp_path: Path) -> None:
    """It names the target, and both values."""
    found = verdict(folder(tmp_path, expect)).differences
    assert len(found) == len(differences)
    assert all(each.startswith(expected) for each, expected in zip(found, differences, strict=True)), found


def test_a_body_that_was_expected_is_compared_as_json(tmp_path: Path) -> None:
    """A topic gets the body as it is; spaces are no difference, and 1 is not true."""
    body = json.dumps(LOAN | {"id": "2", "n": True})
    expect = f"{{outcome: delivered, {BOTH.replace(chr(125) + ',', f', input: {body}{chr(125)},', 1)}}}"
    assert verdict(folder(tmp_path, expect, body=LOAN | {"n": 1})).differences == [
        'topic:loan-created: input.id is "1", expected "2"',
        "topic:loan-created: input.n is 1, expected true",
    ]


def test_an_expected_route_that_does_not_fire_says_why(tmp_path: Path) -> None:
    """One that does not exist is named."""
    found = verdict(folder(tmp_path, f"{{outcome: delivered, {BOTH}}}", body=LOAN | {"action": "USER"}))
    assert found.differences == [
        "outcome ignored, expected delivered",
        'route a does not fire: when: action does not match ["LOAN"]',
    ]


def test_an_unknown_route_is_named(tmp_path: Path) -> None:
    """The event is ignored, so nothing else shows the wrong name."""
    body = LOAN | {"action": "USER"}
    found = verdict(folder(tmp_path, "{outcome: delivered, route: z, target: 'topic:other'}", body=body))
    assert found.differences == ["outcome ignored, expected delivered", "there is no route z"]


def test_an_event_that_becomes_a_dead_letter_says_why(tmp_path: Path) -> None:
    """The cause stands in brackets."""
    [difference, *_] = verdict(folder(tmp_path, "{outcome: ignored}", body={"action": "LOAN"})).differences
    assert difference.startswith("outcome dead, expected ignored (template: '{{ id }}' uses a field")


def test_f59_unknown_profiles_are_warned_about_as_by_routes_check(tmp_path: Path) -> None:
    """The stages are those of the alma-webhooks.yaml beside the routes, whose mistakes are reported too."""
    path = folder(tmp_path, f"{{outcome: delivered, {BOTH}}}")
    (path / "routes.yaml").write_text(f"{STAGES}{ROUTES}".replace("name: a,", "name: a, profiles: [alma, almma],"))
    (path / "alma-webhooks.yaml").write_text("schema: 1\nname: library\nstages: {dev: {alma_profiles: [alma]}}\n")
    warnings = read_folder(path / "routes.yaml", path / "events").warnings
    assert warnings == [f"{path}/routes.yaml: {each}" for each in check_file(path / "routes.yaml").warnings]
    assert any("no stage of alma-webhooks.yaml has the Alma profile almma" in each for each in warnings)
    (path / "alma-webhooks.yaml").write_text("schema: 1\nstagess: {}\n")
    with pytest.raises(ConfigurationError, match="nothing was tested") as raised:
        read_folder(path / "routes.yaml", path / "events")
    assert any("alma-webhooks.yaml" in each and "stagess" in each for each in raised.value.details)


@pytest.mark.parametrize(("more", "stage", "at"), [("", "prod", "prod"), ("  stage: stg\n", "prod", "stg")])
def test_an_event_is_tested_at_its_own_stage_or_at_that_of_the_command(
    more: str, stage: str, at: str, tmp_path: Path
) -> None:
    """The route with the marker of that stage fires."""
    body = {"action": {"prod": "PROD", "stg": "STAGE"}[at]}
    path = folder(tmp_path, "{outcome: delivered, route: staged, target: 'topic:other'}", more, body)
    (path / "routes.yaml").write_text(f"{STAGES}{ROUTES}".replace("stage}", "STAGE}").replace("prod}", "PROD}"))
    found = verdict(path, stage)
    assert (found.stage, found.differences) == (at, [])


def test_all_mistakes_of_a_folder_are_reported_at_once(tmp_path: Path) -> None:
    """Those of the routes first, then those of the index, each with file and line."""
    path = folder(tmp_path, "{outcome: lost}")
    (path / "routes.yaml").write_text(f"{STAGES}routes:\n  - {{name: a, deliver: [{{topic: nosuch}}]}}\n")
    with pytest.raises(ConfigurationError, match="has 2 problems; nothing was tested") as raised:
        read_folder(path / "routes.yaml", path / "events")
    routes, index = raised.value.details
    assert routes.startswith(f"{path}/routes.yaml: line 3, route a, deliver[0].topic: ")
    assert index == f"{path}/events/index.yaml:3: one.expect.outcome: must be delivered, ignored or dead"


def test_a_missing_folder_is_a_mistake(tmp_path: Path) -> None:
    """Both files are named."""
    with pytest.raises(ConfigurationError, match="has 2 problems") as raised:
        read_folder(tmp_path / "routes.yaml", tmp_path / "events")
    assert [each.partition(" cannot be read")[0] for each in raised.value.details] == [
        f"{tmp_path}/routes.yaml",
        f"{tmp_path}/events/index.yaml",
    ]


OK, OTHER = SampleVerdict("one", "dev", "ignored", [], []), SampleVerdict("two", "prod", "dead", [], ["wrong", "worse"])


def test_text_has_a_line_for_each_sample_and_a_summary() -> None:
    """Zeros are left out, and a stage other than dev is named."""
    assert list(lines([OK, OTHER])) == [
        "ok       one",
        "differs  two (stage prod)",
        "         wrong",
        "         worse",
        "2 events: 1 ok, 1 differs",
    ]
    assert list(lines([OK]))[-1] == "1 event: 1 ok"
    assert list(lines([OTHER, OTHER]))[-1] == "2 events: 2 differ"


def test_json_has_the_same_facts() -> None:
    """Each event says whether it is as expected."""
    data = as_json(Path("folder"), "dev", [OK, OTHER])
    assert (data["folder"], data["ok"], data["differ"]) == ("folder", 1, 1)
    assert [(each["sample"], each["as_expected"]) for each in data["events"]] == [("one", True), ("two", False)]


OTHER_TOPIC = """\
channels:
  library:
    loan-created:
      integrations:
        - {name: team, type: slack, model: text, configuration: {url: {ssm: team}}}
"""


def test_a_notification_is_expected_by_its_topic_and_values(tmp_path: Path) -> None:
    """The values are compared as an input is. A topic that is not in notifications.yaml is a failure."""
    values = json.dumps(LOAN | {"profile": "alma", "who": "1"})
    target = "notification: 'library/{{ event.value | slug }}'"
    expect = f"{{outcome: delivered, route: people, target: 'notification:library/loan-created', input: {values}}}"
    where = folder(tmp_path, expect)
    routes = f"{STAGES}routes:\n- {{name: people, let: {{who: '{{{{ id }}}}'}}, deliver: [{{{target}}}]}}\n"
    (where / "routes.yaml").write_text(routes)
    assert verdict(where).differences == []
    (where / "notifications.yaml").write_text(OTHER_TOPIC)
    assert verdict(where).differences == []
    (where / "notifications.yaml").write_text(OTHER_TOPIC.replace("loan-created", "other"))
    [difference] = verdict(where).differences
    assert "outcome dead, expected delivered" in difference
    assert "there is no such topic" in difference
