"""The command `alma-webhooks`: lists the commands of all features, which are imported when they run."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import typer

from scripts.cli.lazy import CommandSource, group_of
from scripts.cli.program import HELP_FLAGS, run

_TOOLS: Final = "Developer tools"

# By module and function or app, first sentence of the help (compared with the command by a test), and panel.
COMMANDS: Final = {
    "run": CommandSource("scripts.local.commands:run", "Run the whole pipeline locally, and send it signed samples."),
    "send": CommandSource("scripts.local.commands:send", "Sign an event, post it and print the response."),
    "init": CommandSource(
        "scripts.deploy.init_command:init", "Create a project folder: configuration, routes and sample events."
    ),
    "deploy": CommandSource("scripts.deploy.commands:deploy", "Deploy the pipeline, and prove it with a heartbeat."),
    "rollback": CommandSource(
        "scripts.deploy.upgrade_commands:rollback",
        "Restore the deployment before the last: templates, code, routes and parameters.",
    ),
    "upgrade-check": CommandSource(
        "scripts.deploy.upgrade_commands:upgrade_check",
        "Show what a deployment with this version would change on the stack, and what in the project is deprecated.",
    ),
    "destroy": CommandSource("scripts.deploy.commands:destroy", "Delete the pipeline."),
    "doctor": CommandSource("scripts.doctor.commands:doctor", "Check a deployed stack's health and suggest fixes."),
    "console": CommandSource(
        "scripts.console.commands:console",
        "Open the operator's console in a browser: a local page, with your own AWS credentials.",
    ),
    "watch": CommandSource(
        "scripts.watch.commands:watch",
        "Follow the events of a stack live: one line for each outcome and each failed attempt.",
    ),
    "reconcile": CommandSource(
        "scripts.reconciliation.commands:reconcile",
        "Reconcile accepted events with their outcomes, and list the missing ones.",
    ),
    "trace": CommandSource(
        "scripts.request_trace.commands:trace",
        "Show the log lines of a request in order: its acceptance, every attempt, and operator commands.",
    ),
    "find": CommandSource(
        "scripts.find.commands:find",
        "Find a job, record, barcode, user or receipt ID in dead letters, logs and executions.",
    ),
    "routes": CommandSource(
        "scripts.route_diff.app:routes_app", "Check routes and explain what they do with an event."
    ),
    "events": CommandSource(
        "scripts.catalogue.commands:events",
        "Print the known events of Alma: families, event values and members.",
    ),
    "secret": CommandSource(
        "scripts.secret.commands:secret_app",
        "Create, rotate and retire the secrets of Alma profiles without rejecting an event.",
    ),
    "topics": CommandSource(
        "scripts.topics.app:topics_app",
        "Apply, show and test the topics of notifications, and store their secrets.",
    ),
    "notify": CommandSource(
        "scripts.topics.sending_commands:notify",
        "Post a notification to a topic as a client does: to the API of the stack, with its key and the topic hash.",
    ),
    "dead-letters": CommandSource(
        "scripts.fixes.app:dead_letters_app",
        "List, explain, fix, replay and discard dead letters: events and notifications that failed permanently.",
    ),
    "executions": CommandSource(
        "scripts.executions.commands:executions_app",
        "Find executions of state machines that did not succeed, and redrive them.",
    ),
    "issues": CommandSource(
        "scripts.issues.commands:issues_app",
        "List, acknowledge and resolve issues: dead letters and failed executions, grouped by cause.",
    ),
    "simulate": CommandSource(
        "scripts.devtools.simulator.simulate_commands:simulate",
        "Post many events as Alma would, including retries.",
        _TOOLS,
    ),
    "soak": CommandSource(
        "scripts.devtools.soak.soak_command:soak",
        "Soak-test the pipeline locally with a simulated Alma and injected faults.",
        _TOOLS,
    ),
    "template": CommandSource(
        "scripts.deploy.template_command:template",
        "Print the template of a stack as `deploy` sends it, for other deployment tools.",
        _TOOLS,
    ),
    "package": CommandSource(
        "scripts.deploy.commands:package", "Build the zips of both functions, and of further parts.", _TOOLS
    ),
}


@contextmanager
def _aws_errors_explained() -> Iterator[None]:
    """Turn an error of the SDK into a sentence, if a command has imported the SDK."""
    try:
        yield
    except Exception:
        if "botocore" not in sys.modules:
            raise
        from scripts.aws.context import aws_errors_explained

        with aws_errors_explained():
            raise


app = typer.Typer(
    cls=group_of(COMMANDS, _aws_errors_explained),
    name="alma-webhooks",
    help="Receive signed webhooks from Ex Libris Alma on AWS; deliver them to SNS topics, state machines and queues, "
    "and notify people by chat, e-mail and SMS.",
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
