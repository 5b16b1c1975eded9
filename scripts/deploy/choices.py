"""The parameters and Alma profiles that the user chose for a deployment, checked together. Deploys nothing."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from scripts.aws import stack
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import ConfigurationError
from scripts.secret.retired_profiles import check_name

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def check(profiles: Collection[str], parameters: Mapping[str, str]) -> None:
    """Raise ConfigurationError for choices that contradict each other, and for what is not an Alma profile's name."""
    if profiles and "Profiles" in parameters:
        raise ConfigurationError(
            "Pass either --alma-profile, which adds to the Alma profiles that are served, or --parameter Profiles=…, "
            "which lists all of them."
        )
    for profile in (*profiles, *listed(parameters.get("Profiles", ""))):
        check_name(profile)
    if parameters.get("DomainName") and parameters.get("CertificateArn") == "":
        raise ConfigurationError("The parameter DomainName needs CertificateArn.")


def chosen(profiles: Collection[str], parameters: Mapping[str, str], before: "StackTypeDef | None") -> dict[str, str]:
    """Return the parameters that the user chose. Profiles are added to those that the stack serves."""
    if "Profiles" in parameters:
        served = listed(parameters["Profiles"])
    elif profiles:
        served = [*listed(stack.parameters_of(before).get("Profiles", "")), *profiles]
    else:
        return dict(parameters)
    return {**parameters, "Profiles": ",".join(dict.fromkeys(served))}
