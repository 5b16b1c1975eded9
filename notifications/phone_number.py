"""Phone numbers in the form of E.164. No number without a country is guessed: it could reach a stranger."""

import re
from typing import Final

# With the shortest numbers that exist.
_E164: Final = re.compile(r"\+[1-9][0-9]{7,14}")

# What people write between the digits of an international number ("Notation for telephone numbers", ITU-T E.123).
# Brackets are not among them: (0) is not dialled with the country code.
_SEPARATORS: Final = str.maketrans(dict.fromkeys(" \u00a0-./"))


def is_e164(text: str) -> bool:
    """Return whether this is a number with + and the country, and nothing else."""
    return _E164.fullmatch(text) is not None


def e164(text: str) -> str:
    """Return a number with + and the country without separators, or an empty text if it has another form."""
    number = text.strip().translate(_SEPARATORS)
    return number if is_e164(number) else ""
