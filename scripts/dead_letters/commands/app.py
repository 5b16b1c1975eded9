"""The commands `alma-webhooks dead-letters …`, assembled."""

from scripts.dead_letters.commands import discard, edit, explain, export_import, replay
from scripts.dead_letters.commands.list_show import dead_letters_app

dead_letters_app.command()(explain.explain)
dead_letters_app.command(epilog=replay.EXAMPLES)(replay.replay)
dead_letters_app.command("edit", epilog=edit.EXAMPLES)(edit.edit_dead_letter)
dead_letters_app.command("discard")(discard.discard_dead_letters)
dead_letters_app.command("export")(export_import.export_dead_letters)
dead_letters_app.command("import")(export_import.import_dead_letters)

__all__ = ["dead_letters_app"]
