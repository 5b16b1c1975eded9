"""Reads how other systems are reached: one SSM parameter for each, a JSON object with its address and its secrets."""

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from processor.errors import Permanent
from processor.retries import failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

Access = TypeVar("Access", bound=BaseModel)


def access_value(ssm: "SSMClient", name: str, model: type[Access], target: str) -> Access:
    """Return the value of a SecureString. Raise Transient; Permanent with the names of wrong members.

    `target` is what the failures name: source or destination.
    """
    with failures_of_aws("no-target", f"The parameter {name} cannot be read", target=target):
        try:
            text = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        except ssm.exceptions.ParameterNotFound:
            raise Permanent("no-target", f"The parameter {name} does not exist. Create it.", target=target) from None
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        places = sorted({".".join(map(str, each["loc"])) or "its JSON" for each in error.errors()})
        reason = f"The parameter {name} is not valid: {', '.join(places)}."
        raise Permanent("no-target", reason, target=target) from None
