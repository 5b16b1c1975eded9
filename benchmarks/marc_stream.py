"""An invented MARCXML collection of any number of records, as a stream that is made while it is read."""

import random
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

_BEGIN: Final = b'<?xml version="1.0" encoding="UTF-8"?><collection xmlns="http://www.loc.gov/MARC21/slim">'
_END: Final = b"</collection>"
_DISTINCT: Final = 500
_CHARACTERS: Final = "abcdefghijklmnopqrstuvwxyzäöüéß漢字"
_TAGS: Final = ("100", "245", "260", "300", "490", "500", "505", "520", "650", "650", "650", "700", "700", "830", "AVA")
_AT_ONCE: Final = 20


class MarcStream:
    """A stream of that many records of about 3 kB. `report` gets their number now and then, as they are made."""

    def __init__(self, count: int, report: Callable[[int], None] = lambda _: None) -> None:
        self._pieces = chain([_BEGIN], _records(count, report), [_END])
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes, and none only at the end."""
        data = self._rest or next(self._pieces, b"")
        self._rest = data[size:] if size >= 0 else b""
        return data[:size] if size >= 0 else data

    def close(self) -> None:
        """Do nothing; the parser of the standard library calls it."""


def _records(count: int, report: Callable[[int], None]) -> Iterator[bytes]:
    distinct = [_record(random.Random(seed)) for seed in range(min(count, _DISTINCT))]  # noqa: S311 -- no secret
    for first in range(0, count, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, count))
        yield b"".join(b"%b%09d%b" % (begin, n, end) for n in numbers for begin, end in [distinct[n % len(distinct)]])
        report(numbers[-1] + 1)


def _record(chance: random.Random) -> tuple[bytes, bytes]:
    """Return what is before and after the control number of a record."""
    fields = "".join(
        f'<datafield tag="{tag}" ind1=" " ind2="0"><subfield code="a">{_text(chance, 8)}</subfield>'
        f'<subfield code="b">{_text(chance, 4)} &amp; {_text(chance, 2)}</subfield></datafield>'
        for tag in _TAGS
    )
    begin = '<record><leader>00000nam a2200000 a 4500</leader><controlfield tag="001">'
    end = f'</controlfield><controlfield tag="008">260101s2026    xx     000 0 eng d</controlfield>{fields}</record>'
    return begin.encode(), end.encode()


def _text(chance: random.Random, words: int) -> str:
    return " ".join("".join(chance.choices(_CHARACTERS, k=chance.randint(2, 11))) for _ in range(words))
