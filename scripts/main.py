"""The command `alma-webhooks`, made of the commands of all features. Does no work itself."""

import typer

from scripts.cli.program import run
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

app = typer.Typer(
    name="alma-webhooks",
    help=(
        "Webhooks from Ex Libris Alma to SNS and Step Functions: run it here, check its routes, rotate its secrets, "
        "find and replay what was given up."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(local_commands.run)
app.command()(local_commands.send)
app.command()(simulate_commands.simulate)
app.add_typer(routes_commands.routes_app, name="routes")
app.add_typer(secret_commands.secret_app, name="secret")
secret_commands.secret_app.command("delete")(delete_command.delete)
app.add_typer(list_show.dead_letters_app, name="dead-letters")
list_show.dead_letters_app.command()(explain.explain)
list_show.dead_letters_app.command(epilog=replay.EXAMPLES)(replay.replay)
list_show.dead_letters_app.command("edit", epilog=edit.EXAMPLES)(edit.edit_dead_letter)
list_show.dead_letters_app.command("discard")(discard.discard_dead_letters)
list_show.dead_letters_app.command("export")(export_import.export_dead_letters)
list_show.dead_letters_app.command("import")(export_import.import_dead_letters)
app.add_typer(executions_commands.executions_app, name="executions")
app.command()(trace_commands.trace)
app.command()(reconciliation_commands.reconcile)
app.command()(doctor_commands.doctor)
app.command()(deploy_commands.package)
app.command()(deploy_command.deploy)
app.command()(destroy_command.destroy)
app.command()(soak_command.soak)


def main() -> None:
    """Run the command line."""
    run(app, "alma-webhooks")
