"""Project folders of the tests, written and edited as a library writes and edits its own."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import yaml

from scripts.cli.product_files import PROJECT as PRODUCT
from scripts.project.folder import FILE, VARIABLE

NAME: Final = "library"
"""The name of the projects, which their stacks carry in their mark."""

EXAMPLE: Final = PRODUCT / "examples" / "complete"
ROUTES: Final = EXAMPLE / "routes.yaml"

# Tests of alarms need all of them.
_STAGE: Final[Mapping[str, Any]] = {"alma_profiles": ["alma"], "alarms": "full"}


class ProjectFolder:
    """A project with the stage dev. Every change is written to its files at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(
        cls,
        path: Path,
        routes: str | None = None,
        profiles: tuple[str, ...] = ("alma",),
        parameters: Mapping[str, str | int] | None = None,
        name: str = NAME,
    ) -> Self:
        """Write a new folder, with these routes or with those of the complete example and its state machines."""
        path.mkdir(parents=True, exist_ok=True)
        shutil.copytree(EXAMPLE / "state-machines", path / "state-machines", dirs_exist_ok=True)
        stage = {**_STAGE, "alma_profiles": [*profiles], "parameters": dict(parameters or {})}
        made = cls(path)
        _write(made.path / FILE, {"schema": 1, "name": name, "stages": {"dev": stage}})
        made.routes = ROUTES.read_text("utf-8") if routes is None else routes
        return made

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which commands use this project."""
        return {VARIABLE: str(self.path)}

    @property
    def routes_path(self) -> Path:
        """The path of routes.yaml."""
        return self.path / "routes.yaml"

    @property
    def routes(self) -> str:
        """The text of routes.yaml."""
        return self.routes_path.read_text("utf-8")

    @routes.setter
    def routes(self, text: str) -> None:
        self.routes_path.write_text(text, "utf-8")

    @property
    def topics(self) -> list[str]:
        """The topics in routes.yaml."""
        return [*yaml.safe_load(self.routes).get("topics", [])]

    @topics.setter
    def topics(self, names: list[str]) -> None:
        _write(self.routes_path, {**yaml.safe_load(self.routes), "topics": names})

    @property
    def route_names(self) -> list[str]:
        """The names of the routes."""
        return [route["name"] for route in yaml.safe_load(self.routes)["routes"]]

    def replace_route(self, name: str, **members: Any) -> None:
        """Change members of the route with this name."""
        data = yaml.safe_load(self.routes)
        data["routes"] = [route | members if route["name"] == name else route for route in data["routes"]]
        _write(self.routes_path, data)

    def declare_state_machine(self, name: str, **declaration: Any) -> None:
        """Declare a state machine in routes.yaml, instead of one of this name."""
        data = yaml.safe_load(self.routes)
        data["state_machines"] = {**data.get("state_machines", {}), name: declaration}
        _write(self.routes_path, data)

    @property
    def stage(self) -> dict[str, Any]:
        """The settings of the stage dev."""
        return dict(yaml.safe_load((self.path / FILE).read_text("utf-8"))["stages"]["dev"])

    def set(self, **settings: Any) -> None:
        """Change settings of the stage dev; None removes one."""
        path = self.path / FILE
        data = yaml.safe_load(path.read_text("utf-8"))
        merged = {**data["stages"]["dev"], **settings}
        data["stages"]["dev"] = {name: value for name, value in merged.items() if value is not None}
        _write(path, data)

    def set_parts(self, parts: Mapping[str, Any]) -> None:
        """Set the further parts of the project."""
        path = self.path / FILE
        _write(path, {**yaml.safe_load(path.read_text("utf-8")), "parts": dict(parts)})

    def add_topic(self, name: str) -> None:
        """Add a topic to routes.yaml."""
        self.topics = [*self.topics, name]

    def add_profile(self, name: str) -> None:
        """Add an Alma profile to the stage dev."""
        self.set(alma_profiles=[*self.stage["alma_profiles"], name])

    def set_alarm_email(self, address: str) -> None:
        """Set who gets the alarms of the stage dev."""
        self.set(alarm_email=address)

    def set_parameter(self, name: str, value: str) -> None:
        """Set one template parameter, besides those that are set."""
        self.set_parameters(**{name: value})

    def set_parameters(self, **parameters: str | int) -> None:
        """Set template parameters besides those that are set."""
        self.set(parameters={**self.stage["parameters"], **parameters})


def _write(path: Path, data: Any) -> None:
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), "utf-8")
