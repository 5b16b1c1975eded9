"""The plan of a deployment that passed all checks."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from scripts.deploy import package
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.cost import CostChange
from scripts.deploy.destruction import Destruction
from scripts.deploy.differences import Difference
from scripts.deploy.removals import Removals
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import PARTS
from scripts.deploy.stack_part import StackPart
from scripts.deploy.state_machines import StateMachine
from scripts.routes.judged_routes import RoutesFileCopy


class DeploymentPlan(NamedTuple):
    """A deployment that passed all checks. `values` are the template parameters that the project or the command sets.

    `projects` are those whose stacks it may change, `differences` what it changes on a deployed stack, by name,
    `warnings` the lines of the warnings about the routes. `built_for` is what the zips are built for, None for the
    emulator. `parts` are deployed, and `unwanted` is deleted after that.
    """

    place: Place
    stage: str
    values: dict[str, str]
    profiles: list[str]
    without_secret: list[str]
    packages: list[package.Package]
    artefacts: Artefacts
    removals: Removals = Removals()
    abandon_data: bool = False
    state_machines: tuple[StateMachine, ...] = ()
    substitutions: Mapping[str, str] = {}
    projects: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    is_new: bool = False
    costs: CostChange | None = None
    built_for: package.ForLambda | None = None
    warnings: tuple[str, ...] = ()
    parts: tuple[StackPart, ...] = PARTS
    unwanted: Destruction | None = None

    @property
    def routes(self) -> RoutesFileCopy:
        """The routes file in the processor's zip."""
        return package.routes_in(self.packages)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about the zips."""
        return (self.built_for.note,) if self.built_for and self.built_for.note else ()

    @property
    def exit_code(self) -> int:
        """What --dry-run --exit-code exits with: 0 for no change, 4 for changes, 5 for changes with removals."""
        if self.removals.found:
            return 5
        return 4 if self.differences or self.is_new else 0

    def as_data(self) -> dict[str, Any]:
        """Return what would change as JSON data."""
        return {
            **self.place.facts_of_project(self.stage),
            "is_new": self.is_new,
            "is_compiled": bool(self.built_for.python) if self.built_for else None,
            "differences": [each._asdict() for each in self.differences],
            "monthly_usd": self.costs.as_data() if self.costs else None,
            "removals": [{"kind": each.kind, "name": each.name} for each in self.removals.found],
        }
