"""Read the two routes files that are compared: a file, standard input, or the one that a stack runs."""

import sys
from itertools import chain, count
from pathlib import Path
from typing import Final, NamedTuple

from processor.routing import models
from processor.routing.bodies import bodies_of
from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.models import InvalidRoutesError
from scripts.aws.context import StackContext
from scripts.aws.parameters import listed
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural
from scripts.project.mistakes import text_of
from scripts.routes.check import compile_checked, declared_names
from scripts.routes.explain import TargetNames
from scripts.routes.judged_routes import DeployedRoutesUnknownError, deployed_routes

STDIN: Final = "-"
DEPLOYED: Final = "deployed"

_UNDECLARED: Final = (
    " It declares no topics and state machines, as the files of earlier versions: add topics and state_machines to a "
    "copy of it."
)
_EARLIER: Final = " If an earlier version accepted it, the format has changed since: correct a copy of it."


class RoutesSide(NamedTuple):
    """A routes file that is compared: its name for messages, its routes, and the names of its targets by kind."""

    name: str
    compiled: CompiledRoutes
    targets: TargetNames

    @property
    def fallbacks(self) -> frozenset[str]:
        """The names of its fallback routes."""
        return frozenset(each.route.name for each in self.compiled.routes if each.route.fallback)

    def body_keys(self, route: str) -> frozenset[str]:
        """Return the keys that the own bodies of a route have in the file, of those that are YAML mappings."""
        entries = (entry for each in self.compiled.routes if each.route.name == route for entry in each.route.deliver)
        own = (body for entry in entries for body in bodies_of(entry).values())
        return frozenset(key for body in own if isinstance(body, dict) for key in body)


def read_sides(old: str, new: str, scope: StackContext | None) -> tuple[RoutesSide, RoutesSide]:
    """Read both files; `-` is standard input, and `deployed` the file that the stack of `scope` runs.

    Raise ConfigurationError with every problem of the first invalid one, and DeployedRoutesUnknownError.
    """
    if old == new == STDIN:
        raise ConfigurationError("Standard input (-) can be read only once; name it once.")
    return _side(old, scope, is_old=True), _side(new, scope, is_old=False)


def alma_profiles(old: RoutesSide, new: RoutesSide) -> list[str]:
    """Return the Alma profiles that either file names under `profiles`, and one that neither names."""
    routes = [*old.compiled.routes, *new.compiled.routes]
    named = {name for each in routes for name in each.route.profiles or ()}
    names = chain(("alma",), (f"other-{number}" for number in count(1)))
    return [*sorted(named), next(name for name in names if name not in named)]


def _side(word: str, scope: StackContext | None, *, is_old: bool) -> RoutesSide:
    stack = scope.stack if scope and word == DEPLOYED else None
    names = {DEPLOYED: "the deployed routes file", STDIN: "standard input"}
    name, text = names.get(word, word), _text(word, scope)
    more = {"topic": listed(stack.outputs.get("Topics", "")), "state_machine": [*stack.state_machines]} if stack else {}
    try:
        compiled = compile_checked(text, more)
    except InvalidRoutesError as error:
        advice = _advice(text, error) if is_old else ""
        raise ConfigurationError(
            f"{name} has {plural(len(error.problems), 'problem')}; nothing was compared.{advice}",
            [f"{name}: {problem}" for problem in error.problems],
        ) from None
    declared = declared_names(compiled.file.routes)
    return RoutesSide(name, compiled, {kind: names | {*more.get(kind, ())} for kind, names in declared.items()})


def _text(word: str, scope: StackContext | None) -> str:
    if word == DEPLOYED and scope:
        try:
            return deployed_routes(scope.aws.s3, scope.stack.outputs)
        except DeployedRoutesUnknownError as error:
            raise DeployedRoutesUnknownError(f"The deployed routes cannot be read: {error}. Or name a file.") from None
    if word != STDIN:
        return text_of(Path(word))
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise ConfigurationError("Standard input cannot be read: it is not UTF-8.") from None


def _advice(text: str, error: InvalidRoutesError) -> str:
    """Return what to do about an invalid old file, which an earlier version may have accepted."""
    try:
        routes = models.read(text).routes
    except InvalidRoutesError:
        return _EARLIER
    is_undeclared = any("the stack has no" in problem.reason for problem in error.problems)
    return _UNDECLARED if is_undeclared and not (routes.topics or routes.state_machines) else _EARLIER
