"""Assemble the commands `topics …`."""

from typing import Final

import typer

from scripts.cli.flag_groups import expand
from scripts.topics import commands, secret_commands, sending_commands

topics_app: Final = typer.Typer(no_args_is_help=True)
topics_app.command("list")(expand(commands.list_))
topics_app.command("show")(expand(commands.show))
topics_app.command("apply")(expand(commands.apply))
topics_app.command("delete")(expand(commands.delete))
topics_app.command("test")(expand(sending_commands.try_))
topics_app.command("secret")(expand(secret_commands.secret))
topics_app.add_typer(secret_commands.api_key_app, name="api-key")
