"""Alma's events, made fresh from the samples: own ids, invented people, equal for an equal seed. Posts nothing."""

import re
from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from processor.alma.events import parse
from scripts.alma_client.samples import Sample
from scripts.cli.exit_codes import ConfigurationError

# Longer than a year, a date or a length of time: Alma's ids and barcodes.
_OWN: Final = re.compile(rb"(invented-(?:patron|staff)-)[0-9]+|[0-9]{10,}")
_NUMBER_DIGITS: Final = 9
_DIGITS: Final = "0123456789"


class Source(NamedTuple):
    """A sample that events are made from. `event` is how people call it, `identifier` its own `id`."""

    name: str
    family: str
    event: str
    body: bytes
    identifier: bytes

    @classmethod
    def of(cls, sample: Sample) -> "Source":
        """The source that a sample is."""
        event = parse(sample.body)
        called = event.event_value or event.action
        return cls(sample.name, event.action, called, sample.body, (event.id or "").encode())

    @property
    def is_xml(self) -> bool:
        """Whether its bodies are XML; else they are JSON."""
        return self.body.startswith(b"<")

    @property
    def content_type(self) -> str:
        """What the bodies are posted as."""
        return "application/xml" if self.is_xml else "application/json"


class Share(NamedTuple):
    """How often, against the other shares, an event is made from one of these sources."""

    weight: float
    sources: Sequence[Source]


def parse_mix(text: str, sources: Sequence[Source]) -> list[Share]:
    """The shares that NAME=WEIGHT,NAME,… asks for; without a weight it is 1. Raises ConfigurationError.

    A name is a family's (an action, of the samples in JSON) or a sample's.
    """
    return [_share(part.strip(), sources) for part in text.split(",")]


def _share(text: str, sources: Sequence[Source]) -> Share:
    name, is_weighted, weight = text.partition("=")
    found = [each for each in sources if each.name == name or (each.family == name and not each.is_xml)]
    if not found:
        families = ", ".join(dict.fromkeys(each.family for each in sources))
        raise ConfigurationError(f"--mix names {name!r}; it takes samples by name, and the families {families}.")
    weight = weight if is_weighted else "1"
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", weight) or not float(weight):
        raise ConfigurationError(f"--mix gives {name} the weight {weight!r}; it must be a number above 0.")
    return Share(float(weight), found)


class EventMaker:
    """Makes the events of one seed."""

    def __init__(self, shares: Sequence[Share], seed: int) -> None:
        self._shares = shares
        self._weights = [share.weight for share in shares]
        self._seed = seed
        # Two seeds share no id, nor do two numbers: each id is this and the event's number.
        self._lead = "9" + "".join(Random(f"{seed}/ids").choices(_DIGITS, k=30))  # noqa: S311 -- made-up ids are no secrets

    def make(self, number: int) -> tuple[Source, bytes]:
        """The event of this number: what it was made from, and its body."""
        chance = Random(f"{self._seed}/event/{number}")  # noqa: S311 -- as above
        [share] = chance.choices(self._shares, self._weights)
        source = chance.choice(share.sources)
        return source, self._fresh(source, number, chance)

    def identifier(self, number: int, length: int = 18) -> str:
        """The id of the event of this number, so many digits long."""
        return f"{self._lead[: length - _NUMBER_DIGITS]}{number:0{_NUMBER_DIGITS}}"

    def _fresh(self, source: Source, number: int, chance: Random) -> bytes:
        """The source's bytes with other ids and people; what was equal stays equal, all else stays as it is."""
        others = {source.identifier: self.identifier(number, len(source.identifier)).encode()}

        def other(found: re.Match[bytes]) -> bytes:
            person, old = found[1], found[0]
            if old not in others:
                digits = "".join(chance.choices(_DIGITS, k=6 if person else len(old) - 1))
                others[old] = (person or b"2") + digits.encode()
            return others[old]

        return _OWN.sub(other, source.body)
