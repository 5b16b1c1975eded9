"""The pages about notifications: their examples are valid, and their tables are those of the code."""

import json
import re
import shlex
import textwrap
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from notifications.compose import known_members
from notifications.http_api import (
    API_KEY_HEADER,
    IDEMPOTENCY_HEADER,
    MAX_BODY_BYTES,
    PREFLIGHT_HEADERS,
    TOPIC_HASH_HEADER,
    idempotency_key_of,
    metadata_of,
    post_of,
)
from notifications.integrations import email, http, slack, sms, teams, telegram
from notifications.integrations.table import INTEGRATIONS
from notifications.sender_settings import DEFAULT_BURST_MESSAGES
from notifications.topic_file import read_topics
from notifications.topics import MAX_INTEGRATIONS, MAX_MODEL
from processor.alma.events import parse
from processor.routing.router import Router
from scripts.project.models import ProjectFile
from scripts.routes.check import compile_checked
from tests.infra.test_notifications_template import TEMPLATE, of_type, properties
from tests.samples import body_of, envelope_of

ROOT: Final = Path(__file__).parents[1]
USE, SERVICES, API = (
    (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    for name in ("notifications", "notification-services", "notification-api")
)
BLOCKS: Final = [
    textwrap.dedent(block)
    for block in re.findall(r"^ *```yaml\n(.*?)^ *```", f"{USE}{SERVICES}{API}", re.DOTALL | re.MULTILINE)
]
EXAMPLES: Final = [block for block in BLOCKS if block.startswith("channels:")]


def rows(page: str, title: str) -> dict[str, list[str]]:
    """Return the rows of the table with this title of its first column, by their first cell."""
    [table] = re.findall(rf"^\| {title} \|.*\n\|[-|]+\n((?:\|.*\n)+)", page, re.MULTILINE)
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()]
    return {first.strip("| `"): rest for first, *rest in cells}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_file_is_valid(example: str) -> None:
    """It passes the checks of `topics apply`."""
    assert read_topics(example, INTEGRATIONS)


def test_the_route_of_the_quick_start_delivers() -> None:
    """It passes the check of routes, and notifies of the end of a job."""
    [route] = [block for block in BLOCKS if block.startswith("routes:")]
    body = body_of("job-end-pod")
    plan = Router(compile_checked(route), "dev").plan(parse(body), envelope_of(body))
    assert [delivery.target for delivery in plan.deliveries] == ["notification:library/jobs"]


def test_every_service_has_an_example() -> None:
    """The page of services shows the settings of each one."""
    shown = {
        entry["type"]
        for example in EXAMPLES
        for topics in yaml.safe_load(example)["channels"].values()
        for topic in topics.values()
        for entry in topic["integrations"]
    }
    assert shown == set(INTEGRATIONS)


def test_every_setting_of_a_service_is_listed() -> None:
    """The table has each type with the members of its configuration; the one of all types is named below it."""
    table = rows(SERVICES, "type")
    assert list(table) == list(INTEGRATIONS)
    for name, integration in INTEGRATIONS.items():
        settings = set(re.findall(r"`(\w+)`", table[name][0]))
        assert settings == known_members(integration.configuration) - {"retry_unconfirmed"}, name


def test_the_limits_are_those_of_the_code() -> None:
    """Each limit is named in the unit of its service."""
    table = {name: text for name, [text] in rows(USE, "service .*limit of the text").items()}
    assert f"{slack.MAX_TEXT_UNITS:,}" in table["Slack"]
    assert f"{teams.MAX_BODY_BYTES // 1024} KB" in table["Teams"]
    assert f"{telegram.MAX_TEXT_UNITS:,}" in table["Telegram"]
    assert f"{email.MAX_TEXT_BYTES // 1000} KB" in table["e-mail"]
    assert f"{http.MAX_BODY_BYTES // 1024} KB" in table["http"]
    assert f"at most {MAX_MODEL:,} characters" in USE
    assert f"1 to {MAX_INTEGRATIONS}." in USE
    assert f"(1 to {sms.MOST_PARTS})" in SERVICES
    assert f"at most {email.MOST_RECIPIENTS}" in SERVICES
    assert f"the first {DEFAULT_BURST_MESSAGES}\n" in USE
    assert MAX_BODY_BYTES == 1024**2
    assert "at most 1 MiB" in API


def curl() -> tuple[dict[str, str], str, str]:
    """Return the headers, the URL and the body of the example of a post."""
    [command] = re.findall(r"```sh\n(curl .*?)```", API, re.DOTALL)
    words = shlex.split(command.replace("\\\n", ""))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "--header")
    [url] = [word for word in words if word.startswith("https://")]
    return headers, url, words[words.index("--data") + 1]


def test_the_example_of_a_post_is_accepted() -> None:
    """The producer reads it as it is written, with the headers that it asks for."""
    headers, url, body = curl()
    event: Any = {
        "rawPath": "/" + url.split("/", 3)[3],
        "requestContext": {"http": {"method": "POST"}},
        "headers": headers,
        "body": body,
    }
    post = post_of(event)
    assert post.name == "library+jobs"
    assert metadata_of(post) == {"job": "Overdue notices", "records": 388}
    assert idempotency_key_of(post) == "export-2026-11-29"
    assert {API_KEY_HEADER, TOPIC_HASH_HEADER, IDEMPOTENCY_HEADER} < {name.lower() for name in headers}
    assert set(rows(API, "header")) | {"Content-Type"} == set(headers)
    assert set(headers) == set(PREFLIGHT_HEADERS["Access-Control-Allow-Headers"].split(", "))


def test_every_status_is_listed() -> None:
    """The gateway adds 429, and 405 is for methods that the description does not have."""
    described = yaml.safe_load((ROOT / "notifications" / "openapi.yaml").read_text("utf-8"))
    posts = [path["post"] for path in described["paths"].values()]
    assert set(rows(API, "status")) == {status for post in posts for status in post["responses"]} | {"405", "429"}


def test_the_events_of_e_mail_are_those_of_the_rule() -> None:
    """Those that count are all but the one that the filter leaves out."""
    listed = {name: counts for row, (_, counts) in rows(SERVICES, "event").items() for name in row.split(", ")}
    assert set(listed) == set(properties("EmailEventRule")["EventPattern"]["detail-type"])
    [uncounted] = [name for name, counts in listed.items() if counts == "no"]
    assert properties("EmailFailureFilter")["FilterPattern"] == f'{{ $.event != "{uncounted}" }}'
    [line] = re.findall(r"```json\n(\{\"stage\".*)\n```", SERVICES)
    [target] = properties("EmailEventRule")["Targets"]
    template = target["InputTransformer"]["InputTemplate"]["Fn::Sub"].replace("<time>", '"<time>"')
    assert list(json.loads(line)) == list(json.loads(json.loads(template)["message"]))


def test_every_alarm_is_listed() -> None:
    """The page of alarms and the runbook have each alarm of the stack."""
    pages = [(ROOT / name).read_text("utf-8") for name in ("docs/alarms.md", "RUNBOOK.md")]
    names = {properties(name)["AlarmName"]["Fn::Sub"].removeprefix("${AlarmStack}-") for name in _ALARMS}
    assert [set(re.findall(r"^\| `(notifications-[a-z-]+)` \|", page, re.MULTILINE)) for page in pages] == [names] * 2


_ALARMS: Final = of_type("AWS::CloudWatch::Alarm")


@pytest.mark.parametrize("name", ["EmailIdentity", "AllowSms", "EmailConfigurationSet", "HttpsPorts", "SmsSpendLimit"])
def test_parameters_that_the_pages_name_exist(name: str) -> None:
    """They are set in alma-webhooks.yaml."""
    assert f"`{name}`" in f"{USE}{SERVICES}" or f"{name}: " in USE
    assert name in TEMPLATE["Parameters"]


def test_the_settings_of_the_quick_start_are_valid() -> None:
    """They can be pasted into alma-webhooks.yaml, and the template has their parameters."""
    [settings] = [block for block in BLOCKS if block.startswith("stages:")]
    stage = ProjectFile.model_validate({"schema": 1, "name": "library", **yaml.safe_load(settings)}).stages["dev"]
    assert stage.notifications
    assert set(stage.parameters) <= set(TEMPLATE["Parameters"])
