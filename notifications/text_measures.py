"""Measures texts in the units of services: UTF-16 units, UTF-8 bytes, and the parts of a text message (SMS).

The numbers of SMS are from "SMS character limits in AWS End User Messaging", AWS End User Messaging SMS User Guide. The
alphabet is that of 3GPP TS 23.038, sections 6.2.1 and 6.2.1.1.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Two septets each: an escape and the character.
GSM7_EXTENSION: Final = "\f^{}\\[~]|€"
_GSM7: Final = re.compile(f"[{re.escape(_BASIC + GSM7_EXTENSION)}]*")

# What one part holds, alone and as one of several, which share a header.
_SEPTETS: Final = (160, 153)
_UTF16_UNITS: Final = (70, 67)

_REPLACED: Final[dict[str, str]] = {
    "'": "‘’‚‛‹›`´′",  # noqa: RUF001 -- meant as they are, like those below
    '"': "“”„‟«»″",
    "-": "‐‑‒–—―−",  # noqa: RUF001
    " ": "\t\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "\n": "\u2028\u2029",
    "...": "…",
    "": "\xad\u200b\u2060\ufeff",  # invisible: places where a line may or may not break
}
_NORMALIZED: Final = str.maketrans({each: plain for plain, replaced in _REPLACED.items() for each in replaced})


def utf16_units(text: str) -> int:
    """Return the length in UTF-16 units: two for a character beyond U+FFFF."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """Return the length in bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def sms_parts(text: str) -> int:
    """Return the number of SMS that a text is sent and charged as.

    A text of the GSM-7 alphabet is counted in septets, with two for a character of the extension table, and any other
    text in UTF-16 units. No part ends inside a character.
    """
    if _GSM7.fullmatch(text):
        return _parts((2 if each in GSM7_EXTENSION else 1 for each in text), _SEPTETS)
    return _parts((2 if each > "\uffff" else 1 for each in text), _UTF16_UNITS)


def gsm7_normalized(text: str) -> str:
    """Return the text in GSM-7 if plain quotes, dashes, spaces and dots suffice for that, else the text unchanged.

    One other character anywhere makes the whole text UTF-16, and then nothing is gained by replacing the rest.
    """
    normalized = unicodedata.normalize("NFC", text).translate(_NORMALIZED)
    return normalized if _GSM7.fullmatch(normalized) else text


def _parts(sizes: Iterable[int], limits: tuple[int, int]) -> int:
    alone, one_of_several = limits
    total, parts, used = 0, 1, 0
    for size in sizes:
        total += size
        if used + size > one_of_several:
            parts, used = parts + 1, 0
        used += size
    return 1 if total <= alone else parts
