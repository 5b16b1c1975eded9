"""Topics of notifications in routes, compared with notifications.yaml and with the stages of the project."""

from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.routes.checked_routes import CheckedRoutes, check_file
from tests.samples import STAGES

TOPICS = """\
channels:
  library:
    jobs:
      integrations:
        - {name: team, type: slack, model: "$title", configuration: {url: {ssm: slack-team}}}
"""
PROJECT = """\
schema: 1
name: library
stages:
  dev: {notifications: true}
  stg: {}
  prod: {notifications: true}
"""


def checked(
    folder: Path, name: str = "library/jobs", topics: str = TOPICS, project: str = PROJECT, route: str = ""
) -> CheckedRoutes:
    """Return the check of a route in a folder with these files; an empty text is no file."""
    when = "when: {action: [LOAN], event: {value: [LOAN_CREATED, LOAN_DUE_DATE]}}"
    text = f"{STAGES}routes:\n  - name: a\n    {when}\n    deliver: [{{{route or f'notification: {name!r}'}}}]\n"
    for file, content in (("routes.yaml", text), ("notifications.yaml", topics), ("alma-webhooks.yaml", project)):
        if content:
            (folder / file).write_text(content)
    return check_file(folder / "routes.yaml")


def test_a_topic_of_the_file_is_right(tmp_path: Path) -> None:
    """With notifications in every stage nothing is reported."""
    found = checked(tmp_path, project=PROJECT.replace("stg: {}", "stg: {notifications: true}"))
    assert (found.problems, found.warnings) == ([], [])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("library/job", "notifications.yaml has no topic library/job; did you mean library/jobs?"),
        ("x/y", "notifications.yaml has no topic x/y; add it there"),
        (
            "library/{{ event.value | slug }}",
            "notifications.yaml has no topic library/loan-created, library/loan-due-date; add it there",
        ),
        ("jobs", "'jobs' is not CHANNEL/TOPIC, two names with lower-case letters, digits and hyphens"),
        ("Library/jobs", "'Library/jobs' is not CHANNEL/TOPIC, two names with lower-case letters, digits and hyphens"),
    ],
)
def test_a_wrong_topic_is_a_problem_with_its_line(name: str, reason: str, tmp_path: Path) -> None:
    """Also one that a template makes of the values that `when` lists."""
    [problem] = checked(tmp_path, name).problems
    assert (problem.line, problem.route, problem.field, problem.reason) == (5, "a", "deliver[0].notification", reason)


def test_without_the_file_of_topics_any_topic_is_accepted(tmp_path: Path) -> None:
    """The topics may be kept in another folder; the processor decides."""
    found = checked(tmp_path, "other/topic", topics="", project="")
    assert (found.problems, found.warnings) == ([], [])


def test_a_topic_that_depends_on_the_event_is_accepted(tmp_path: Path) -> None:
    """Its name is known only for an event."""
    assert checked(tmp_path, "{{ item_loan.library.value | lower }}/jobs").problems == []


def test_a_stage_without_notifications_is_a_warning(tmp_path: Path) -> None:
    """It names the stages, and a comment silences it as any other."""
    [warning] = checked(tmp_path).warnings
    assert (warning.line, warning.field, warning.name) == (5, "deliver[0].notification", "no-notifications")
    assert warning.reason == (
        "alma-webhooks.yaml does not switch notifications on for stg, so events become dead letters there"
    )
    routes = (tmp_path / "routes.yaml").read_text()
    (tmp_path / "routes.yaml").write_text(routes.replace("}]", "}] # alma-webhooks: ignore[no-notifications]"))
    assert check_file(tmp_path / "routes.yaml").warnings == []


def test_a_file_of_topics_with_mistakes_stops_the_check(tmp_path: Path) -> None:
    """Each mistake has its line; without a route to notifications the file is not read."""
    wrong = TOPICS.replace("slack,", "slak,")
    with pytest.raises(ConfigurationError, match="1 mistake") as caught:
        checked(tmp_path, topics=wrong)
    assert [*caught.value.details] == [
        "notifications.yaml: line 5, library/jobs, integration team, type: unknown type; did you mean 'slack'?"
    ]
    assert checked(tmp_path, topics=wrong, route="queue: 'arn:aws:sqs:eu-central-1:123456789012:q'").problems == []


def test_a_file_of_topics_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    """It is not UTF-8."""
    (tmp_path / "notifications.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match=r"notifications.yaml cannot be read: it is not UTF-8\."):
        checked(tmp_path, topics="")
