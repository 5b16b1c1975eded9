"""Apply the changes of a project folder to a running pipeline, as `deploy` would."""

import time
from pathlib import Path

from scripts.cli.exit_codes import CommandError, ConfigurationError
from scripts.cli.output import notice, notices
from scripts.deploy.part_package import code_files
from scripts.local import pipeline
from scripts.local.part_programs import programs_of
from scripts.project import folder

_FileState = tuple[int, int] | None
"""The time and size of a file, which differ between versions; None for a missing file."""


def _state_of(path: Path) -> _FileState:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


class WatchedProject:
    """The files that a running pipeline was deployed from. Events in flight end by the routes they began with."""

    def __init__(self, planned: pipeline.RunPlan, running: pipeline.Pipeline) -> None:
        self._planned = planned
        self._running = running
        self._seen = self._states()

    def apply_changes(self) -> None:
        """Deploy again if a file has changed since the last call. Report files with mistakes, which change nothing."""
        states = self._states()
        if states == self._seen:
            return
        self._seen = states
        began = time.monotonic()
        try:
            self._apply()
        except CommandError as error:
            notices((*error.details, str(error)))
            notice("the routes of before stay in force")
        else:
            self._seen = {path: states.get(path, now) for path, now in self._states().items()}
            notice(f"changes applied after {time.monotonic() - began:.1f} s")

    def _apply(self) -> None:
        before, running = self._planned, self._running
        project = before.project._replace(file=folder.read(before.project.path))
        endpoint = running.emulator.endpoint_url
        planned = pipeline.plan(0, endpoint, before.profile, before.parameters, project, before.routes)
        notices(planned.warnings)
        if (planned.topics is None) != (running.notifications is None):
            raise ConfigurationError("To switch notifications on or off, stop the run and start it again.")
        if gone := before.project.file.parts.keys() - project.file.parts.keys():
            raise ConfigurationError(f"To remove the part {min(gone)}, stop the run and start it again.")
        pipeline.deploy(running.aws, planned, notice)
        if running.notifications is not None and planned.topics is not None:
            running.notifications.apply(planned.topics)
        if running.programs:
            running.programs.restart(programs_of(project, pipeline.STACK, pipeline.STAGE))
        self._planned = planned

    def _states(self) -> dict[Path, _FileState]:
        """Return the states of the files that were read, and of those that changed routes could name."""
        usual, project = self._planned.routes.parent / "state-machines", self._planned.project
        code = [path for part in project.file.parts.values() for path in code_files(project.folder, part)]
        return {path: _state_of(path) for path in sorted({*self._planned.files, *usual.glob("*"), *code})}
