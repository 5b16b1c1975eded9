"""The sample events and their expected outcomes at stage dev."""

import json
import secrets
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from processor.alma.events import parse
from scripts.alma_client.sample_index import FOLDER, read_index
from scripts.cli.exit_codes import ConfigurationError


class Expectation(NamedTuple):
    """The expected outcome of a sample: `target` as in the outcome line (`topic:other`), `input` of an execution."""

    outcome: str
    route: str | None = None
    target: str | None = None
    input: dict[str, Any] | None = None


class Sample(NamedTuple):
    """The body of an event, as in its file. `profile`: its own profile, if the event does not come from Alma."""

    name: str
    body: bytes
    expect: Expectation
    profile: str = ""

    @property
    def event(self) -> str:
        """The event value, or the action if there is none."""
        event = parse(self.body)
        return event.event_value or event.action

    def fresh(self) -> "Sample":
        """Return the same event with another `id` of equal length, so that it is no duplicate to the stack."""
        identifier = parse(self.body).id or ""
        if not (identifier.isascii() and identifier.isdecimal()):
            return self
        other = str(secrets.choice("123456789")) + "".join(secrets.choice("0123456789") for _ in identifier[1:])
        expected = json.loads(json.dumps(self.expect.input).replace(identifier, other))
        body = self.body.replace(identifier.encode(), other.encode())
        return self._replace(body=body, expect=self.expect._replace(input=expected))


def load_all(folder: Path = FOLDER) -> list[Sample]:
    """Return all samples in the order of index.yaml. Raise ConfigurationError."""
    try:
        return [
            Sample(
                name, (folder / entry["file"]).read_bytes(), Expectation(**entry["expect"]), entry.get("profile", "")
            )
            for name, entry in read_index(folder).items()
        ]
    except OSError as error:
        raise ConfigurationError(f"The samples cannot be read: {error.filename}: {error.strerror}.") from None


def body_of(name_or_file: str, folder: Path = FOLDER) -> bytes:
    """Return the bytes of a file (-: standard input), else of the sample with that name. Raise ConfigurationError."""
    path = Path(name_or_file)
    try:
        if name_or_file == "-":
            return sys.stdin.buffer.read()
        if path.exists():
            return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The file {name_or_file} cannot be read: {error.strerror}.") from None
    samples = {sample.name: sample.body for sample in load_all(folder)}
    if name_or_file not in samples:
        near = get_close_matches(name_or_file, samples, n=3)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise ConfigurationError(
            f"No file or sample {name_or_file} found. {hint}List all samples with alma-webhooks routes samples."
        )
    return samples[name_or_file]
