"""Send an event, and print the response and its outcome."""

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import typer

from scripts.alma_client.client import Reply
from scripts.aws.logged_event import DEAD, outcome_text
from scripts.aws.stack_command import command_at
from scripts.cli.exit_codes import FailedError
from scripts.cli.options import Output, StackFlags
from scripts.cli.terminal import escape
from scripts.local.send import Sender, SentEvent, send_for_outcome
from scripts.local.send import send as post_event
from scripts.local.sender import address_for

_STOPPED = "Stopped; the event may have been accepted."


def send(body: bytes, url: str, sender: Sender, output: Output) -> None:
    """Send an event and print the response. Raise FailedError unless it was accepted, and the errors of sending."""
    reply = post_event(body, url, sender)
    typer.echo(json.dumps(_data(reply)) if output is Output.json else _line(reply))
    _check_accepted(reply)


def send_and_wait(
    body: bytes, url: str, sender: Sender, *, stack: StackFlags, limit: timedelta, output: Output
) -> None:
    """Send an event; print the response and the outcome in the stack, by default that of the stage.

    Raise FailedError for a dead letter, and without an outcome in time, and the errors of sending.
    """
    with command_at(address_for(url, stack), _STOPPED) as (scope, _):
        sent, options = send_for_outcome(body, url, sender, scope, limit.total_seconds()), scope.options
    if output is Output.json:
        typer.echo(json.dumps(_data(sent.reply) | _outcome_data(sent)))
    else:
        typer.echo(_line(sent.reply))
        if sent.outcome:
            typer.echo(escape(outcome_text(sent.outcome, sent.seconds)))
    _check_accepted(sent.reply)
    _check_outcome(sent, limit, options)


def _check_outcome(sent: SentEvent, limit: timedelta, options: str) -> None:
    if sent.outcome is None:
        reason = f" The last attempt failed: {escape(sent.last_reason)}." if sent.last_reason else ""
        raise FailedError(
            f"No outcome of {sent.reply.receipt_id} after {limit.total_seconds():.0f} s.{reason} Check --stage and "
            f"--stack, or follow it: alma-webhooks trace {sent.reply.receipt_id} --follow {options}"
        )
    if sent.outcome.outcome == DEAD:
        raise FailedError(
            "The event became a dead letter; see what a replay would do: alma-webhooks dead-letters explain "
            f"{sent.outcome.receipt_id} {options}"
        )


def _check_accepted(reply: Reply) -> None:
    if reply.status != HTTPStatus.OK:
        raise FailedError(f"Not accepted: {reply.error}")


def _line(reply: Reply) -> str:
    return f"{reply.status}  receipt id {reply.receipt_id or '-'}  {_milliseconds(reply)} ms"


def _data(reply: Reply) -> dict[str, Any]:
    return {
        "status": reply.status,
        "receipt_id": reply.receipt_id,
        "error": reply.error,
        "ms": _milliseconds(reply),
    }


def _outcome_data(sent: SentEvent) -> dict[str, Any]:
    event = sent.outcome
    return {
        "outcome": event.outcome if event else None,
        "targets": list(event.targets) if event else [],
        "partly_delivered": event.partial._asdict() if event and event.partial else None,
        "seconds": round(sent.seconds, 3) if event else None,
        "reason": event.reason if event else sent.last_reason,
    }


def _milliseconds(reply: Reply) -> int:
    return round(reply.seconds * 1000)
