"""The commands of the CLI, and the arguments with which those with --stack reach the stack."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from scripts import main
from scripts.cli.lazy import LazyCommand

RECEIPT = "0123456789abcdef0123456789abcdef"  # pragma: allowlist secret -- a receipt id

# FILE is an existing file, NEW a missing one.
_NEEDED = {
    ("reconcile",): ["--since=1h"],
    ("deploy",): ["--yes"],
    ("init",): ["NEW", "--from-stack"],
    ("destroy",): ["--yes"],
    ("rollback",): ["--yes"],
    ("secret", "create"): ["alma"],
    ("secret", "rotate"): ["alma"],
    ("secret", "retire"): ["alma"],
    ("secret", "delete"): ["gone", "--confirm-name=gone"],
    ("secret", "status"): ["all"],
    ("notify",): ["library/jobs"],
    ("topics", "show"): ["library/jobs"],
    ("topics", "test"): ["library/jobs", "--integration=team", "--yes"],
    ("topics", "secret"): ["slack-team"],
    ("topics", "api-key", "retire"): ["--yes"],
    ("topics", "apply"): ["--yes"],
    ("topics", "delete"): ["library/jobs", "--yes"],
    ("dead-letters", "show"): [RECEIPT],
    ("dead-letters", "explain"): [RECEIPT],
    ("trace",): [RECEIPT],
    ("find",): [RECEIPT],
    ("dead-letters", "replay"): ["--all", "--yes"],
    ("dead-letters", "edit"): [RECEIPT, "--with=FILE", "--yes"],
    ("dead-letters", "discard"): ["--all"],
    ("dead-letters", "export"): ["NEW", "--all"],
    ("dead-letters", "import"): ["FILE", "--yes"],
    ("executions", "redrive"): ["--all", "--yes"],
    ("issues", "show"): ["0123456789ab"],
    ("issues", "acknowledge"): ["0123456789ab"],
    ("issues", "resolve"): ["0123456789ab"],
    ("issues", "reopen"): ["0123456789ab"],
    ("routes", "diff"): ["deployed"],
}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield all commands of the CLI with their paths."""
    command = command.load() if isinstance(command, LazyCommand) else command
    if found := getattr(command, "commands", None):
        for name, each in found.items():
            yield from commands(each, (*path, name))
    else:
        yield path, command


# These post to a URL or print a template, and open no stack.
_WITHOUT_STACK = {("send",), ("simulate",), ("template",)}

WITH_STACK = {
    path: command
    for path, command in commands(typer.main.get_command(main.app))
    if any("--stack" in parameter.opts for parameter in command.params) and path not in _WITHOUT_STACK
}


def words_of(path: tuple[str, ...], file: Path) -> list[str]:
    """Return the arguments of the program."""
    return [*path, *(word.replace("FILE", str(file)) for word in _NEEDED.get(path, []))]
