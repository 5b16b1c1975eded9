"""Compare the deployed routes with those of the project's folder: by route, by line, and by what events do."""

import difflib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from processor.routing.compiled_routes import CompiledRoutes
from scripts.alma_client.samples import Sample
from scripts.aws.context import StackContext
from scripts.cli.exit_codes import ConfigurationError
from scripts.project.mistakes import text_of
from scripts.route_diff.events import ComparedEvent, sample_events
from scripts.route_diff.service import RoutesComparison, RoutesDifference, compare
from scripts.route_diff.sides import DEPLOYED, alma_profiles, read_sides
from scripts.routes.judged_routes import deployed_routes

_MOST_LINES: Final = 2_000
_CONTEXT: Final = 3


class RouteBeside(NamedTuple):
    """A route by name: whether each side has it, and whether both are the same."""

    name: str
    is_deployed: bool
    is_in_folder: bool
    is_same: bool

    @property
    def verdict(self) -> str:
        """What a deployment would do with the route, as one word."""
        if self.is_same:
            return "same"
        return "changed" if self.is_deployed and self.is_in_folder else "removed" if self.is_deployed else "added"


class SameDifference(NamedTuple):
    """Events for which the same differs, by name; `profiles` are the Alma profiles if it depends on them."""

    events: list[str]
    profiles: list[str]
    difference: RoutesDifference


class RoutesBeside(NamedTuple):
    """The deployed text, the folder's file, and their difference; without a folder the text alone.

    `lines` begin as those of `diff -u`. With a `problem`, which has `details`, the routes were not compared.
    """

    deployed: str
    file: Path | None
    routes: tuple[RouteBeside, ...] = ()
    lines: tuple[str, ...] = ()
    comparison: RoutesComparison | None = None
    problem: str = ""
    details: tuple[str, ...] = ()

    @property
    def differences(self) -> list[SameDifference]:
        """The differences of the compared events; those that are the same are one."""
        found = list[SameDifference]()
        for each in self.comparison.differences if self.comparison else []:
            same = next((one for one in found if one[1:] == (each.profiles, each.difference)), None)
            if same:
                same.events.append(each.known.name)
            else:
                found.append(SameDifference([each.known.name], each.profiles, each.difference))
        return found


def routes_beside(
    scope: StackContext, file: Path | None, samples: list[Sample], check: Callable[[], None]
) -> RoutesBeside:
    """Read both sides and compare them by the samples. `check` is called for each sample and may end it with an error.

    Raise DeployedRoutesUnknownError if the deployed routes cannot be read. Mistakes in a file are a problem of the
    result.
    """
    deployed = deployed_routes(scope.aws.s3, scope.stack.outputs)
    if file is None:
        return RoutesBeside(deployed, None)
    lines: tuple[str, ...] = ()
    try:
        lines = tuple(islice(_difference(deployed, text_of(file)), _MOST_LINES))
        old, new = read_sides(DEPLOYED, str(file), scope)
    except ConfigurationError as error:
        return RoutesBeside(deployed, file, lines=lines, problem=str(error), details=error.details)
    events = _checked(sample_events(samples, scope.stage, alma_profiles(old, new)), check)
    found = compare(events, old, new)
    return RoutesBeside(deployed, file, tuple(_by_name(old.compiled, new.compiled)), lines, found)


def _difference(old: str, new: str) -> Iterator[str]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=_CONTEXT, lineterm="")
    return islice(lines, 2, None)  # without the names of the files


def _by_name(old: CompiledRoutes, new: CompiledRoutes) -> Iterator[RouteBeside]:
    """Yield the routes of the folder in their order, then those that only the deployed file has."""
    deployed, folder = ({each.route.name: each.route for each in side.routes} for side in (old, new))
    for name in dict.fromkeys([*folder, *deployed]):
        is_same = name in deployed and name in folder and deployed[name] == folder[name]
        yield RouteBeside(name, name in deployed, name in folder, is_same)


def _checked(events: Iterator[ComparedEvent], check: Callable[[], None]) -> Iterator[ComparedEvent]:
    for event in events:
        check()
        yield event
