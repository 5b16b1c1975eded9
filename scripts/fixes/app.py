"""The commands `alma-webhooks dead-letters …`, assembled here because `fix` uses features above dead letters."""

import typer

from scripts.cli.flag_groups import expand
from scripts.dead_letters.commands import edit, files, read, replay
from scripts.fixes import commands as fixes

dead_letters_app = typer.Typer(no_args_is_help=True)
dead_letters_app.command("list")(expand(read.list_))
dead_letters_app.command("show")(expand(read.show))
dead_letters_app.command("explain")(expand(read.explain))
dead_letters_app.command("fix", epilog=fixes.EXAMPLES)(expand(fixes.fix))
dead_letters_app.command("replay", epilog=replay.EXAMPLES)(expand(replay.replay))
dead_letters_app.command("edit", epilog=edit.EXAMPLES)(expand(edit.edit_dead_letter))
dead_letters_app.command("discard")(expand(files.discard_dead_letters))
dead_letters_app.command("export")(expand(files.export_dead_letters))
dead_letters_app.command("import")(expand(files.import_dead_letters))
