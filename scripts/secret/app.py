"""The commands `alma-webhooks secret …`, assembled."""

from scripts.secret import delete_command
from scripts.secret.commands import secret_app

secret_app.command("delete")(delete_command.delete)

__all__ = ["secret_app"]
