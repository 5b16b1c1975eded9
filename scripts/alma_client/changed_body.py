"""Change the body of a sample before it is signed: set members of a JSON body, or give the event a new ID."""

import json
import re
import secrets
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final

from processor.alma.events import parse
from processor.errors import Permanent
from scripts.cli.exit_codes import ConfigurationError

_STEP: Final = re.compile(r"[^.\[\]]+")


def set_members(body: bytes, assignments: Sequence[str]) -> bytes:
    """Return the JSON body with these members changed, each given as `path=value`.

    A path has names and list indexes, such as `item_loan.loan_id` or `list[0].name`. A value is JSON if it can be
    parsed, else text. Raise ConfigurationError for a body that is not JSON, and for a path that does not exist.
    """
    if not assignments:
        return body
    try:
        event = json.loads(body)
    except ValueError:
        raise ConfigurationError("--set changes JSON only, and this event is not JSON.") from None
    for assignment in assignments:
        path, is_found, text = assignment.partition("=")
        steps = _STEP.findall(path)
        if not is_found or not steps:
            raise ConfigurationError(f"--set takes PATH=VALUE, such as item_loan.loan_id=5, not {assignment!r}.")
        holder = event
        for depth, step in enumerate(steps[:-1]):
            holder = holder[_key(holder, step, path, steps[:depth])]
        holder[_key(holder, steps[-1], path, steps[:-1])] = json_or_text(text)
    return json.dumps(event, ensure_ascii=False).encode()


def fresh_body(body: bytes) -> bytes:
    """Return the body with another `id` of equal length, so that the event is not a duplicate to the stack.

    Raise ConfigurationError if the event has no such ID.
    """
    try:
        identifier = parse(body).id or ""
    except Permanent as failure:
        raise ConfigurationError(f"--fresh needs an event: {failure.reason.rstrip('.')}.") from None
    if not (identifier.isascii() and identifier.isdecimal()):
        raise ConfigurationError("--fresh needs an event whose id has only digits; change another member with --set.")
    return body.replace(identifier.encode(), new_id(identifier).encode())


def new_id(identifier: str) -> str:
    """Return a random number with as many digits as an ID."""
    return secrets.choice("123456789") + "".join(secrets.choice("0123456789") for _ in identifier[1:])


def _key(holder: Any, step: str, path: str, before: Sequence[str]) -> str | int:
    """Return the name or index of a member that exists. Raise ConfigurationError with the nearest name if not."""
    where = ".".join(before) or "the event"
    if isinstance(holder, list):
        if step.isascii() and step.isdecimal() and int(step) < len(holder):
            return int(step)
        raise ConfigurationError(f"--set {path}: {where} is a list of {len(holder)}, and {step} is not an index of it.")
    if not isinstance(holder, dict):
        raise ConfigurationError(f"--set {path}: {where} is a value without members.")
    if step in holder:
        return step
    near = get_close_matches(step, holder, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(holder)[:8]) or 'no members'}."
    raise ConfigurationError(f"--set {path}: {where} has no member {step}; {hint}")


def json_or_text(text: str) -> Any:
    """Return a text as JSON values, or as it is if it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text
