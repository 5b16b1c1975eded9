"""The command `alma-webhooks`: collects the commands and turns their errors into exit codes. No work here."""

import sys

import typer
from rich.console import Console

from scripts import streams
from scripts.deploy import commands as deploy_commands
from scripts.deploy import deploy_command, destroy_command
from scripts.errors import CommandError, StoppedError
from scripts.local import commands as local_commands
from scripts.measure import balance_command, simulate_commands, soak_command
from scripts.measure.bench import bench_command
from scripts.operate import commands as operate_commands
from scripts.operate import (
    dead_letter_commands,
    delete_secret_command,
    discard_command,
    doctor_command,
    edit_command,
    executions_commands,
    explain_letters_command,
    file_commands,
    replay_commands,
    request_log_command,
    secret_commands,
)
from scripts.terminal import harmless

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
app.add_typer(operate_commands.routes_app, name="routes")
app.add_typer(secret_commands.secret_app, name="secret")
secret_commands.secret_app.command("delete")(delete_secret_command.delete)
app.add_typer(dead_letter_commands.dead_letters_app, name="dead-letters")
dead_letter_commands.dead_letters_app.command()(explain_letters_command.explain)
dead_letter_commands.dead_letters_app.command()(request_log_command.logs)
dead_letter_commands.dead_letters_app.command(epilog=replay_commands.EXAMPLES)(replay_commands.replay)
dead_letter_commands.dead_letters_app.command("edit", epilog=edit_command.EXAMPLES)(edit_command.edit_letter)
dead_letter_commands.dead_letters_app.command("discard")(discard_command.discard_letters)
dead_letter_commands.dead_letters_app.command("export")(file_commands.export_letters)
dead_letter_commands.dead_letters_app.command("import")(file_commands.import_letters)
app.add_typer(executions_commands.executions_app, name="executions")
app.command()(balance_command.balance)
app.command()(doctor_command.doctor)
app.command()(deploy_commands.package)
app.command()(deploy_command.deploy)
app.command()(destroy_command.destroy)
app.command()(soak_command.soak)
app.command()(bench_command.bench)


def main() -> None:
    """Run one command; exit 0 done, 1 failed, 2 usage or configuration, 3 rejected, 130 stopped by Ctrl-C."""
    streams.prepare()
    try:
        app()
    except CommandError as error:
        Console(stderr=True).print(
            f"alma-webhooks: {harmless(str(error))}", markup=False, highlight=False, soft_wrap=True
        )
        sys.exit(error.exit_code)
    except SystemExit as ending:
        # Typer exits with 1 after Ctrl-C at a question, as it does where the input has ended.
        if ending.__context__ and isinstance(ending.__context__.__context__, KeyboardInterrupt):
            sys.exit(StoppedError.exit_code)
        raise
