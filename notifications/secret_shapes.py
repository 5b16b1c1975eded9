"""Finds what looks like a secret in a text that people share: tokens, keys, and URLs that are secrets themselves."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_SHAPES: Final = (
    ("a signing secret", r"whsec_[A-Za-z0-9+/=_-]{8,}"),
    ("a Slack token", r"\bxox[a-z]-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}"),
    ("a Slack webhook URL", r"hooks\.slack(?:-gov)?\.com/[a-z]+/[A-Za-z0-9]"),
    ("a Teams webhook URL", r"webhook\.office\.com/webhookb?2?/[A-Za-z0-9]"),
    ("a URL with a signature", r"[?&;]sig=[A-Za-z0-9%+/_-]{8,}"),
    ("a Telegram bot token", r"\b[0-9]{6,12}:[A-Za-z0-9_-]{30,}"),
    ("an AWS access key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("an AWS secret key", r"(?i)aws_?(?:secret_?access_?key|session_?token)[\"' ]*[:=][\"' ]*[a-z0-9/+]{40}"),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
)
_SECRETS: Final = tuple((kind, re.compile(shape, re.ASCII)) for kind, shape in _SHAPES)


class FoundSecret(NamedTuple):
    """The kind of a possible secret, and the line that it is on, counted from 1. The secret itself is not kept."""

    kind: str
    line: int


def secrets_in(text: str) -> Iterator[FoundSecret]:
    """Yield each part of the text that looks like a secret."""
    for kind, shape in _SECRETS:
        for found in shape.finditer(text):
            yield FoundSecret(kind, text.count("\n", 0, found.start()) + 1)
