"""Shells complete names from the template, and from a stack only if the line names its stage."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.aws import completion, context, stack
from scripts.aws.clients import Aws
from scripts.deploy.flags import removable_names
from tests.infra.complete_example import TOPICS


def line_with(**params: Any) -> Any:
    """The context of a line with these flags."""
    source = SimpleNamespace(name="COMMANDLINE") if "stage" in params else None
    return SimpleNamespace(params=params, get_parameter_source=lambda _: source)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Aws, str]]:
    """Each stack that is asked for; it serves two profiles."""
    found = list[tuple[Aws, str]]()

    def describe(aws: Aws, name: str) -> Any:
        found.append((aws, name))
        return {"Outputs": [{"OutputKey": "Profiles", "OutputValue": "alma,consortium"}]}

    monkeypatch.setattr(stack, "describe", describe)
    return found


def test_without_a_stage_nothing_is_asked(asked: list[tuple[Aws, str]]) -> None:
    """Profiles, topics and parameters are those of the template."""
    assert completion.alma_profiles(line_with(), "") == ["alma"]
    assert completion.topics(line_with(), "") == sorted(TOPICS)
    assert completion.parameter_names("LogR") == ["LogRetentionDays="]
    assert asked == []


def test_with_a_stage_its_stack_is_asked_without_patience(asked: list[tuple[Aws, str]]) -> None:
    """Once, for a second; what the stack does not show is that of the project."""
    line = line_with(stage="prod", region="eu-central-1")
    assert completion.alma_profiles(line, "c") == ["consortium"]
    assert completion.topics(line, "loan-cr") == ["loan-created"]
    [(aws, name), _] = asked
    assert (name, aws.session.region_name) == ("alma-webhooks-prod", "eu-central-1")
    config: Any = aws.config
    assert (config.connect_timeout, config.retries) == (1, {"total_max_attempts": 1})


def test_queues_are_those_of_the_product_and_of_the_project(asked: list[tuple[Aws, str]], tmp_path: Path) -> None:
    """AWS is not asked, because a queue has no output of its own in the pipeline's stack."""
    written = "schema: 1\nname: library\nstages: {dev: {}}\nparts:\n  cache:\n    template: cache.yaml\n"
    written += "    queues: {loans: {queue: Loans, dead_letters: Dead}}\n"
    (tmp_path / "alma-webhooks.yaml").write_text(written, "utf-8")
    assert completion.queues(line_with(project=str(tmp_path)), "") == ["loans", "notifications", "webhooks"]
    assert completion.queues(line_with(), "") == ["notifications", "webhooks"]
    assert asked == []


def test_the_stack_is_that_of_the_project(asked: list[tuple[Aws, str]], tmp_path: Path) -> None:
    """Its name and region are in the project's file, as for the command itself."""
    written = "schema: 1\nname: library\nstages:\n  prod: {stack: mine, region: eu-west-1}\n"
    (tmp_path / "alma-webhooks.yaml").write_text(written, "utf-8")
    assert completion.alma_profiles(line_with(stage="prod", project=str(tmp_path)), "") == ["alma", "consortium"]
    [(aws, name)] = asked
    assert (name, aws.session.region_name) == ("mine", "eu-west-1")


def test_removable_names_are_profiles_topics_and_routes() -> None:
    """All that --allow-removal can name without asking AWS."""
    found = removable_names(line_with(), "")
    assert {"alma", "loan-created", "pod"} <= set(found)


def test_completion_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for an account that cannot be reached nor for files that cannot be read."""

    def fail(*_: Any) -> Any:
        raise OSError("no network")

    monkeypatch.setattr(context, "clients_at", fail)
    assert completion.alma_profiles(line_with(stage="prod"), "") == []
    monkeypatch.setattr("scripts.project.folder.found_or_example", fail)
    monkeypatch.setattr("scripts.aws.template.load", fail)
    assert completion.alma_profiles(line_with(), "") == completion.parameter_names("") == []
