"""Make Alma events, reproducibly by seed: from the samples, with new ids and invented people, or with unusual bodies.

A listener must accept unusual bodies, because their signature is right. Their kinds are those that broke listeners,
queues or parsers.
"""

import json
import re
from collections.abc import Callable, Sequence
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


class OddBody(NamedTuple):
    """An unusual body. `content_type` is one with which API Gateway passes the bytes on unchanged."""

    kind: str
    body: bytes
    content_type: str


def odd_body(identifier: str, chance: Random) -> OddBody:
    """Return a body of a random kind, rarely the largest. Bodies with different ids differ."""
    [kind] = chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()])
    body = KINDS[kind][1](identifier)
    # With a text type, API Gateway replaces bytes that are not UTF-8, which invalidates the signature.
    return OddBody(kind, body, "application/octet-stream" if kind == _NOT_UTF8 else "application/json")


def _holding(oddity: bytes) -> Callable[[str], bytes]:
    """Return a function that makes an event with these bytes in the middle of a string."""
    return lambda identifier: _event(identifier, "¤").replace("¤".encode(), oddity)


def _event(identifier: str, text: str) -> bytes:
    event = {"value": "BIB_UPDATED", "desc": "BIB updated"}
    institution = {"value": "01EXAMPLE_INST", "desc": "Example University Library"}
    members = {"id": identifier, "action": "BIB", "institution": institution, "event": event, "bib": {"title": text}}
    return json.dumps(members, ensure_ascii=False).encode()


def _nested(identifier: str) -> bytes:
    depth = 10_000
    return f'{{"id":"{identifier}","action":"BIB","bib":{"[" * depth}{"]" * depth}}}'.encode()


_NOT_UTF8: Final = "invalid-utf-8"
KINDS: Final[dict[str, tuple[int, Callable[[str], bytes]]]] = {
    "nul": (6, _holding(b"\0")),
    _NOT_UTF8: (6, _holding(b"\xff\xfe\xc3")),
    "u-fffe": (6, _holding("\ufffe".encode())),
    "bom": (6, lambda identifier: b"\xef\xbb\xbf" + _event(identifier, "After a byte order mark")),
    "not-json": (6, lambda identifier: f"This is no JSON, {identifier}.\r\n".encode()),
    "deep-nesting": (6, _nested),
    "300-kb": (3, lambda identifier: _event(identifier, "Much. " * 50_000)),
    "1200-kb": (1, lambda identifier: _event(identifier, "Much. " * 200_000)),
}
