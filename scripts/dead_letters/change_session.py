"""Sessions of commands that change dead letters: they check the queues, hold the lock and write the audit."""

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, TemplateSyntaxError

from processor.codes import NOT_A_CODE, is_code
from processor.routing.lint import MEMBERS
from scripts.aws import lock
from scripts.aws.clock import Clock
from scripts.aws.exclusive import Caller, ChangeSession, caller_of, exclusive
from scripts.cli.exit_codes import RejectedError
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.store import DeadLetterStore


def open_change_session(
    dead_letters: DeadLetterStore,
    command: str,
    *,
    audit_file: Path | None = None,
    filters: Filters | None = None,
    seconds: int = lock.SECONDS,
    clock: Clock | None = None,
) -> AbstractContextManager[ChangeSession]:
    """Check the queues, then return `exclusive` for them: it holds the lock and writes the audit.

    Raise RejectedError (wrong queues, or another command holds the lock), FailedError (the audit cannot be written),
    ConfigurationError (an older template) and botocore's errors before anything was changed.
    """
    caller = check_queues(dead_letters)
    return exclusive(
        dead_letters.scope,
        dead_letters.queue_name.lock,
        command,
        caller=caller._replace(clock=clock or caller.clock),
        audit_file=audit_file,
        filters=audited_filters(filters),
        facts=dead_letters.queue_name.audited,
        seconds=seconds,
    )


# An integration of a topic, or the topic, as causes name them. It is not an e-mail address, whose domain has dots.
_INTEGRATION: Final = re.compile(r"([a-z]+:)?([a-z0-9-]+@)?[a-z0-9-]+\+[a-z0-9-]+")


def audited_filters(filters: Filters | None) -> dict[str, Any]:
    """Return the filters for the audit, without empty ones and without values that may be patron data.

    IDs become their number, because each dead letter has a line of its own. A condition becomes its outline. Other
    values stay if they have the form of a name.
    """
    chosen = {name: value for name, value in vars(filters).items() if value} if filters else {}
    if "ids" in chosen:
        chosen["ids"] = len(chosen["ids"])
    if "where" in chosen:
        chosen["where"] = outline(chosen["where"])
    return {
        name: list(map(_name_or_placeholder, value)) if isinstance(value, tuple) else value
        for name, value in chosen.items()
    }


def _name_or_placeholder(text: str) -> str:
    """Return the text if it has the form of a code, or of the name of a route, target, profile or integration."""
    is_name = all(map(is_code, re.split(r"[.:/]", text))) or _INTEGRATION.fullmatch(text)
    return text if is_name else NOT_A_CODE


def source_queue_url(dead_letters: DeadLetterStore) -> str:
    """Return the URL of the queue that they came from. Raise ConfigurationError if the stack has no output for it."""
    return dead_letters.owner.output("QueueUrl", f"where its {dead_letters.queue_name.queue} is")


def check_queues(dead_letters: DeadLetterStore) -> Caller:
    """Check that the queues belong together, and are in the caller's account and region. Return the caller.

    Raise RejectedError if not, ConfigurationError if the stack lacks the outputs, and botocore's errors.
    """
    scope = dead_letters.scope
    url = source_queue_url(dead_letters)
    caller = caller_of(scope.aws)
    (source, redrives_to), (target, _) = _queue(dead_letters, url), _queue(dead_letters, dead_letters.queue.url)
    if source == target:
        raise RejectedError(
            f"The stack {dead_letters.owner.stack.name} has one queue, {source}, as {dead_letters.queue_name.queue} "
            "and as dead-letter queue."
        )
    if redrives_to != target:
        raise RejectedError(f"{target} is not the dead-letter queue of {source}; its own is {redrives_to or 'none'}.")
    here = caller.account, scope.aws.sqs.meta.region_name
    for arn in (source, target):
        _, _, _, region, account, *_ = f"{arn}:::::".split(":")  # "Amazon Resource Names", AWS General Reference
        if (account, region) != here:
            raise RejectedError(f"{arn} is not in your account and region (account {here[0]}, region {here[1]}).")
    return caller


def _queue(dead_letters: DeadLetterStore, url: str) -> tuple[str, str]:
    """Return the ARN of a queue, and that of its dead-letter queue; empty if it has none."""
    sqs = dead_letters.scope.aws.sqs
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn", "RedrivePolicy"])["Attributes"]
    return found["QueueArn"], json.loads(found.get("RedrivePolicy") or "{}").get("deadLetterTargetArn", "")


# The first names of an event's fields; any other name may be a value typed without quotes.
_ROOTS: Final = MEMBERS | {"profile"}
_WORDS: Final = frozenset(("and", "or", "not", "in", "is", "if", "else", "defined", "none", "true", "false", "default"))

# The form of Alma's member names.
_STEP: Final = re.compile(r"[a-z][a-z_]{0,62}[0-9]?")

_HIDDEN: Final = "…"


def outline(condition: str) -> str:
    """Return the condition with `…` in place of each value, and of each name that is not a field of an event."""
    try:
        return " ".join("".join(_pieces(condition)).split())
    except TemplateSyntaxError:
        return _HIDDEN


def _pieces(condition: str) -> Iterator[str]:
    is_field = is_step = False
    for _, kind, text in Environment(autoescape=True).lex("{{" + condition + "}}"):
        if kind in ("variable_begin", "variable_end"):
            continue
        if kind == "whitespace":
            yield " "
        elif kind == "operator":
            yield text
        elif kind == "name":
            is_known = bool(_STEP.fullmatch(text)) if is_step and is_field else text in _ROOTS or text in _WORDS
            is_field = is_known and text not in _WORDS
            yield text if is_known else _HIDDEN
        else:
            yield _HIDDEN
        is_step = kind == "operator" and text == "."
