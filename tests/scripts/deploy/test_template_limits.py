"""Tests for the limits of CloudFormation and Lambda: each is checked before anything is uploaded."""

from typing import Any

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import template_limits
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import expanded_with
from scripts.deploy.stack_part import OBSERVABILITY_PART, PIPELINE_PART, StackPart

PLACE = Place("alma-webhooks-dev", "123456789012", "eu-central-1")


def check(part: StackPart, topics: list[str], **values: str) -> None:
    """Check the stack of a part with these topics."""
    chosen = {"Topics": ",".join(topics), "Profiles": "alma", "AlmaProfiles": "alma", **values}
    template_limits.check(
        expanded_with(part.load(), chosen, (), {}), chosen, PLACE._replace(stack=PLACE.stack + part.suffix)
    )


def numbered(count: int, length: int = 1) -> list[str]:
    """Return names of topics."""
    return [f"{'t' * length}{number}" for number in range(count)]


def small(**properties: Any) -> dict[str, Any]:
    """Return a template with one function."""
    return {"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}}


def test_the_shipped_routes_are_far_from_every_limit() -> None:
    """Sixty topics with names of twenty characters fit into both stacks."""
    for part in (PIPELINE_PART, OBSERVABILITY_PART):
        check(part, numbered(60, 20))


def test_a_stack_has_at_most_500_resources() -> None:
    """CloudFormation counts the declared resources, those of other tiers of alarms included."""
    check(OBSERVABILITY_PART, numbered(152))
    with pytest.raises(ConfigurationError) as raised:
        check(OBSERVABILITY_PART, numbered(153), Alarms="none")
    assert str(raised.value) == (
        "Stack alma-webhooks-dev-observability cannot be deployed: it would have 502 resources, and CloudFormation "
        "accepts 500. Declare fewer topics and state machines, and create the others elsewhere: a route can name any "
        "of them by its ARN. Or serve fewer Alma profiles in this stage."
    )


def test_a_template_has_at_most_a_megabyte() -> None:
    """The limit is that of a template in S3, in bytes."""
    template_limits.check(small(Description="x" * 999_800), {}, PLACE)
    with pytest.raises(ConfigurationError, match=r"its template has 1,00\d,\d{3} bytes"):
        template_limits.check(small(Description="é" * 167_000), {}, PLACE)


def test_the_environment_of_a_function_has_at_most_4_kb() -> None:
    """The names of the topics are in one variable, which is named."""
    check(PIPELINE_PART, numbered(100, 24))
    with pytest.raises(
        ConfigurationError, match=r"environment of ProcessorFunction would have about 4,\d{3} bytes.*TOPICS"
    ):
        check(PIPELINE_PART, numbered(120, 24))


ARNS = ",".join(f"arn:aws:states:eu-central-1:123456789012:stateMachine:{'m' * 40}{number}" for number in range(40))


@pytest.mark.parametrize(
    ("values", "largest", "advice"),
    [
        (
            {"StateMachineArns": ARNS},
            "STATE_MACHINE_ARNS",
            "Declare fewer state machines, and create the others elsewhere: a route can name any state machine by its "
            "ARN.",
        ),
        (
            {"Profiles": ",".join(numbered(80, 50))},
            "PROFILES",
            "Serve fewer Alma profiles in this stage, or give them shorter names.",
        ),
        (
            {"RetiredProfiles": ",".join(numbered(80, 50))},
            "RETIRED_PROFILES",
            "Delete the secrets of Alma profiles that are no longer served (alma-webhooks secret delete).",
        ),
        ({"SentryDsn": "https://" + "x" * 4000}, "SENTRY_DSN", "Choose a shorter value for it."),
    ],
)
def test_the_advice_is_about_the_largest_variable(values: dict[str, str], largest: str, advice: str) -> None:
    """Fewer topics would not help against many state machines."""
    with pytest.raises(ConfigurationError) as raised:
        check(PIPELINE_PART, ["one"], **values)
    assert f"; {largest} has " in str(raised.value)
    assert str(raised.value).endswith(f" of them. {advice}")


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("text", 4),
        (12, 2),
        ({"Ref": "AWS::Region"}, 12),
        ({"Ref": "Given"}, 5),
        ({"Ref": "Default"}, 7),
        ({"Ref": "Queue"}, 128),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, 128),
        ({"Fn::Sub": "${AWS::AccountId}-${Given}"}, 18),
        ({"Fn::Join": [",", ["a", {"Ref": "Given"}]]}, 7),
        ({"Fn::Join": [",", {"Ref": "Given"}]}, 5),
        ({"Fn::If": ["Condition", {"Ref": "Given"}, {"Ref": "AWS::NoValue"}]}, 5),
    ],
)
def test_values_are_measured_as_far_as_they_are_known(value: object, size: int) -> None:
    """What AWS makes counts as 128 bytes; of two alternatives the longer one counts."""

    def with_padding(padding: int) -> None:
        template = small(Environment={"Variables": {"A": value, "B": "x" * padding}})
        template["Parameters"] = {"Given": {}, "Default": {"Default": "default"}}
        template_limits.check(template, {"Given": "given"}, PLACE)

    with_padding(4094 - size)
    with pytest.raises(ConfigurationError, match=r"4,097 bytes, and Lambda accepts 4,096; B has"):
        with_padding(4095 - size)
