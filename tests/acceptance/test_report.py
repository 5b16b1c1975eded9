"""Tests of the report of an acceptance."""

from pathlib import Path

from tests.acceptance.report import markdown
from tests.acceptance.site import Options, Site
from tests.acceptance.step import FAILED, IN_PART, PASSED, Step, StepResult

STEP = Step("redrive", "RedriveExecution", lambda _: "")


def report(*results: StepResult, endpoint: str | None = None) -> str:
    """Return the report of a run in an account, or on an emulator."""
    site = Site(Options("dev", "eu-central-1", endpoint, "", "", Path("unused")))
    return markdown(site, results, "abc1234", "2026-05-13 02:41 UTC")


def test_the_report_has_a_row_for_each_step() -> None:
    """Each step has its result, its seconds and what was seen, in one row of the table."""
    text = report(StepResult(STEP, PASSED, "3 of a|b\nseen", 12.4))
    assert "on AWS, eu-central-1" in text
    assert "| redrive | RedriveExecution | passed | 12 | 3 of a\\|b seen |" in text
    assert "1 passed." in text


def test_the_report_names_no_account_and_no_api() -> None:
    """Account ids, hosts of APIs and people are left out, because the report is for a public issue."""
    detail = "arn:aws:sns:eu-central-1:123456789012:t at https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
    person = "User: arn:aws:sts::123456789012:assumed-role/Admin/jane@library.example is not authorized"
    text = report(StepResult(STEP, FAILED, f"{detail} {person}", 0.0))
    assert "arn:aws:sts::ACCOUNT:assumed-role/NAME is not" in text
    assert "arn:aws:sns:eu-central-1:ACCOUNT:t at https://API.execute-api.eu-central-1.amazonaws.com" in text


def test_the_report_of_an_emulator_says_so() -> None:
    """A run on the emulator cannot be taken for one on AWS."""
    text = report(StepResult(STEP, IN_PART, "it lacks it", 0.0), endpoint="http://127.0.0.1:4566")
    assert text.startswith("# Acceptance of alma-webhooks ")
    assert "on the emulator\n" in text
