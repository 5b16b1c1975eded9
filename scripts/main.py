"""The command `alma-webhooks`: lists the commands of all features, which are imported when they run."""

from typing import Annotated, Final

import typer

from scripts.cli.lazy import CommandSource, group_of
from scripts.cli.program import HELP_FLAGS, run

_OPERATORS = "Commands"
_DEVELOPERS = "Developer tools"

# By module, function or app, first paragraph of the help (compared with the command by a test), and panel.
COMMANDS: Final = {
    "run": CommandSource(
        "scripts.local.commands",
        "run",
        "Run the whole pipeline locally: start the emulator, deploy, send signed samples, then serve until Ctrl-C.",
        _OPERATORS,
    ),
    "send": CommandSource(
        "scripts.local.commands",
        "send",
        "Sign an event, post it and print the response. Exit with 1 unless it is accepted.",
        _OPERATORS,
    ),
    "deploy": CommandSource(
        "scripts.deploy.deploy_command",
        "deploy",
        "Deploy the pipeline: check, show the changes, ask, apply them, and prove the deployment with a heartbeat.",
        _OPERATORS,
    ),
    "destroy": CommandSource(
        "scripts.deploy.destroy_command",
        "destroy",
        "Delete the pipeline. Keep its queues, its table, its bucket and the secrets of its Alma profiles.",
        _OPERATORS,
    ),
    "doctor": CommandSource(
        "scripts.doctor.commands",
        "doctor",
        "Check a deployed stack's health and suggest fixes. Changes nothing, unless --fix is given.",
        _OPERATORS,
    ),
    "reconcile": CommandSource(
        "scripts.reconciliation.commands",
        "reconcile",
        "Reconcile accepted events with their outcomes, and list the missing ones. Changes nothing.",
        _OPERATORS,
    ),
    "trace": CommandSource(
        "scripts.request_trace.commands",
        "trace",
        "Show the log lines of a request in order: its acceptance, every attempt, and operator commands.",
        _OPERATORS,
    ),
    "simulate": CommandSource(
        "scripts.devtools.simulator.simulate_commands",
        "simulate",
        "Post many events as Alma would, including retries. Exit with 1 if a post ended unexpectedly.",
        _DEVELOPERS,
    ),
    "soak": CommandSource(
        "scripts.devtools.soak.soak_command",
        "soak",
        "Soak-test the pipeline locally with a simulated Alma and injected faults. "
        "Exit with 1 if a guarantee is broken.",
        _DEVELOPERS,
    ),
    "package": CommandSource(
        "scripts.deploy.commands",
        "package",
        "Build the zips of both functions. The same files always give the same bytes.",
        _DEVELOPERS,
    ),
    "routes": CommandSource(
        "scripts.routes.commands", "routes_app", "Check routes and explain what they do with an event.", _OPERATORS
    ),
    "secret": CommandSource(
        "scripts.secret.commands",
        "secret_app",
        "Create, rotate and retire the secrets of Alma profiles without rejecting an event.",
        _OPERATORS,
    ),
    "dead-letters": CommandSource(
        "scripts.dead_letters.commands.app",
        "dead_letters_app",
        "List, explain, replay and discard dead letters: events that failed permanently.",
        _OPERATORS,
    ),
    "executions": CommandSource(
        "scripts.executions.commands",
        "executions_app",
        "Find executions of state machines that did not succeed, and redrive them.",
        _OPERATORS,
    ),
}

app = typer.Typer(
    cls=group_of(COMMANDS),
    name="alma-webhooks",
    help="Receive signed webhooks from Ex Libris Alma on AWS; deliver them to SNS topics, state machines and queues.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP_FLAGS,
)


def _print_version(is_requested: bool) -> None:  # noqa: FBT001 -- Typer passes the value of the flag
    if is_requested:
        from importlib.metadata import version

        typer.echo(f"alma-webhooks {version('alma-webhooks')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[  # noqa: FBT002 -- a flag
        bool, typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line."""
    run(app, "alma-webhooks")
