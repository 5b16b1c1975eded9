"""The events by which two routes files are compared: samples, files of a folder, or the dead letters of a stack."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from ingest.envelope import Envelope
from processor.alma.events import parse
from processor.errors import Permanent
from scripts.alma_client.samples import Sample, load_all
from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.service import DeadLetterService
from scripts.routes.explain import received_now

_SUFFIXES: Final = (".json", ".xml")


class ComparedEvent(NamedTuple):
    """An event to compare at a stage, with an envelope for each Alma profile. `event` is its event value or action.

    It has no envelope if it cannot be read.
    """

    name: str
    event: str
    stage: str
    envelopes: Sequence[Envelope]


def sample_events(samples: Sequence[Sample], stage: str, profiles: Sequence[str]) -> Iterator[ComparedEvent]:
    """Yield the samples: each at its own stage or else at `stage`, and from its own Alma profile or else from each."""
    for sample in samples:
        of = [sample.profile] if sample.profile else profiles
        yield _received(sample.name, sample.body, sample.stage or stage, of)


def folder_events(folder: Path, stage: str, profiles: Sequence[str]) -> list[ComparedEvent]:
    """Return the events of a folder: those of its index.yaml, or without one every JSON and XML file by its name.

    Raise ConfigurationError with every problem, and for a folder without events.
    """
    if (folder / "index.yaml").is_file():
        return list(sample_events(load_all(folder), stage, profiles))
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)
        found = [_received(path.name, path.read_bytes(), stage, profiles) for path in paths]
    except OSError as error:
        raise ConfigurationError(f"{error.filename} cannot be read: {error.strerror}.") from None
    if not found:
        raise ConfigurationError(f"{folder} has no events: neither an index.yaml nor files *.json and *.xml.")
    return found


def dead_letter_events(service: DeadLetterService) -> Generator[ComparedEvent]:
    """Yield all dead letters of a stack by ID, each once. Raise botocore's errors. Close the generator."""
    seen = set[str]()
    with closing(service.read(service.select(Filters()))) as reads:
        for read in reads:
            summary = read.summary
            if summary.copy_key not in seen:
                seen.add(summary.copy_key)
                envelopes = [read.envelope] if read.envelope else []
                yield ComparedEvent(summary.id, summary.event or summary.action, service.scope.stage, envelopes)


def _received(name: str, body: bytes, stage: str, profiles: Sequence[str]) -> ComparedEvent:
    received = received_now(body, "")  # once: a template can have the time, which must not differ by profile
    return ComparedEvent(name, _event(body), stage, [received._replace(profile=profile) for profile in profiles])


def _event(body: bytes) -> str:
    try:
        event = parse(body)
    except Permanent:
        return ""
    return event.event_value or event.action
