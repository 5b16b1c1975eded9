"""Check the name of a stack."""

import re
from typing import Final

from scripts.cli.exit_codes import ConfigurationError

# The bucket of large bodies is called STACK-ACCOUNT-REGION, in lower case and in 63 characters at most ("General
# purpose bucket naming rules", Amazon S3 User Guide): so much is left in the regions with the longest names.
_LONGEST: Final = 35


def checked_name(name: str) -> str:
    """Return the name of a stack. Raise ConfigurationError if resource names cannot begin with it."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name) or len(name) > _LONGEST:
        raise ConfigurationError(
            f"The stack's name {name} is not valid: use up to {_LONGEST} lower-case letters, digits and hyphens, "
            "starting with a letter. Names of resources in the stack begin with it."
        )
    return name
