"""The mistakes of alma-webhooks.yaml: all at once, each with line and field."""

from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.project import folder
from scripts.project.mistakes import text_of

GOOD = """schema: 1
name: library
region: eu-central-1
stages:
  dev:
    alma_profiles: [alma]
    parameters: {MaxReceiveCount: 5, SentryDsn: {ssm: /library/sentry}}
"""

WITH_PARTS = f"""{GOOD}parts:
  loan-cache:
    template: cache.yaml
    code: loan_cache
    requirements: requirements.txt
    queues: {{loans: {{queue: LoanQueue, dead_letters: LoanDeadLetterQueue}}}}
    local: local.py
  export: {{template: export/template.yaml}}
"""


def mistakes_of(path: Path, text: str) -> list[str]:
    path.write_text(text, "utf-8")
    with pytest.raises(
        ConfigurationError, match=r"alma-webhooks\.yaml has \d+ mistakes?\. Nothing was changed\.$"
    ) as caught:
        folder.read(path)
    return [each.removeprefix(f"{path}:") for each in caught.value.details]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / folder.FILE


def test_a_good_file_is_read(path: Path) -> None:
    """Also with a byte-order mark and the line ends of Windows."""
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    found = folder.read(path)
    assert (found.name, found.region, found.stages["dev"].parameters["MaxReceiveCount"]) == (
        "library",
        "eu-central-1",
        5,
    )


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("region:", "regoin:", "3: regoin: unknown key regoin; did you mean region?"),
        ("alma_profiles", "profiles", "6: stages.dev.profiles: unknown key profiles; did you mean alma_profiles?"),
        ("eu-central-1", "Frankfurt", "3: region: must be an AWS region, such as eu-central-1"),
        ("  dev:", "  live:", "5: stages.live: must be dev, stg or prod"),
        ("[alma]", "[alma, alma]", "6: stages.dev.alma_profiles: alma is listed twice"),
        ("[alma]", "[heartbeat]", "6: stages.dev.alma_profiles: heartbeat is built in and always served; remove it"),
        ("[alma]", "[notifications]\n    notifications: true", "5: stages.dev: an Alma profile of a stage with notifi"),
        ("[alma]", "[alma]\n    notifications: maybe", "7: stages.dev.notifications: "),
        ("[alma]", "alma", "6: stages.dev.alma_profiles: expected a list, with a dash before each entry"),
        ("[alma]", "[NO]", "6: stages.dev.alma_profiles[0]: "),
        (
            "MaxReceiveCount: 5",
            "AlarmEmail: a@b.example",
            "7: stages.dev.parameters: set alarm_email of the stage instead",
        ),
        ("MaxReceiveCount: 5", "MaxReceiveCount: 5.5", "expected text in quotes, a whole number, or {ssm: NAME}"),
        ("MaxReceiveCount: 5", "MaxReceiveCount: 1:30", "7: stages.dev.parameters.MaxReceiveCount: "),
        (
            "MaxReceiveCount: 5",
            "MaxReceiveCount: 5, MaxReceiveCount: 6",
            "duplicate key MaxReceiveCount on lines 7 and 7",
        ),
        ("name: library\n", "", "1: name is missing"),
        ("region:", "account: 012345678901\nregion:", "3: account: "),
        ("/library/sentry", "a b", "must be the name of an SSM parameter"),
        (GOOD, "", "1: expected names with values"),
        ("  dev:", "\tdev:", "5: unexpected tab"),
    ],
)
def test_each_mistake_is_one_sentence(path: Path, old: str, new: str, mistake: str) -> None:
    """It names line and field, and the nearest known word."""
    [found] = mistakes_of(path, GOOD.replace(old, new, 1))
    assert mistake in found


def test_further_parts_are_read_in_their_order(path: Path) -> None:
    """Only the template of a part is needed."""
    path.write_text(WITH_PARTS, "utf-8")
    parts = folder.read(path).parts
    assert [*parts] == ["loan-cache", "export"]
    assert parts["loan-cache"].queues["loans"].dead_letters == "LoanDeadLetterQueue"
    assert (parts["export"].code, parts["export"].queues, parts["export"].local) == (None, {}, None)


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("  export:", "  Export:", "15: parts.Export: must have up to 31 lower-case letters, digits and hyphens"),
        ("  export:", "  notifications:", "8: parts: notifications is the name of a part of alma-webhooks; rename"),
        ("cache.yaml", "../cache.yaml", "10: parts.loan-cache.template: must be a path inside the project folder"),
        ("cache.yaml", "/cache.yaml", "10: parts.loan-cache.template: must be a path inside the project folder"),
        ("loan_cache", "loan-cache", "11: parts.loan-cache.code: must be the name of a Python package"),
        ("loan_cache", "processor", "11: parts.loan-cache.code: processor is a package of alma-webhooks"),
        ("    code: loan_cache\n", "", "parts: loan-cache has requirements but no code; add code, or remove require"),
        ("loans:", "webhooks:", "8: parts: the queue webhooks of loan-cache has the name of a queue of alma-webhooks"),
        ("LoanQueue", "Loan-Queue", "13: parts.loan-cache.queues.loans.queue: must be the logical id of a queue"),
        (", dead_letters: LoanDeadLetterQueue", "", "13: parts.loan-cache.queues.loans: dead_letters is missing"),
        (
            "template.yaml}",
            "template.yaml, queues: {loans: {queue: A, dead_letters: B}}}",
            "8: parts: the queue loans of export has the name of a queue of loan-cache; rename it",
        ),
        (
            "template.yaml}",
            "template.yaml, queues: {lo-ans: {queue: A, dead_letters: B}}}",
            "8: parts: the queue lo-ans of export has the name of a queue of loan-cache; rename it, not only with hyph",
        ),
    ],
)
def test_each_mistake_of_a_part_is_one_sentence(path: Path, old: str, new: str, mistake: str) -> None:
    """It says what to rename, add or remove."""
    [found] = mistakes_of(path, WITH_PARTS.replace(old, new, 1))
    assert mistake in found


def test_all_mistakes_are_reported_at_once(path: Path) -> None:
    """A user corrects them together."""
    text = GOOD.replace("region", "regoin").replace("library", "Library", 1).replace("[alma]", "[A]")
    assert len(mistakes_of(path, text)) == 3


def test_a_file_for_a_newer_version_says_so(path: Path) -> None:
    """Its unknown keys are not reported: they may be right."""
    [found] = mistakes_of(path, GOOD.replace("schema: 1", "schema: 2").replace("region", "place"))
    assert "was written for a newer version of alma-webhooks (schema 2); this one reads schema 1" in found


def test_a_missing_file_is_an_error(path: Path) -> None:
    """The error names the path and the cause."""
    with pytest.raises(ConfigurationError, match=r"alma-webhooks\.yaml cannot be read: No such file"):
        folder.read(path)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    """This covers a missing file and another encoding."""
    with pytest.raises(ConfigurationError, match="No such file"):
        text_of(tmp_path / "nothing.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        text_of(tmp_path / "latin.yaml")
