"""Record the session of the README on the emulator: `python -m scripts.devtools.recording.record FILE.svg`."""

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import typer

from scripts.aws import ports
from scripts.cli.exit_codes import CommandError
from scripts.devtools.recording.picture import RecordedCommand, picture_of
from scripts.devtools.recording.terminal_session import TerminalSession

TITLE: Final = "alma-webhooks"
_URL: Final = re.compile(r"Webhook URL:\s+('[^']+')")


class SessionStep(NamedTuple):
    """A command, and a text to wait for. `{url}` is the webhook URL that an earlier command printed."""

    command: str
    until: str = ""


SESSION: Final = (
    SessionStep("alma-webhooks init my-library --region eu-central-1"),
    SessionStep("cd my-library"),
    SessionStep("alma-webhooks routes add renewals --event LOAN_RENEWED"),
    SessionStep("alma-webhooks routes test"),
    SessionStep("alma-webhooks run &", until="serving"),
    SessionStep("alma-webhooks send renewals {url} --wait", until="LOAN_RENEWED"),
)


def record(folder: Path, port: int) -> list[RecordedCommand]:
    """Run the session in a folder, with the emulator on the port. Raise FailedError if a command fails."""
    recorded: list[RecordedCommand] = []
    with TerminalSession(folder, _environment(folder)) as session:
        for step in SESSION:
            url = _URL.search(recorded[-1].output) if recorded else None
            command = step.command.format(url=url[1] if url else "")
            # The picture has neither flag nor port: a reader's own run takes the default, which may be in use here.
            output = session.run(command.replace(" run ", f" run --port {port} "), step.until)
            recorded.append(RecordedCommand(command, output))
    return recorded


def _environment(home: Path) -> dict[str, str]:
    """Return the environment of a new user: no AWS configuration, and this installation's commands."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color", "TZ": "UTC"}


def main() -> None:
    """Record the session, and write its picture to the file that the argument names. Exit codes: 0 done, 1 failed."""
    port = ports.free(0)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary).resolve()
            names = {str(folder): "~", f"{ports.HOST}:{port}": f"{ports.HOST}:{ports.DEFAULT}"}
            Path(sys.argv[1]).write_text(picture_of(record(folder, port), TITLE, names), "utf-8")
    except CommandError as error:
        typer.echo(f"make recording: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
