"""The commands `alma-webhooks routes …`, completed here because `diff` reads dead letters, a feature above routes."""

from scripts.cli.flag_groups import expand
from scripts.route_diff.commands import diff
from scripts.routes.commands import routes_app as routes_app

routes_app.command("diff")(expand(diff))
