"""The command `alma-webhooks`: assembles the commands of all features."""

from importlib.metadata import version
from typing import Annotated

import typer

from scripts.cli.program import HELP_FLAGS, run
from scripts.dead_letters.commands import discard, edit, explain, export_import, list_show, replay
from scripts.deploy import commands as deploy_commands
from scripts.deploy import deploy_command, destroy_command
from scripts.devtools.simulator import simulate_commands
from scripts.devtools.soak import soak_command
from scripts.doctor import commands as doctor_commands
from scripts.executions import commands as executions_commands
from scripts.local import commands as local_commands
from scripts.reconciliation import commands as reconciliation_commands
from scripts.request_trace import commands as trace_commands
from scripts.routes import commands as routes_commands
from scripts.secret import commands as secret_commands
from scripts.secret import delete_command

_OPERATORS = "Commands"
_DEVELOPERS = "Developer tools"

app = typer.Typer(
    name="alma-webhooks",
    help="Receive signed webhooks from Ex Libris Alma on AWS; deliver them to SNS topics, state machines and queues.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP_FLAGS,
)
app.command(rich_help_panel=_OPERATORS)(local_commands.run)
app.command(rich_help_panel=_OPERATORS)(local_commands.send)
app.command(rich_help_panel=_OPERATORS)(deploy_command.deploy)
app.command(rich_help_panel=_OPERATORS)(destroy_command.destroy)
app.command(rich_help_panel=_OPERATORS)(doctor_commands.doctor)
app.command(rich_help_panel=_OPERATORS)(reconciliation_commands.reconcile)
app.command(rich_help_panel=_OPERATORS)(trace_commands.trace)
app.add_typer(routes_commands.routes_app, name="routes", rich_help_panel=_OPERATORS)
app.add_typer(secret_commands.secret_app, name="secret", rich_help_panel=_OPERATORS)
secret_commands.secret_app.command("delete")(delete_command.delete)
app.add_typer(list_show.dead_letters_app, name="dead-letters", rich_help_panel=_OPERATORS)
list_show.dead_letters_app.command()(explain.explain)
list_show.dead_letters_app.command(epilog=replay.EXAMPLES)(replay.replay)
list_show.dead_letters_app.command("edit", epilog=edit.EXAMPLES)(edit.edit_dead_letter)
list_show.dead_letters_app.command("discard")(discard.discard_dead_letters)
list_show.dead_letters_app.command("export")(export_import.export_dead_letters)
list_show.dead_letters_app.command("import")(export_import.import_dead_letters)
app.add_typer(executions_commands.executions_app, name="executions", rich_help_panel=_OPERATORS)
app.command(rich_help_panel=_DEVELOPERS)(simulate_commands.simulate)
app.command(rich_help_panel=_DEVELOPERS)(soak_command.soak)
app.command(rich_help_panel=_DEVELOPERS)(deploy_commands.package)


def _print_version(is_requested: bool) -> None:  # noqa: FBT001 -- Typer passes the value of the flag
    if is_requested:
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
