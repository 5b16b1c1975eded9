"""Compare the Alma profiles that routes name with those that the project's stages serve."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from processor.routing.compiled_routes import CompiledRoute
from scripts.project import folder
from scripts.project.mistakes import suggestion
from scripts.routes.known_names import CatalogueFinding

UNKNOWN_PROFILE: Final = "unknown-profile"
NO_PROFILES: Final = "no-profiles"

Profiles = Sequence[Sequence[str]]
"""The Alma profiles of each stage."""


def profiles_beside(routes: Path) -> Profiles:
    """Return the profiles that the project of a routes file serves; none for a file outside of a project.

    Raise ConfigurationError for an alma-webhooks.yaml with mistakes.
    """
    path = routes.parent / folder.FILE
    return [stage.alma_profiles for stage in folder.read(path).stages.values()] if path.is_file() else []


def in_profiles(compiled: CompiledRoute, profiles: Profiles) -> Iterator[CatalogueFinding]:
    """Find profiles that no stage serves, and a route that starts a state machine for every profile of several."""
    known = {name for stage in profiles for name in stage}
    for number, name in enumerate(compiled.route.profiles or ()):
        if known and name not in known:
            reason = f"no stage of {folder.FILE} has the Alma profile {name}{suggestion(name, known)}"
            yield CatalogueFinding(("profiles", number), UNKNOWN_PROFILE, reason)
    several = next((stage for stage in profiles if len(stage) > 1), None)
    starts = any(entry.kind == "state_machine" for entry in compiled.route.deliver)
    if several and starts and compiled.route.profiles is None:
        reason = f"events of each profile ({', '.join(several)}) start it; list those that may under profiles"
        yield CatalogueFinding(("name",), NO_PROFILES, reason)
