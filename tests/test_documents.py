"""The documents: their commands exist, their examples work, and their links point to files."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from typer.testing import CliRunner

from ingest.envelope import pointer_to
from processor.alma.events import parse
from processor.deliveries import KEPT_SECONDS
from processor.delivery import POINTER_ATTRIBUTE, TopicDelivery, offload_if_too_large, topic_message
from processor.errors import CauseClass
from processor.outcomes import Outcome
from processor.routing.router import Router
from scripts.aws.errors import RIGHTS
from scripts.aws.template import OBSERVABILITY, load
from scripts.dead_letters.filters import CAUSES
from scripts.dead_letters.reports.listing import COLUMNS, GROUP_COLUMNS
from scripts.main import app
from scripts.routes.check import compile_checked
from tests.infra.complete_example import TOPICS
from tests.policies import actions, called_in, policies
from tests.samples import body_of, envelope_of

ROOT = Path(__file__).parents[1]
NAMES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "RUNBOOK.md")
DOCUMENTS = [*(ROOT / name for name in NAMES), *(ROOT / "docs").glob("*.md")]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def text(path: Path) -> str:
    return path.read_text("utf-8")


def commands(pattern: str) -> list[str]:
    return sorted({match for path in DOCUMENTS for match in re.findall(pattern, text(path))})


@pytest.mark.parametrize("target", commands(r"(?m)(?:^|`)make ([a-z-]+)"))
def test_make_targets_exist(target: str) -> None:
    """Every `make …` command in a document is a target of the Makefile."""
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(
    "command", commands(r"alma-webhooks ((?:routes |secret |dead-letters |executions |topics )?[a-z]+(?:-[a-z]+)*)")
)
def test_commands_exist(command: str) -> None:
    """Every `alma-webhooks …` command in a document has a help page."""
    assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_within_the_project_point_to_files(path: Path) -> None:
    """Every link to a file of the project points to an existing file."""
    links = re.findall(r"\]\(([^)#:]+)\)", text(path))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_files_named_in_documents_exist() -> None:
    """Every path in backquotes exists in the project."""
    named = commands(r"`((?:ingest|processor|scripts|infra|tests|requirements)/[\w./-]*)`")
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_route_in_the_readme_works() -> None:
    """The example route can be pasted into the shipped file, passes the check, and delivers as the text says."""
    [route] = re.findall(r"```yaml\n(.*?)```", text(ROOT / "README.md"), re.DOTALL)
    # If the README was followed, the file has the route already.
    shipped = text(ROOT / "examples" / "complete" / "routes.yaml").replace(route, "")
    body = body_of("job-end-pod")
    added = shipped.replace("  - other\n", "  - other\n  - export-ended\n", 1) + route
    plan = Router(compile_checked(added), "dev").plan(parse(body), envelope_of(body))
    assert [delivery.target for delivery in plan.deliveries] == ["state_machine:pod", "topic:export-ended"]


def test_the_readme_is_short() -> None:
    """The README has at most 700 words."""
    assert len(text(ROOT / "README.md").split()) <= 700


def test_ci_runs_all_tests() -> None:
    """CI selects no tests, while the README gives the command without the slowest ones."""
    assert "\nmake test\n" in text(ROOT / "README.md")
    assert "\nmake test-full WORKERS=3\n" in text(ROOT / ".ci" / "run")
    assert "\n\t$(PYTEST) $(ARGS)\n" in MAKEFILE


def test_requirements_are_pinned_by_hash_and_name_no_index() -> None:
    """Pinned hashes make every installation use the same bytes, from any package index."""
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        pins = re.findall(r"^[a-z].*$", text(path), re.MULTILINE)
        assert pins
        assert all("==" in pin and pin.endswith("\\") for pin in pins)
        assert "://" not in text(path)


def test_every_requirement_has_a_reason() -> None:
    """CONTRIBUTING.md gives the reason for every dependency."""
    reasons = text(ROOT / "CONTRIBUTING.md").split("## Dependencies")[1].lower()
    for path in sorted((ROOT / "requirements").glob("*.in")):
        names = re.findall(r"^([A-Za-z][\w-]*)", text(path), re.MULTILINE)
        assert [name for name in names if name.lower() not in reasons] == []


def test_the_index_of_samples_is_complete() -> None:
    """The index lists every sample with its provenance."""
    index = yaml.safe_load(text(ROOT / "examples" / "complete" / "events" / "index.yaml"))
    files = {path.name for path in (ROOT / "examples" / "complete" / "events").iterdir()} - {"index.yaml"}
    assert {entry["file"] for entry in index.values()} == files
    assert all(len(entry["provenance"]) > 10 for entry in index.values())


def test_the_template_for_subscribers_is_valid(tmp_path: Path) -> None:
    """cfn-lint accepts the CloudFormation snippet on the page for subscribers."""
    [snippet] = re.findall(r"```yaml\n(.*?)```", text(ROOT / "docs" / "subscribers.md"), re.DOTALL)
    (tmp_path / "template.yaml").write_text(snippet, "utf-8")
    linter = Path(sys.executable).with_name("cfn-lint")
    completed = subprocess.run([linter, tmp_path / "template.yaml"], capture_output=True, text=True, check=False)  # noqa: S603 - the installed linter on the snippet above
    assert (completed.returncode, completed.stdout) == (0, "")


def test_the_subscribers_page_names_every_topic() -> None:
    """The page for subscribers names every topic of examples/complete."""
    page = text(ROOT / "docs" / "subscribers.md")
    assert [name for name in TOPICS if f"`{name}`" not in page] == []


def test_the_subscribers_page_names_every_attribute() -> None:
    """The table on the page for subscribers lists every attribute of a message."""
    body = body_of("loan-created")
    _, attributes = topic_message(parse(body), envelope_of(body), "identity")
    page = text(ROOT / "docs" / "subscribers.md")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {*attributes, POINTER_ATTRIBUTE}


def test_the_subscribers_page_shows_the_pointer_format() -> None:
    """The page for subscribers shows the exact format of a pointer to a large body."""
    body = "x" * 300_000
    fits = offload_if_too_large(
        TopicDelivery("r", "t", "k", body, {"encoding": "utf-8"}), lambda stored: pointer_to(stored, "b")
    )
    [shown] = re.findall(r"```json\n(.*?)\n```", text(ROOT / "docs" / "subscribers.md"), re.DOTALL)
    class_name, location = json.loads(fits.message)
    assert json.loads(shown)[0] == class_name
    assert set(json.loads(shown)[1]) == set(location)


def test_the_routes_page_explains_every_cause_class() -> None:
    """The page about routes explains every cause class of a dead letter."""
    named = re.findall(r"^\| `([a-z-]+)` \|", text(ROOT / "docs" / "routes.md"), re.MULTILINE)
    assert set(named) == set(get_args(CauseClass))


def test_the_dead_letters_page_covers_every_cause() -> None:
    """The page lists every cause class, including that of a dead letter without a recorded cause."""
    events, notifications = text(ROOT / "docs" / "dead-letters.md").split("## Dead letters of notifications")
    classes = [re.findall(r"^\| `([a-z-]+)` \|", part, re.MULTILINE) for part in (events, notifications)]
    assert sorted(classes[0]) == sorted(set(CAUSES) - {"no-contact", "opted-out"})  # causes of notifications only
    assert sorted(classes[1]) == sorted(set(CAUSES) - {"not-parsed", "too-old"})  # causes of events only


def test_the_dead_letters_page_shows_tables_as_they_are_printed() -> None:
    """The page shows tables with the headings that the command prints, in the same order."""
    page = text(ROOT / "docs" / "dead-letters.md")
    shown = [re.split(" {2,}", line) for line in re.findall(r"^(?:receipt id|count) {2}.*$", page, re.MULTILINE)]
    assert shown == [[column.heading for column in columns] for columns in (COLUMNS, GROUP_COLUMNS)]


def allowed_by(page: str) -> set[str]:
    """Return the actions of the only policy on the page."""
    [policy] = policies(page).values()
    return actions(policy)


def scripts(*patterns: str) -> list[Path]:
    """Return the modules of `scripts` that match the patterns; each pattern must match."""
    found = [sorted((ROOT / "scripts").glob(pattern)) for pattern in patterns]
    assert all(found)
    return [path for paths in found for path in paths]


def test_the_policy_for_secrets_allows_exactly_the_calls_of_its_commands() -> None:
    """The policy allows the commands' calls to SSM, CloudWatch, the audit log and the locks, and nothing else."""
    used = called_in(scripts("secret/*.py", *(f"aws/{name}.py" for name in ("lock", "audit_log", "logs"))))
    assert len(used) >= 5
    assert allowed_by("secrets.md") == used | {"cloudformation:DescribeStacks"}


def test_the_policy_for_reconciliation_allows_exactly_its_calls() -> None:
    """The policy allows the command's calls to CloudWatch Logs and SQS, and nothing else."""
    used = called_in(scripts("reconciliation/*.py", "aws/logs.py"))
    assert used == {"logs:FilterLogEvents", "logs:DescribeLogGroups", "sqs:GetQueueAttributes"}
    assert allowed_by("reconciliation.md") == used | {"cloudformation:DescribeStacks"}


def test_the_policy_for_executions_allows_exactly_the_calls_of_its_commands() -> None:
    """The policy allows the commands' calls to Step Functions, the logs and the locks, and nothing else."""
    used = called_in(scripts("executions/*.py", *(f"aws/{name}.py" for name in ("lock", "audit_log", "logs"))))
    assert {"states:ListExecutions", "states:RedriveExecution", "dynamodb:PutItem", "logs:PutLogEvents"} <= used
    assert allowed_by("executions.md") == used | {"cloudformation:DescribeStacks"}


def test_the_policy_for_issues_allows_exactly_the_calls_of_its_commands() -> None:
    """The policy allows the commands' calls to the table of issues, the audit log and the locks, and nothing else."""
    used = called_in(scripts("issues/*.py", *(f"aws/{name}.py" for name in ("lock", "audit_log"))))
    assert {"dynamodb:Scan", "dynamodb:PutItem", "logs:PutLogEvents"} <= used
    assert allowed_by("issues.md") == used


def test_the_policy_for_the_doctor_allows_exactly_the_calls_of_its_checks() -> None:
    """The policy allows the operations whose missing permission the doctor can report, and its checks call no others.

    Secrets, logs, queues, metrics and routes are read by modules that others use too.
    """
    assert allowed_by("doctor.md") == {f"{service}:{operation}" for operation, service in RIGHTS.items()}
    modules = [*(ROOT / "scripts/doctor").glob("*.py"), ROOT / "scripts/aws/target_looks.py"]
    source = "".join(text(path) for path in modules)
    pattern = r'(?:\baws\.\w+|cloudwatch)\.(?:get_paginator\("(\w+)"|((?!get_paginator|meta)\w+)\()'
    calls = re.findall(pattern, source)
    called = {(paged or call).title().replace("_", "") for paged, call in calls} | {
        "GetParameters",
        "FilterLogEvents",
        *("GetObject", "GetQueueAttributes", "GetMetricData"),
        "Scan",  # by the store of topics
        "DescribeParameters",  # by the store of secrets
    }
    assert {each.lower() for each in called} == {each.lower() for each in RIGHTS}  # GetSMSAttributes


def test_every_metric_is_explained() -> None:
    """The page explains every metric that the code counts."""
    page = text(ROOT / "docs" / "logs-and-metrics.md")
    explained = set(re.findall(r"`(\w+)`", "".join(re.findall(r"(?m)^\| (`[A-Z].*?) \|", page))))
    sources = "".join(text(ROOT / folder / "metrics.py") for folder in ("ingest", "processor"))
    counted = {outcome.value.capitalize() for outcome in Outcome} | set(
        re.findall(r'"(Accepted|Rejected|TooLarge|BodyDiffers)"', sources)
    )
    assert explained == counted


_KEEPING: dict[str, Callable[[dict[str, Any]], Any]] = {
    "AWS::SQS::Queue": lambda resource: int(resource["MessageRetentionPeriod"]) // 86_400,
    "AWS::S3::Bucket": lambda resource: resource["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"],
    "AWS::DynamoDB::Table": lambda _: KEPT_SECONDS // 86_400,
    "AWS::Logs::LogGroup": lambda resource: resource["RetentionInDays"],
}


def test_f65_the_privacy_page_lists_every_store_of_patron_data_with_its_retention() -> None:
    """The privacy page lists every queue, bucket, table and log group with its retention in days."""
    page = text(ROOT / "docs" / "privacy.md")
    listed = {
        name: row for row in page.splitlines() for name in re.findall(r"`([A-Z]\w+)`", row) if row.startswith("|")
    }
    found: set[str] = set()
    for template in (load(), load(OBSERVABILITY)):
        days_of_logs = template["Parameters"].get("LogRetentionDays", {}).get("Default")
        for name, resource in template["Resources"].items():
            if keeping := _KEEPING.get(resource.get("Type", "") if isinstance(resource, dict) else ""):
                kept = keeping(resource["Properties"])
                days = days_of_logs if isinstance(kept, dict) else kept
                found.add(name)
                assert re.search(rf"\b{1 if name == 'LocksTable' else days}\b", listed[name].split("|")[3]), name
    assert found == set(listed) - {"LogRetentionDays"}
