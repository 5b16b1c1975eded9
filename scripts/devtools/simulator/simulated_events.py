"""Make Alma events from the samples, with new ids and invented people, reproducibly by seed."""

import re
from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from processor.alma.events import parse
from scripts.alma_client.samples import Sample
from scripts.cli.exit_codes import ConfigurationError

# Alma's ids and barcodes: numbers longer than any year, date or duration.
_OWN: Final = re.compile(rb"(invented-(?:patron|staff)-)[0-9]+|[0-9]{10,}")
_NUMBER_DIGITS: Final = 9
_DIGITS: Final = "0123456789"


class Source(NamedTuple):
    """A sample to make events from. `event` is its event value or action, `identifier` its `id`."""

    name: str
    family: str
    event: str
    body: bytes
    identifier: bytes

    @classmethod
    def of(cls, sample: Sample) -> "Source":
        """Return the source for a sample."""
        event = parse(sample.body)
        called = event.event_value or event.action
        return cls(sample.name, event.action, called, sample.body, (event.id or "").encode())

    @property
    def is_xml(self) -> bool:
        """Whether the body is XML; otherwise it is JSON."""
        return self.body.startswith(b"<")

    @property
    def content_type(self) -> str:
        """The content type of the posts."""
        return "application/xml" if self.is_xml else "application/json"


class Share(NamedTuple):
    """The relative weight of events made from these sources."""

    weight: float
    sources: Sequence[Source]


def parse_mix(text: str, sources: Sequence[Source]) -> list[Share]:
    """Return the shares for NAME=WEIGHT,NAME,…; the default weight is 1. Raise ConfigurationError.

    A name is that of a family (an action; JSON samples only) or of a sample.
    """
    return [_share(part.strip(), sources) for part in text.split(",")]


def _share(text: str, sources: Sequence[Source]) -> Share:
    name, is_weighted, weight = text.partition("=")
    found = [each for each in sources if each.name == name or (each.family == name and not each.is_xml)]
    if not found:
        families = ", ".join(dict.fromkeys(each.family for each in sources))
        raise ConfigurationError(f"--mix: unknown name {name!r}; pass names of samples, or of the families {families}.")
    weight = weight if is_weighted else "1"
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", weight) or not float(weight):
        raise ConfigurationError(f"--mix: invalid weight {weight!r} of {name}; it must be a number above 0.")
    return Share(float(weight), found)


class EventMaker:
    """Makes the events of one seed."""

    def __init__(self, shares: Sequence[Share], seed: int) -> None:
        self._shares = shares
        self._weights = [share.weight for share in shares]
        self._seed = seed
        # An id is this prefix and the number of the event, so ids differ between seeds and between events.
        self._lead = "9" + "".join(Random(f"{seed}/ids").choices(_DIGITS, k=30))  # noqa: S311 -- made-up ids are no secrets

    def make(self, number: int) -> tuple[Source, bytes]:
        """Return the source and the body of the event with this number."""
        chance = Random(f"{self._seed}/event/{number}")  # noqa: S311 -- as above
        [share] = chance.choices(self._shares, self._weights)
        source = chance.choice(share.sources)
        return source, self._fresh(source, number, chance)

    def identifier(self, number: int, length: int = 18) -> str:
        """Return the id, `length` digits long, of the event with this number."""
        return f"{self._lead[: length - _NUMBER_DIGITS]}{number:0{_NUMBER_DIGITS}}"

    def _fresh(self, source: Source, number: int, chance: Random) -> bytes:
        """Return the bytes of the source with other ids and people, replaced consistently."""
        others = {source.identifier: self.identifier(number, len(source.identifier)).encode()}

        def other(found: re.Match[bytes]) -> bytes:
            person, old = found[1], found[0]
            if old not in others:
                digits = "".join(chance.choices(_DIGITS, k=6 if person else len(old) - 1))
                others[old] = (person or b"2") + digits.encode()
            return others[old]

        return _OWN.sub(other, source.body)
