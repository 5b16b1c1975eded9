"""Measures the peak memory of a call, and generates bodies that are cheap to send and expensive to parse."""

import sys
import tracemalloc
from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

# Bytes that a first call may keep for later calls; bodies are far larger.
FREE_BYTES: Final = 100_000

_SIZE: Final = 24_000


class Body(bytes):
    """A body whose representation in a failed test is only its beginning and end."""

    def __repr__(self) -> str:
        """Return the first and last bytes."""
        return f"Body({self[:80]!r} … {self[-40:]!r}, {len(self):,} bytes)"


def peak_of(call: Callable[[], object]) -> int:
    """Return the largest number of bytes that Python had allocated during a call."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def calls_in(call: Callable[[], object]) -> int:
    """Return how many Python and C functions were called."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(None)
    return counted


def repeated(unit: str, size: int = _SIZE) -> str:
    """Repeat the unit until the text has this size; `%d` in it becomes a different number each time."""
    count = max(1, size // (len(unit) + 2 * ("%d" in unit)))
    return "".join(unit % number for number in range(count)) if "%d" in unit else unit * count


def nested(opening: str, closing: str, innermost: str = "", levels: int = 190) -> str:
    """Return a unit that is nested nearly as deeply as the parsers allow."""
    return opening * levels + innermost + closing * levels


_XML_UNITS: Final = (
    *("<a/>", "<a%d/>", "<p:a/>", "<p:a%d/>", '<a b=""/>', '<p:a p:b=""/>', "<a><b/></a>", "<as><a/></as>", "x<b/>"),
    *(
        "<record/>",
        "<p:record/>",
        "<p:record><p:a/></p:record>",
        "\n",
        "&#10;",
        "é",
        "<!---->",
        "<?x?>",
        "<![CDATA[]]>",
    ),
    *(nested("<a>", "</a>"), nested("<p:a>", "</p:a>"), nested("<a b=''>", "</a>"), '<a xmlns:q="u"/>'),
)
_XML_PARENTS: Final = ("<x>{}</x>", "<p:x>{}</p:x>", "<bib>{}</bib>", "<bib><record>{}</record></bib>", "{}")
_ATTRIBUTES: Final = (
    ' a%d=""',
    ' p:a%d=""',
    ' xmlns:a%d="u"',
    ' xmlns:a%d="http://www.w3.org/2001/XMLSchema-instance"',
)

_JSON_UNITS: Final = (
    *("[]", "{}", "0", "1e5", '""', '"é"', '"\U0001f600"', '"\\u0000"', "null", '{"":0}', '{"a":[]}', '{"n%d":0}'),
    *(nested("[", "]"), nested("[0,", "]", "0"), nested('{"":', "}", "0"), "9" * 4000),
)


@st.composite
def _xml(draw: st.DrawFn) -> str:
    """Draw XML whose namespaces have long names, with one construct repeated very often."""
    namespace = "u" * draw(st.sampled_from([1, 500, _SIZE]))
    inside = draw(st.sampled_from(_XML_PARENTS)).format(repeated(draw(st.sampled_from(_XML_UNITS))))
    attributes = repeated(draw(st.sampled_from(_ATTRIBUTES)), draw(st.sampled_from([0, _SIZE])))
    names = draw(st.sampled_from(['xmlns:p="{}"', 'xmlns="{0}" xmlns:p="{0}"'])).format(namespace)
    return f"<r {names}><action>LOAN</action><y{attributes}>{inside}</y>{inside}</r>"


@st.composite
def _json(draw: st.DrawFn) -> str:
    """Draw JSON with one construct repeated very often."""
    unit = draw(st.sampled_from(_JSON_UNITS))
    return f'{{"action":"LOAN","x":[{repeated(unit + ",")}{draw(st.sampled_from(_JSON_UNITS))}]}}'.replace("n%d", "n")


COSTLY_XML: Final = _xml().map(lambda text: Body(text.encode()))
COSTLY_JSON: Final = _json().map(lambda text: Body(text.encode()))
