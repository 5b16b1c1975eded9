"""The invented library of the browser tests and the pictures: the complete example, with notifications."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.end_to_end.projects import ROUTES, ProjectFolder
from tests.end_to_end.running import Running
from tests.end_to_end.stack import Stack, watched

_NOTIFYING: Final = """
  - name: job-notifications
    when: {action: [JOB_END]}
    let: {job: "{{ job_instance.name }}"}
    deliver:
      - notification: library/jobs
"""
_TOPICS: Final = """
channels:
  library:
    jobs:
      integrations:
        - {name: team, type: slack, model: "*$job* ended", configuration: {url: {ssm: slack-team}}}
        - name: desk
          type: email
          model: "$job ended"
          configuration: {from: alma@library.example, to: [desk@library.example], subject: "{{ job }}"}
"""


@contextmanager
def library(folder: Path, *options: str) -> Iterator[Stack]:
    """Run the pipeline of the library on an emulator, and open its stack."""
    project = ProjectFolder.create(folder / "library", ROUTES.read_text("utf-8") + _NOTIFYING)
    project.set(notifications=True)
    (project.path / "notifications.yaml").write_text(_TOPICS, "utf-8")
    arguments = ("--port", "0", "--project", str(project.path), *options)
    with Running(folder, *arguments) as started, watched(started) as stack:
        yield stack
