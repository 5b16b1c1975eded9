"""docs/console.md: it names each page of the console with a picture, and each flag; permissions.md has each page."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from scripts.console.page import NAVIGATION
from scripts.main import app
from tests.browser.screenshots import MOST_BYTES, PICTURES
from tests.policies import actions, policies
from tests.scripts.cli_commands import commands

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "console.md").read_text("utf-8")
NAMES = [*NAVIGATION.values()]


def section(page: str, heading: str) -> str:
    """Return the text below a heading of a document, up to the next one of its level."""
    return page.split(f"\n## {heading}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("name", NAMES)
def test_each_page_is_named_with_its_picture(name: str) -> None:
    """The table of pages has each page that every page links to, with the picture that `make screenshots` takes."""
    picture = name.lower().replace(" ", "-")
    assert f"\n| [{name}](console/{picture}.png) |" in section(PAGE, "The pages")


def test_the_table_has_the_order_of_the_console() -> None:
    """The pages come as in the navigation, and then the page of an event."""
    assert re.findall(r"(?m)^\| \[([\w ]+)\]", section(PAGE, "The pages")) == [*NAMES, "Event"]


@pytest.mark.parametrize("name", [picture.name for picture in PICTURES])
def test_each_picture_is_there(name: str) -> None:
    """It is a PNG that is not too large for the repository."""
    data = (ROOT / "docs" / "console" / f"{name}.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) <= MOST_BYTES


def test_each_flag_of_the_console_is_explained() -> None:
    """The table has every flag but those that choose the stack, which address.md has."""
    shared = {f"--{name}" for name in ("stage", "stack", "region", "aws-profile", "endpoint-url", "project", "help")}
    command = dict(commands(get_command(app)))[("console",)]
    flags = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    assert set(re.findall(r"(?m)^\| `(--[\w-]+)", PAGE)) == flags - shared


def test_a_role_that_only_looks_reads_everything_and_changes_nothing() -> None:
    """Its policies have the reading rights of all pages, hide dead letters for a while, and write to the audit log."""
    find = policies("permissions.md")["Find in executions"]
    look = policies("permissions.md")["Look at dead letters"]
    rights = actions(look, find, *(policies(f"{name}.md")["Rights"] for name in ("reconciliation", "doctor")))
    reading = re.compile(r"\w+:(Get|List|Describe|Filter|Scan)")
    assert {right for right in rights if not reading.match(right)} == {
        *("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "logs:CreateLogStream", "logs:PutLogEvents")
    }
    executions = actions(policies("executions.md")["Rights"])
    assert {right for right in executions if reading.match(right)} <= rights


def test_the_rights_of_each_page_are_documented() -> None:
    """The table in permissions.md has each page, with what it needs to look and to change."""
    rights = section((ROOT / "docs" / "permissions.md").read_text("utf-8"), "The console")
    assert sorted(re.findall(r"(?m)^\| (\w[\w ]*) \|", rights)) == sorted([*NAMES, "Event", "page"])
