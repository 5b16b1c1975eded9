"""What was chosen for a deployed stack, as lines of alma-webhooks.yaml."""

from typing import Any

import yaml

from scripts.deploy.deployed_settings import DeployedSettings, read
from tests.scripts.deploy.stacks import described

ARN = "arn:aws:sqs:eu-central-1:123456789012:"
ROUTES = f"topics: [a]\nroutes:\n  - {{name: all, deliver: [{{topic: a}}, {{queue: {ARN}named}}]}}\n"
OUTPUTS = {"Topics": "a", "Sentry": "off", "Stage": "dev"}
DEFAULTS = {"Stage": "dev", "Profiles": "alma", "Alarms": "essential", "LogRetentionDays": "90", "SentryDsn": "****"}


def settings(outputs: dict[str, str] | None = None, **parameters: str) -> DeployedSettings:
    """Return the settings of a stack with these parameters."""
    stack: Any = described("CREATE_COMPLETE", OUTPUTS | (outputs or {}), **{**DEFAULTS, **parameters})["Stacks"][0]
    return read([stack, None], OUTPUTS | (outputs or {}), ROUTES, "dev")


def test_defaults_of_this_version_are_not_written() -> None:
    """A later version can change them."""
    assert settings(ProcessorTimeout="30", ParkOlderThanDays="0", QueueArns=f"{ARN}named") == DeployedSettings(
        ["alma"], None, None, [], []
    )


def test_what_differs_is_written_in_the_form_of_the_file() -> None:
    """Whole numbers are numbers, everything else is in quotes; an ARN of the routes is not repeated."""
    found = settings(
        Profiles="alma,b",
        LogRetentionDays="30",
        ProcessorTimeout="20",
        ParkOlderThanDays="30",
        QueueArns=f"{ARN}named,{ARN}by-hand",
        Runtime="python3.12",
        Tracing="PassThrough",
    )
    assert (found.alma_profiles, found.runtime) == (["alma", "b"], "python3.12")
    assert yaml.safe_load("\n".join(found.lines)) == {
        "log_retention_days": 30,
        "parameters": {
            "QueueArns": f"{ARN}by-hand",
            "ProcessorTimeout": 20,
            "ParkOlderThanDays": "30",
            "Tracing": "PassThrough",
        },
    }


def test_a_stack_without_tiers_has_all_alarms() -> None:
    """One of an earlier version has no parameter for them; another tier is kept."""
    stack: Any = described("CREATE_COMPLETE", OUTPUTS, Stage="dev", Profiles="alma")["Stacks"][0]
    assert "alarms: full" in read([stack, None], OUTPUTS, ROUTES, "dev").lines
    assert "alarms: none" in settings(Alarms="none").lines


def test_parameters_that_this_version_does_not_have_are_left_out() -> None:
    """The state machines of an earlier version are in the routes file instead."""
    assert settings(PodStateMachineArn="arn:aws:states:eu-central-1:123456789012:stateMachine:pod").lines == []


def test_a_secret_parameter_is_a_comment_that_says_what_to_do() -> None:
    """The file stays valid with it, alone or beside others, and after its line is uncommented."""
    for more in ({}, {"ProcessorTimeout": "20"}):
        found = settings({"Sentry": "on"}, **more)
        assert found.secret == ["SentryDsn"]
        text = "\n".join(found.lines)
        assert "****" not in text
        assert (yaml.safe_load(text) or {}).get("parameters", {}) == {name: int(value) for name, value in more.items()}
        lines = ["  SentryDsn: {ssm: NAME}" if "ssm" in line else line.replace("# p", "p") for line in found.lines]
        assert yaml.safe_load("\n".join(lines))["parameters"]["SentryDsn"] == {"ssm": "NAME"}


def test_a_deployed_notifications_stack_is_asked_for_with_its_parameters() -> None:
    """The next deployment would remove it otherwise; what a deployment sets by itself is not written."""
    pipeline: Any = described("CREATE_COMPLETE", OUTPUTS, **DEFAULTS)["Stacks"][0]
    values: Any = {
        "AllowSms": "true",
        "EmailIdentity": "",
        "AlarmStack": "stack-observability",
        "NotificationsCodeKey": "k",
    }
    optional: Any = described("CREATE_COMPLETE", **values)["Stacks"][0]
    found = read([pipeline, None, optional], OUTPUTS, ROUTES, "dev")
    assert yaml.safe_load("\n".join(found.lines)) == {"notifications": True, "parameters": {"AllowSms": "true"}}
    assert read([pipeline, None], OUTPUTS, ROUTES, "dev").lines == []
