"""Report the check of a routes file: its problems, warnings and permissions as JSON data and lines."""

from pathlib import Path
from typing import Any

from scripts.cli.plural import plural
from scripts.routes.check import permissions
from scripts.routes.checked_routes import CheckedRoutes


def check_report(routes: Path, checked: CheckedRoutes, files: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the JSON data and the lines. `files` are the problems of the other files of the folder.

    Permissions are shown only if the routes can be deployed.
    """
    needed = permissions(checked.compiled) if checked.compiled and not checked.problems else []
    data = {
        "file": str(routes),
        "problems": [vars(problem) for problem in checked.problems],
        "warnings": [vars(warning) for warning in checked.warnings],
        "files": files,
        "permissions": [permission._asdict() for permission in needed],
    }
    return data, [*(f"{routes}: {each}" for each in [*checked.problems, *checked.warnings, *needed]), *files]


def summary_line(routes: Path, checked: CheckedRoutes) -> str:
    """Return the line after a check without problems."""
    count = len(checked.compiled.routes) if checked.compiled else 0
    ends = ["no problems", *([plural(len(checked.warnings), "warning")] if checked.warnings else [])]
    return f"{routes}: {', '.join([plural(count, 'route'), *ends])}"
