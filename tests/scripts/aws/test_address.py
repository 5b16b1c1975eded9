"""Resolving where a command works: every combination of flag, environment, file and default."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from scripts.aws.address import VARIABLES, Address, flag_of, resolve
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import StackFlags, StageName
from scripts.project.folder import Project
from scripts.project.models import ProjectFile

HERE = "found from the current folder"
LOCAL = "http://127.0.0.1:4566"
DEFAULTS = {
    "stage": ("dev", "default"),
    "stack": ("alma-webhooks-dev", "default"),
    "region": (None, "from the AWS configuration"),
    "aws_profile": (None, "default"),
    "endpoint_url": (None, "default"),
}
VALUES = {"stage": ("prod", "stg", "prod"), "region": ("eu-west-1", "eu-west-2", "eu-west-3", "us-west-1")}


def project_of(source: str = HERE, *, of_stage: bool = True, **written: Any) -> Project:
    """A project with these settings, of its stages or of the whole file."""
    stages = dict.fromkeys(("dev", "stg", "prod"), written if of_stage else {})
    whole = {} if of_stage else written
    file = ProjectFile.model_validate({"schema": 1, "name": "library", "stages": stages, **whole})
    return Project(Path("/srv/my library"), file, source)


def shown(address: Address, name: str) -> tuple[str | None, str]:
    return getattr(address, name), address.sources[name]


CASES = [(name, *given) for name in DEFAULTS for given in product((False, True), repeat=2 + len(VARIABLES[name]))]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_flag_goes_before_the_environment_the_file_and_the_default(case: tuple[Any, ...]) -> None:
    """For every value, in every combination of the places that give it; the first one given is taken and named."""
    name, *is_given = case
    places = [flag_of(name), *VARIABLES[name], "alma-webhooks.yaml"]
    all_values = dict(zip(places, VALUES.get(name, places), strict=True))
    values = {place: all_values[place] for place, is_set in zip(places, is_given, strict=True) if is_set}
    expected = next(((value, f"from {place}") for place, value in values.items()), DEFAULTS[name])
    flag, written = values.pop(places[0], None), values.pop(places[-1], None)
    given: dict[str, Any] = {name: StageName(flag) if flag and name == "stage" else flag}
    project = project_of(of_stage=name != "stage", **({name: written} if written else {}))
    assert shown(resolve(StackFlags(**given), values, project), name) == expected


def test_the_stage_of_the_environment_must_exist() -> None:
    """The sentence names the variable, its value and the stages."""
    with pytest.raises(
        ConfigurationError, match=r"The stage from ALMA_WEBHOOKS_STAGE is 'test'; it must be dev, stg, prod\."
    ):
        resolve(StackFlags(), {"ALMA_WEBHOOKS_STAGE": "test"}, None)


def test_a_chosen_stage_must_be_in_the_file() -> None:
    """The sentence names the file, where the stage is from, and the stages of the file."""
    file = ProjectFile.model_validate({"schema": 1, "name": "library", "stages": {"dev": {}, "stg": {}}})
    project = Project(Path("/srv/library"), file, HERE)
    expected = "/srv/library/alma-webhooks.yaml has no stage prod ({}); it has dev, stg. Pass one of these with --stage"
    for flags, environ, source in (
        (StackFlags(stage=StageName.prod), {}, "from --stage"),
        (StackFlags(), {"ALMA_WEBHOOKS_STAGE": "prod"}, "from ALMA_WEBHOOKS_STAGE"),
    ):
        with pytest.raises(ConfigurationError) as raised:
            resolve(flags, environ, project)
        assert str(raised.value).startswith(expected.format(source))
    assert resolve(StackFlags(stage=StageName.prod, stack="own"), {}, project).stack == "own"
    assert resolve(StackFlags(stage=StageName.prod), {}, None).stack == "alma-webhooks-prod"


def test_an_empty_variable_counts_as_not_set() -> None:
    """A script may export it without a value."""
    environ = dict.fromkeys((name for names in VARIABLES.values() for name in names), "")
    assert resolve(StackFlags(), environ, None) == resolve(StackFlags(), {}, None)


def test_a_stage_without_a_region_or_account_has_those_of_the_file() -> None:
    """A stage that the file does not have has them too."""
    found = resolve(StackFlags(), {}, project_of(of_stage=False, region="eu-west-1", account="123456789012"))
    assert (shown(found, "region"), found.account) == (("eu-west-1", "from alma-webhooks.yaml"), "123456789012")


@pytest.mark.parametrize("place", ["--endpoint-url", "ALMA_WEBHOOKS_ENDPOINT_URL", "alma-webhooks.yaml"])
def test_an_emulator_has_its_own_region_and_takes_no_credentials_and_no_account(place: str) -> None:
    """What is exported or written for AWS does not change the emulator; only --region does."""
    flags = StackFlags(endpoint_url=LOCAL if place == "--endpoint-url" else None)
    written = LOCAL if place == "alma-webhooks.yaml" else None
    file = project_of(region="eu-west-1", aws_profile="library", account="123456789012", endpoint_url=written)
    environ = {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "other", "ALMA_WEBHOOKS_ENDPOINT_URL": ""}
    environ |= {place: LOCAL} if place == "ALMA_WEBHOOKS_ENDPOINT_URL" else {}
    found = resolve(flags, environ, file)
    assert (found.emulator_url, found.aws_profile, found.account) == (LOCAL, None, None)
    assert shown(found, "region") == ("us-east-1", "that of the emulator")
    assert resolve(StackFlags(region="eu-west-2"), environ | {"ALMA_WEBHOOKS_ENDPOINT_URL": LOCAL}, file).region == (
        "eu-west-2"
    )


def test_the_endpoint_of_the_sdk_is_not_an_emulators() -> None:
    """The AWS SDK reads AWS_ENDPOINT_URL itself, with the user's credentials and region; it is only shown."""
    found = resolve(StackFlags(), {"AWS_ENDPOINT_URL": "https://vpce.invalid", "AWS_REGION": "eu-west-1"}, None)
    assert (found.emulator_url, found.endpoint_url, found.region) == (None, "https://vpce.invalid", "eu-west-1")


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"])
def test_credentials_of_the_environment_go_before_a_profile_of_the_file(variable: str) -> None:
    """In a pipeline the file's profile does not exist; a flag still names one."""
    environ = {variable: "given", "AWS_PROFILE": "exported"}
    assert resolve(StackFlags(), environ, project_of(aws_profile="library")).aws_profile is None
    assert resolve(StackFlags(aws_profile="flag"), environ, project_of(aws_profile="library")).aws_profile == "flag"


def test_the_options_are_the_stage_and_what_flags_gave() -> None:
    """Quoted for a shell; the same environment and folder give the rest to the next command too."""
    flags = StackFlags(
        stage=StageName.prod,
        stack="mine",
        region="eu-west-1",
        aws_profile="my profile",
        project=Path("/srv/my library"),
    )
    assert resolve(flags, {}, project_of("--project")).options == (
        "--stage prod --stack mine --region eu-west-1 --aws-profile 'my profile' --project '/srv/my library'"
    )
    environ = {"ALMA_WEBHOOKS_STAGE": "stg", "ALMA_WEBHOOKS_STACK": "mine", "AWS_REGION": "eu-west-1"}
    assert resolve(StackFlags(), environ, project_of(aws_profile="library")).options == "--stage stg"
    assert resolve(StackFlags(endpoint_url=LOCAL), {}, None).options == f"--stage dev --endpoint-url {LOCAL}"


def test_the_description_says_where_each_value_came_from() -> None:
    """What a found folder sets is shown, so that nothing is changed at a stranger's endpoint unseen."""
    file = project_of(region="eu-central-1", aws_profile="library")
    assert resolve(StackFlags(stage=StageName.prod), {}, file).description("eu-central-1", "123456789012") == (
        "stage prod (from --stage), region eu-central-1 (from alma-webhooks.yaml), stack alma-webhooks-prod (default), "
        "account 123456789012, AWS profile library (from alma-webhooks.yaml), project /srv/my library (found from the "
        "current folder)"
    )
    local = resolve(StackFlags(), {}, project_of("ALMA_WEBHOOKS_PROJECT", endpoint_url=LOCAL))
    assert local.description("us-east-1", "000000000000").endswith(
        f"endpoint {LOCAL} (from alma-webhooks.yaml), project /srv/my library (from ALMA_WEBHOOKS_PROJECT)"
    )


def test_only_a_default_is_not_chosen() -> None:
    """A command that reads a stack takes its stage from it, unless something names one."""
    address = resolve(StackFlags(stack="library"), {"ALMA_WEBHOOKS_STAGE": "prod"}, None)
    assert (address.chosen("stage"), address.chosen("stack")) == ("prod", "library")
    address = resolve(StackFlags(), {}, None)
    assert (address.chosen("stage"), address.chosen("stack")) == (None, None)
