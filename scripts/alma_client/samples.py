"""The sample events of a folder, and what the routes should do with them."""

import json
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from processor.alma.events import parse
from processor.alma.xml_body import looks_like_xml
from scripts.alma_client.changed_body import new_id
from scripts.alma_client.sample_entries import Expectation, read_entries
from scripts.alma_client.sample_index import FOLDER
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural


class Sample(NamedTuple):
    """The body of an event, as in its file.

    `profile` is its own profile, if the event does not come from Alma. `stage` is empty if the entry names none.
    """

    name: str
    body: bytes
    expect: Expectation
    profile: str = ""
    stage: str = ""

    @property
    def event(self) -> str:
        """The event value, or the action if there is none."""
        event = parse(self.body)
        return event.event_value or event.action

    @property
    def format(self) -> str:
        """The format of the body: `xml` or `json`."""
        return "xml" if looks_like_xml(self.body) else "json"

    def runs_at(self, stage: str) -> bool:
        """Return whether its expectation holds at this stage: its own, or any stage if it names none."""
        return self.stage in ("", stage)

    def fresh(self) -> "Sample":
        """Return the same event with another `id` of equal length, so that it is no duplicate to the stack."""
        identifier = parse(self.body).id or ""
        if not (identifier.isascii() and identifier.isdecimal()):
            return self
        other = new_id(identifier)
        deliveries = [
            each.model_copy(update={"input": json.loads(json.dumps(each.input).replace(identifier, other))})
            for each in self.expect.deliveries
        ]
        body = self.body.replace(identifier.encode(), other.encode())
        return self._replace(body=body, expect=self.expect.model_copy(update={"deliveries": deliveries}))


class ReadSamples(NamedTuple):
    """The samples of a folder in the order of its index, and the problems of the index and of the files."""

    samples: list[Sample]
    problems: list[str]


def read_samples(folder: Path) -> ReadSamples:
    """Read a folder of samples. What cannot be read is a problem: a sentence with file and line."""
    index = folder / "index.yaml"
    entries, lines, problems = read_entries(index)
    samples = []
    for name, entry in entries.items():
        try:
            body = (folder / entry.file).read_bytes()
        except OSError as error:
            problems.append(
                f"{index}:{lines[name]}: {name}.file: {folder / entry.file} cannot be read: {error.strerror}"
            )
        else:
            samples.append(Sample(name, body, entry.expect, entry.profile, entry.stage))
    return ReadSamples(samples, problems)


def load_all(folder: Path = FOLDER) -> list[Sample]:
    """Return all samples in the order of index.yaml. Raise ConfigurationError with every problem."""
    samples, problems = read_samples(folder)
    if problems:
        raise ConfigurationError(f"{folder} has {plural(len(problems), 'problem')}; no sample can be used.", problems)
    return samples


def load_with_shipped(folder: Path = FOLDER) -> list[Sample]:
    """Return the samples of the folder, and after them the shipped ones with other names. Raise ConfigurationError."""
    own = load_all(folder)
    names = {sample.name for sample in own}
    return own + [sample for sample in load_all() if sample.name not in names]


def body_of(name_or_file: str, folder: Path = FOLDER) -> bytes:
    """Return the bytes of a file (-: standard input), else of the sample with that name.

    A sample of the folder goes before a shipped one. Raise ConfigurationError.
    """
    path = Path(name_or_file)
    try:
        if name_or_file == "-":
            return sys.stdin.buffer.read()
        if path.exists():
            return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The file {name_or_file} cannot be read: {error.strerror}.") from None
    samples = {sample.name: sample.body for sample in load_with_shipped(folder)}
    if name_or_file not in samples:
        near = get_close_matches(name_or_file, samples, n=3)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise ConfigurationError(
            f"No file or sample {name_or_file} found. {hint}List all samples with alma-webhooks routes samples."
        )
    return samples[name_or_file]
