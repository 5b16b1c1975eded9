"""The commands `alma-webhooks dead-letters …`, assembled."""

import typer

from scripts.cli.flag_groups import expand
from scripts.dead_letters.commands import discard, edit, explain, export_import, list_show, replay

dead_letters_app = typer.Typer(
    help="List, explain, replay and discard dead letters: events that failed permanently.", no_args_is_help=True
)
dead_letters_app.command("list")(expand(list_show.list_))
dead_letters_app.command("show")(expand(list_show.show))
dead_letters_app.command("explain")(expand(explain.explain))
dead_letters_app.command("replay", epilog=replay.EXAMPLES)(expand(replay.replay))
dead_letters_app.command("edit", epilog=edit.EXAMPLES)(expand(edit.edit_dead_letter))
dead_letters_app.command("discard")(expand(discard.discard_dead_letters))
dead_letters_app.command("export")(expand(export_import.export_dead_letters))
dead_letters_app.command("import")(expand(export_import.import_dead_letters))
