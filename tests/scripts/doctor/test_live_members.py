"""Test that unknown members of live events are named from the log, and that they are healthy."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from scripts.doctor.check import Subject
from scripts.project.folder import Project
from scripts.project.models import ProjectFile
from tests.scripts.doctor.subjects import OK, UNKNOWN, found

GROUP = "processor"


@pytest.fixture
def logged(subject: Subject) -> Subject:
    """A subject whose processor has a log group."""
    subject.scope.aws.logs.create_log_group(logGroupName=GROUP)
    subject.scope.aws.logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    return subject


def write(subject: Subject, names: Any, age: float = 60) -> None:
    """Write an outcome line of the processor."""
    line = {"message": "outcome", "outcome": "delivered", "unknown_members": names}
    events: Any = [{"timestamp": round((time.time() - age) * 1000), "message": json.dumps(line)}]
    subject.scope.aws.logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


def message(subject: Subject) -> str:
    [finding] = found(subject, "members")
    assert (finding.state, finding.fix) == (OK, "")
    return finding.message


def test_events_without_unknown_members_are_healthy(logged: Subject) -> None:
    """Lines of the day before do not count, nor members that the catalogue of this version has."""
    write(logged, ["item_loan.copies"], age=25 * 3600)
    write(logged, ["item_loan.due_date", "item_loan.library.desc", "holding.anything"])
    assert message(logged) == "events of the last 24 h have no unknown members"


def test_unknown_members_are_named_and_healthy(logged: Subject) -> None:
    """Each worker logs a name once, so the same name can be in several lines."""
    write(logged, ["item_loan.copies", "license"])
    write(logged, ["license"])
    assert message(logged) == (
        "events of the last 24 h have members that the catalogue lacks: item_loan.copies, license; routes can use "
        "them, and routes check warns of them until a sample event of the project has them"
    )


def test_samples_of_the_project_make_members_known(logged: Subject, tmp_path: Path) -> None:
    """As for `routes check`."""
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "a.json").write_text('{"action": "LOAN", "license": {"code": "x"}}')
    (tmp_path / "events" / "index.yaml").write_text("a: {file: a.json, expect: {outcome: ignored}}\n")
    file = ProjectFile.model_validate({"schema": 1, "name": "library", "stages": {"dev": {}}})
    address = logged.scope.address._replace(project=Project(tmp_path, file, "--project"))
    write(logged, ["license", "license.code", "vendor"])
    text = message(logged._replace(scope=logged.scope._replace(address=address)))
    assert text.startswith("events of the last 24 h have members that the catalogue lacks: vendor;")


def test_of_many_members_the_first_are_named(logged: Subject) -> None:
    """Several workers can report more than one of them may."""
    write(logged, [f"x_{number:02}" for number in range(22)])
    assert "x_18, x_19 and 2 others; routes can" in message(logged)


@pytest.mark.parametrize("names", ["item_loan.copies", [1, None], {"a": 1}, None])
def test_a_line_of_another_form_is_ignored(logged: Subject, names: Any) -> None:
    """Only lists of texts are names."""
    write(logged, names)
    assert message(logged) == "events of the last 24 h have no unknown members"


def test_a_missing_log_group_is_unknown(subject: Subject) -> None:
    """The other checks go on."""
    [finding] = found(subject, "members")
    assert finding.state is UNKNOWN
