"""Template parameters: which can be chosen, which values are rejected, which are kept."""

import pytest

from scripts.aws.parameters import check, in_force, listed, parse, values
from scripts.aws.template import OBSERVABILITY, load
from scripts.cli.exit_codes import ConfigurationError

TEMPLATE = load()


def test_parameters_are_names_and_values() -> None:
    """A value may hold anything, an equals sign too, or nothing."""
    assert parse([]) == {}
    assert parse(["A=2", "B=a=b,c", "C="]) == {"A": "2", "B": "a=b,c", "C": ""}


def test_f56_a_parameter_that_is_given_twice_is_rejected() -> None:
    """The last one would win, and what the first one lists would be taken away silently."""
    with pytest.raises(ConfigurationError, match="--parameter QueueArns=… is given twice: pass it once"):
        parse(["QueueArns=a", "Tracing=Active", "QueueArns=b"])


@pytest.mark.parametrize("pair", ["", "A", "=1", "A B=1", "é=1"])
def test_what_is_no_parameter_is_refused(pair: str) -> None:
    """The error quotes the given text."""
    with pytest.raises(ConfigurationError, match="--parameter takes NAME=VALUE, not "):
        parse([pair])


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("Visibility", "1", "has no parameter Visibility; it has Alarms, Architecture, .*VisibilityTimeout"),
        ("Stage", "dev", "The parameter Stage is set by this command; you can choose Alarms, Architecture"),
        ("VisibilityTimeout", "soon", "VisibilityTimeout must be a number; got 'soon'"),
        ("VisibilityTimeout", "0", "must be 1 or more; got '0'"),
        ("ProcessorTimeout", "901", "must be 900 or less; got '901'"),
        ("LogRetentionDays", "15", "must be one of 14, 30, .*; got '15'"),
        ("Architecture", "arm", "must be one of arm64, x86_64; got 'arm'"),
        ("PermissionsBoundaryArn", "pod", "must be empty or the ARN of an IAM policy; got 'pod'"),
        ("Profiles", "alma, a/b", "Profiles must be names of Alma profiles: .*; got 'alma, a/b'"),
        ("Profiles", "alma,heartbeat", "Profiles must be names of Alma profiles: .* and not heartbeat, .*"),
        ("Topics", "other, heartbeat", "Topics must be names of topics: .* and not heartbeat, .*"),
        ("DomainName", "Webhooks.example", "must be empty or a domain name in lower case"),
    ],
)
def test_parameters_that_cannot_be_chosen_are_refused(name: str, value: str, problem: str) -> None:
    """One sentence that names the parameter and what it takes, by the template's own rules."""
    with pytest.raises(ConfigurationError, match=problem):
        check({name: value}, ("Stage",), [TEMPLATE])


def test_a_value_that_is_not_to_be_seen_is_not_shown() -> None:
    """A NoEcho parameter's value stays out of the sentence."""
    template = {"Parameters": {"Key": {"Type": "String", "NoEcho": True, "MaxLength": 3}}}
    with pytest.raises(ConfigurationError, match=r"must have 0 to 3 characters\.$"):
        check({"Key": "private"}, (), [template])


def test_parameters_of_any_of_the_templates_can_be_chosen() -> None:
    """No complaint about a name that one of them has."""
    other = {"Parameters": {"Email": {"Type": "String"}}}
    check({"VisibilityTimeout": "60", "Email": "a", "DomainName": ""}, ("Stage",), [TEMPLATE, other])


@pytest.mark.parametrize("value", ["", "alma", "alma, heartbeats,my-heartbeat", "a,"])
def test_each_element_of_a_list_has_to_match(value: str) -> None:
    """A list may be empty, and white space around an element does not count, as for CloudFormation."""
    check({"Profiles": value, "Topics": value}, (), [TEMPLATE])


def test_a_parameter_of_two_templates_has_the_rules_of_the_first() -> None:
    """The second stack gets its value from the first one's outputs."""
    with pytest.raises(ConfigurationError, match="The parameter Topics must be"):
        check({"Topics": "heartbeat"}, (), [TEMPLATE, load(OBSERVABILITY)])


def test_every_parameter_is_sent_with_its_value() -> None:
    """What is not chosen has the default, and one without a default is missing; another template's is not sent."""
    template = {"Parameters": {"Stage": {"Type": "String"}, "Days": {"Type": "Number", "Default": 9}, "Key": {}}}
    assert values(template, {"Stage": "dev", "Email": "a"}) == [
        {"ParameterKey": "Stage", "ParameterValue": "dev"},
        {"ParameterKey": "Days", "ParameterValue": "9"},
    ]


def test_the_value_in_force_is_the_chosen_one_then_the_default() -> None:
    """In this order; a default that is a number is text as any other."""
    assert in_force("Profiles", TEMPLATE, {"Profiles": "a"}) == "a"
    assert in_force("VisibilityTimeout", TEMPLATE, {}) == "180"
    assert listed(" a, b,,") == ["a", "b"]
