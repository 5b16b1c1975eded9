"""The documents: their commands exist, their examples work, their links lead somewhere."""

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
from processor.routing.compile import compile_routes
from processor.routing.router import Router
from scripts.aws.errors import RIGHTS
from scripts.aws.template import OBSERVABILITY, default_list, load
from scripts.dead_letters.filters import CAUSES
from scripts.dead_letters.reports.listing import COLUMNS, GROUP_COLUMNS
from scripts.main import app
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
    """Every `make …` that a document names is a target."""
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(
    "command", commands(r"alma-webhooks ((?:routes |secret |dead-letters |executions )?[a-z]+(?:-[a-z]+)*)")
)
def test_commands_exist(command: str) -> None:
    """Every `alma-webhooks …` that a document names has a help page."""
    assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_within_the_project_lead_to_files(path: Path) -> None:
    """No link points at a file that is not there."""
    links = re.findall(r"\]\(([^)#:]+)\)", text(path))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_files_named_in_documents_exist() -> None:
    """A path in backquotes is a path of the project."""
    named = commands(r"`((?:ingest|processor|scripts|infra|tests|requirements)/[\w./-]*)`")
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readmes_route_works() -> None:
    """The example route can be pasted into the shipped file, passes the check, and does what the text says."""
    [route] = re.findall(r"```yaml\n(.*?)```", text(ROOT / "README.md"), re.DOTALL)
    shipped = text(ROOT / "processor" / "routes.yaml").replace(route, "")  # whoever follows the README has it already
    body = body_of("job-end-pod")
    plan = Router(compile_routes(shipped + route), "dev").plan(parse(body), envelope_of(body))
    assert [delivery.target for delivery in plan.deliveries] == ["state_machine:pod", "topic:export-ended"]


def test_ci_runs_the_readmes_test_command() -> None:
    """What the README tells a newcomer to run is what CI runs."""
    assert "\nmake test\n" in text(ROOT / "README.md")
    assert "\nmake test\n" in text(ROOT / ".ci" / "run")


def test_requirements_are_pinned_by_hash_and_name_no_index() -> None:
    """Installing takes the same bytes everywhere, from wherever pip is told to take them."""
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        pins = re.findall(r"^[a-z].*$", text(path), re.MULTILINE)
        assert pins
        assert all("==" in pin and pin.endswith("\\") for pin in pins)
        assert "://" not in text(path)


def test_every_requirement_has_its_reason() -> None:
    """A dependency that nobody can justify does not get in."""
    reasons = text(ROOT / "CONTRIBUTING.md").split("## Dependencies")[1].lower()
    for path in sorted((ROOT / "requirements").glob("*.in")):
        names = re.findall(r"^([A-Za-z][\w-]*)", text(path), re.MULTILINE)
        assert [name for name in names if name.lower() not in reasons] == []


def test_the_index_of_samples_is_complete() -> None:
    """Every sample stands in the index with its provenance."""
    index = yaml.safe_load(text(ROOT / "tests" / "events" / "index.yaml"))
    files = {path.name for path in (ROOT / "tests" / "events").iterdir()} - {"index.yaml"}
    assert {entry["file"] for entry in index.values()} == files
    assert all(len(entry["provenance"]) > 10 for entry in index.values())


def test_the_subscribers_template_is_one(tmp_path: Path) -> None:
    """The snippet of the subscribers' page is CloudFormation that its own checker takes."""
    [snippet] = re.findall(r"```yaml\n(.*?)```", text(ROOT / "docs" / "subscribers.md"), re.DOTALL)
    (tmp_path / "template.yaml").write_text(snippet, "utf-8")
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, tmp_path / "template.yaml"], capture_output=True, text=True, check=False)  # noqa: S603 - the installed linter on the snippet above
    assert (done.returncode, done.stdout) == (0, "")


def test_the_subscribers_page_names_every_topic() -> None:
    """What the template makes is what subscribers are told of."""
    page = text(ROOT / "docs" / "subscribers.md")
    assert [name for name in default_list(load(), "Topics") if f"`{name}`" not in page] == []


def test_the_subscribers_page_names_every_attribute() -> None:
    """The table is the contract: what a message carries is in it."""
    body = body_of("loan-created")
    _, attributes = topic_message(parse(body), envelope_of(body), "identity")
    page = text(ROOT / "docs" / "subscribers.md")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {*attributes, POINTER_ATTRIBUTE}


def test_the_subscribers_pointer_is_the_one_that_is_sent() -> None:
    """The page shows the very form, so that a subscriber can be written from it."""
    body = "x" * 300_000
    fits = offload_if_too_large(
        TopicDelivery("r", "t", "k", body, {"encoding": "utf-8"}), lambda stored: pointer_to(stored, "b")
    )
    [shown] = re.findall(r"```json\n(.*?)\n```", text(ROOT / "docs" / "subscribers.md"), re.DOTALL)
    class_name, location = json.loads(fits.message)
    assert json.loads(shown)[0] == class_name
    assert set(json.loads(shown)[1]) == set(location)


def test_the_readme_names_every_class_of_failure() -> None:
    """Whoever finds a dead letter finds its class explained."""
    named = re.findall(r"^\| `([a-z-]+)` \|", text(ROOT / "README.md"), re.MULTILINE)
    assert set(named) == set(get_args(CauseClass))


def test_the_dead_letters_page_says_what_to_do_about_every_cause() -> None:
    """Those that the processor writes, and that of a dead letter that nobody wrote one on."""
    page = text(ROOT / "docs" / "dead-letters.md")
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)) == sorted(CAUSES)


def test_the_dead_letters_page_shows_tables_as_they_are_printed() -> None:
    """Their headings, in their order."""
    page = text(ROOT / "docs" / "dead-letters.md")
    shown = [re.split(" {2,}", line) for line in re.findall(r"^(?:receipt id|count) {2}.*$", page, re.MULTILINE)]
    assert shown == [[column.heading for column in columns] for columns in (COLUMNS, GROUP_COLUMNS)]


def allowed_by(page: str) -> set[str]:
    """The actions of the one policy that the page shows."""
    [policy] = policies(page).values()
    return actions(policy)


def scripts(*patterns: str) -> list[Path]:
    """Modules of the tools, each pattern's there."""
    found = [sorted((ROOT / "scripts").glob(pattern)) for pattern in patterns]
    assert all(found)
    return [path for paths in found for path in paths]


def test_the_operators_policy_has_every_right_that_the_secret_commands_use() -> None:
    """Each call of theirs to SSM, CloudWatch, the audit and the locks is allowed by the page, and nothing else is."""
    used = called_in(scripts("secret/*.py", "aws/lock.py", "aws/audit_log.py"))
    assert len(used) >= 5
    assert allowed_by("secrets.md") == used | {"cloudformation:DescribeStacks"}


def test_the_reconciliations_policy_has_every_right_that_it_uses() -> None:
    """Each call to CloudWatch Logs and SQS is allowed by the policy of the page, and nothing else is."""
    used = called_in(scripts("reconciliation/*.py", "aws/logs.py"))
    assert used == {"logs:FilterLogEvents", "logs:DescribeLogGroups", "sqs:GetQueueAttributes"}
    assert allowed_by("reconciliation.md") == used | {"cloudformation:DescribeStacks"}


def test_the_executions_policy_has_every_right_that_its_commands_use() -> None:
    """Each call to Step Functions, the logs and the locks is allowed by the page, and nothing else is."""
    used = called_in(scripts("executions/*.py", *(f"aws/{name}.py" for name in ("lock", "audit_log", "logs"))))
    assert {"states:ListExecutions", "states:RedriveExecution", "dynamodb:PutItem", "logs:PutLogEvents"} <= used
    assert allowed_by("executions.md") == used | {"cloudformation:DescribeStacks"}


def test_the_doctors_policy_has_every_right_that_it_uses() -> None:
    """Each operation that a check may call, which are those that it tells the missing right of, and nothing else.

    Secrets, logs and routes are read by modules that others use too.
    """
    assert allowed_by("doctor.md") == {f"{service}:{operation}" for operation, service in RIGHTS.items()}
    looks = [*(ROOT / "scripts/doctor").glob("*.py"), ROOT / "scripts/aws/target_looks.py"]
    source = "".join(text(path) for path in looks)
    pattern = r'(?:\.aws\.\w+|cloudwatch)\.(?:get_paginator\("(\w+)"|((?!get_paginator|meta)\w+)\()'
    calls = re.findall(pattern, source)
    called = {(paged or call).title().replace("_", "") for paged, call in calls} | {
        "GetParameters",
        "FilterLogEvents",
        "GetObject",
        "DescribeParameters",  # by the module of retired profiles
    }
    assert called == set(RIGHTS)


def test_every_metric_is_explained() -> None:
    """What is counted, and by which dimensions, is what the page says."""
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


def test_f65_each_place_where_patron_data_rests_is_listed_with_its_days() -> None:
    """Every queue, bucket, table and log group of the templates, with the days that it has there."""
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
