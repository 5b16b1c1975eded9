"""Store the secrets that topics refer to by `{ssm: NAME}`, and the key of Alma's users API. Never shows one."""

from collections.abc import Callable
from typing import Final

from pydantic import TypeAdapter, ValidationError

from notifications.references import ALMA_API_KEY, API_KEY, PREVIOUS_API_KEY, SecretName
from notifications.secret_values import LIFETIME_SECONDS
from notifications.signing import PREFIX, signing_key
from scripts.aws.context import StackContext
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.secret.new_secret import entered
from scripts.secret.store import CURRENT, SecretStore

FOLDER: Final = "notifications"
"""The part of the parameters' names where the secrets of Alma profiles have the profile."""

SPREADING_MINUTES: Final = round(LIFETIME_SECONDS / 60)
"""How long a running sender can use the old value."""

# "Managing parameter tiers", AWS Systems Manager User Guide: 4 KB in the standard tier.
_LONGEST_BYTES: Final = 4096


def check_secret_name(name: str) -> None:
    """Raise ConfigurationError unless a topic can refer to a secret of this name, or it is that of Alma's key."""
    if name == ALMA_API_KEY:
        return
    if name in (API_KEY, PREVIOUS_API_KEY):
        raise ConfigurationError(
            f"{name} is a key of the notifications API, which has commands of its own: alma-webhooks topics api-key "
            "create, or alma-webhooks topics api-key rotate."
        )
    try:
        TypeAdapter(SecretName).validate_python(name)
    except ValidationError as error:
        detail = error.errors(include_input=False)[0]
        known = str(detail["ctx"]["error"]) if detail["type"] == "value_error" else ""
        reason = known or "a name has lower-case letters, digits and hyphens, no hyphen first"
        raise ConfigurationError(f"{name!r} cannot be the name of a secret: {reason}.") from None


def read_value(report: Callable[[str], None]) -> str:
    """Read a secret from standard input: one line, hidden when typed. Raise ConfigurationError, which quotes nothing.

    Surrounding whitespace is stripped and reported.
    """
    given = entered()
    value = given.strip()
    if not value:
        raise ConfigurationError("Standard input is empty, so nothing was stored; pass one line with the secret.")
    if not value.isprintable() or "\ufffd" in value or len(value.encode()) > _LONGEST_BYTES:
        limit = f"{_LONGEST_BYTES:,} bytes at most"
        raise ConfigurationError(f"A secret is one line of printable characters in UTF-8, {limit}; nothing was stored.")
    if PREFIX in value:
        try:
            signing_key(value)
        except ValueError as error:  # a mistyped secret of Standard Webhooks, with which nothing could be signed
            raise ConfigurationError(f"The secret {error}, so nothing was stored.") from None
    if given.removesuffix("\n") != value:
        report("note: whitespace around the secret was removed")
    return value


def check_not_stored(scope: StackContext, name: str) -> None:
    """Raise RejectedError if a secret of this name is stored. Raise botocore's errors."""
    store = SecretStore(scope.aws.ssm, scope.stage, name)
    if store.name(FOLDER, CURRENT) in store.stored(FOLDER):
        raise RejectedError(
            f"A secret {name} is stored already, so nothing was changed. To replace it: "
            f"alma-webhooks topics secret {name} --replace {scope.options}"
        )


def store_secret(scope: StackContext, name: str, value: str, *, replace: bool) -> str:
    """Store a secret, and return the name of its parameter. Raise RejectedError if it exists, unless `replace`.

    A parameter that is replaced keeps its KMS key. Raise botocore's errors.
    """
    store = SecretStore(scope.aws.ssm, scope.stage, name)
    if replace:
        store.replace_current(FOLDER, value, store.key(FOLDER))
    else:
        store.add(FOLDER, CURRENT, value)
    return store.name(FOLDER, CURRENT)
