"""A stage with notifications, and the command line on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.aws.context import StackContext
from scripts.main import app
from tests.scripts.topics.site import TopicSite, described, made

Command = Callable[..., Result]


@pytest.fixture
def site(scope: StackContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TopicSite:
    """A stage without topics, on which the commands work; the current folder is its project."""
    site = made(scope, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "scripts.aws.stack.describe", lambda _aws, name: described() if name.endswith("-notifications") else None
    )
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: site.scope)
    return site


@pytest.fixture
def topics(site: TopicSite) -> Command:
    """Run `alma-webhooks topics …`."""
    assert site
    return lambda *arguments, **options: CliRunner().invoke(app, ["topics", *arguments], **options)
