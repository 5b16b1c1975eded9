"""E-mail addresses: the one parser of them, and texts for headers. Nothing here can add a header or a recipient."""

import re
from email.charset import BASE64, Charset
from typing import Final, NamedTuple, Self

# "Email addresses" in "SendEmail", Amazon SES API v2 Reference: ASCII only, a domain in Punycode. By RFC 5321, 4.5.3.1.
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_LABEL}(?:\.{_LABEL})+)")
_NAMED: Final = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
LONGEST_ADDRESS, LONGEST_LOCAL_PART, LONGEST_NAME = 254, 64, 128

# C0 and C1 controls, and the line and paragraph separators.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

LONGEST_SUBJECT: Final = 200


class EmailAddress(NamedTuple):
    """An address, and a display name or an empty text."""

    address: str
    name: str = ""

    def __repr__(self) -> str:
        """Return the class only, because logs must not show addresses of people."""
        return "EmailAddress(…)"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address of a text, `a@b.example` or `Name <a@b.example>`. Raise ValueError without the text."""
        if _CONTROLS.search(text):
            raise ValueError("has a line break or another control character")
        named = _NAMED.fullmatch(text.strip())
        address = (named["address"] if named else text).strip()
        name = _unquoted(named["name"].strip()) if named else ""
        found = _ADDRESS.fullmatch(address)
        if not found or len(address) > LONGEST_ADDRESS or len(found["local"]) > LONGEST_LOCAL_PART:
            raise ValueError("is not one e-mail address in ASCII, such as a@b.example or Name <a@b.example>")
        if len(name) > LONGEST_NAME:
            raise ValueError(f"has a name of more than {LONGEST_NAME} characters")
        return cls(address, name)

    def header(self) -> str:
        """Return the form for a header. A name that is not plain ASCII, or looks encoded, is encoded (RFC 2047)."""
        if not self.name:
            return self.address
        if self.name.isascii() and "=?" not in self.name:
            quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{quoted}" <{self.address}>'
        return f"{_encoded(self.name)} <{self.address}>"


def subject_line(text: str) -> str:
    """Return a subject in one line of at most LONGEST_SUBJECT characters; no mail program decodes a part of it."""
    line = _CONTROLS.sub(" ", text.strip()).replace("=?", "= ?")
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def _unquoted(name: str) -> str:
    if len(name) >= 2 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _encoded(name: str) -> str:
    """Return the name as encoded words of at most 75 characters."""
    charset = Charset("utf-8")
    charset.header_encoding = BASE64
    lines = charset.header_encode_lines(name, iter([75] * len(name)))
    return " ".join(line for line in lines if line)
