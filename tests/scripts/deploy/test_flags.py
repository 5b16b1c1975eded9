"""What the user chose: contradictions are rejected, Alma profiles are added to those that are served."""

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import StageName
from scripts.deploy.flags import DeploymentOptions
from scripts.deploy.plan import chosen_parameters
from tests.scripts.deploy.stacks import described


def options_of(profiles: tuple[str, ...], parameters: dict[str, str]) -> DeploymentOptions:
    """The options of a deployment with these profiles and parameters."""
    parameter = tuple(f"{name}={value}" for name, value in parameters.items())
    return DeploymentOptions(StageName.dev, alma_profile=profiles, parameter=parameter)


@pytest.mark.parametrize(
    ("profiles", "parameters", "sentence"),
    [
        (("a",), {"Profiles": "a"}, "Pass either --alma-profile"),
        (("A",), {}, "'A' is not the name of an Alma profile"),
        (("heartbeat",), {}, "The profile heartbeat is built in and always served"),
        ((), {"Profiles": "a,b/c"}, "'b/c' is not the name of an Alma profile"),
        ((), {"DomainName": "a.example", "CertificateArn": ""}, "needs CertificateArn"),
    ],
)
def test_contradictions_and_wrong_names_are_rejected(
    profiles: tuple[str, ...], parameters: dict[str, str], sentence: str
) -> None:
    """One sentence each, before AWS is asked for anything."""
    with pytest.raises(ConfigurationError, match=sentence):
        options_of(profiles, parameters).check()


def test_f56_profiles_are_added_to_what_the_stack_lists_now() -> None:
    """By its parameter: its output has the heartbeat's profile too, which nobody chooses."""
    [before] = described("CREATE_COMPLETE", {"Profiles": "heartbeat,alma"}, Profiles="alma")["Stacks"]
    assert chosen_parameters(options_of(("consortium", "alma"), {}), before)["Profiles"] == "alma,consortium"


def test_a_list_means_exactly_these() -> None:
    """Chosen profiles replace those served before; without a choice nothing is set."""
    [before] = described("CREATE_COMPLETE", {"Profiles": "heartbeat,alma"})["Stacks"]
    assert chosen_parameters(options_of((), {"Profiles": "b, c"}), before) == {"Profiles": "b,c"}
    assert chosen_parameters(options_of((), {"Tracing": "PassThrough"}), before) == {"Tracing": "PassThrough"}
