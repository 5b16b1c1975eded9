"""What every page shows: the stack, its stage, the zone, and times in it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from scripts.aws.context import StackContext
from scripts.console.page import time_element
from tests.scripts.console.opened import OpenedConsole, opened

MOMENT = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)


def test_a_page_names_the_stack_and_its_stage(page: OpenedConsole) -> None:
    """The stack, the stage and the region are on every page, and the page one is on is marked."""
    text = page.get("/").text
    assert "alma-webhooks-dev" in text
    assert 'aria-current="page">Overview' in text
    assert "production" not in text
    assert "read-only" not in text


def test_production_and_read_only_are_shown(scope: StackContext) -> None:
    """Nobody takes production for another stage."""
    text = opened(scope._replace(address=scope.address._replace(stage="prod")), read_only=True).get("/").text
    assert "production: prod" in text
    assert "read-only" in text


@pytest.mark.parametrize(
    ("zone", "shown", "name"),
    [
        ("Europe/Vienna", "2026-03-28 23:30:00", "CET (UTC+01:00)"),
        ("Asia/Kolkata", "2026-03-29 04:00:00", "IST (UTC+05:30)"),
        ("America/St_Johns", "2026-03-28 20:00:00", "NDT (UTC-02:30)"),
    ],
)
def test_times_are_in_the_zone_of_the_page(scope: StackContext, zone: str, shown: str, name: str) -> None:
    """A time element has UTC for programs and the zone of the page for people, who see its name and offset."""
    page = opened(scope, lambda: MOMENT, zone=ZoneInfo(zone))
    element = str(time_element(page.console, MOMENT))
    assert f">{shown}<" in element
    assert 'datetime="2026-03-28T22:30:00.000Z"' in element
    assert f"Times: {name}" in page.get("/").text


def test_a_missing_page_is_a_page(page: OpenedConsole) -> None:
    """An unknown path gets a page with the way back, also with a slash at its end."""
    for path in ("/nothing", "/issues/x/y/z/"):
        answer = page.get(path)
        assert answer.status_code == 404
        assert "Go to the overview" in answer.text
