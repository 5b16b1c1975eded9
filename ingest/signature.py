"""Alma's signature: verifies raw bytes against a profile's secrets. Reads no secret, knows no HTTP, logs nothing.

"Webhooks", Ex Libris Developer Network: `X-Exl-Signature` is the Base64 of the HMAC-SHA256 of the whole body.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

_DIGEST_BYTES, _ENCODED_CHARACTERS = 32, 44  # of SHA-256

_WHITE_SPACE = " \t\r\n"  # of HTTP; str.strip() alone knows more


class SignatureError(Exception):
    """The request is not from Alma, as far as its signature can tell. Holds neither body nor signature."""


class MissingSignatureError(SignatureError):
    """There is no signature, or a blank one."""


class WrongSignatureError(SignatureError):
    """The signature is none of those that the secrets give."""


def verify(*, body: bytes, signature: str, secrets: Sequence[str]) -> int:
    """The place of the first secret that gives this signature, outer white space aside. Raises SignatureError.

    A blank secret gives none.

    Encoded forms are compared, as bytes: nothing is decoded, so no way of writing Base64 differently gets through, and
    `compare_digest` takes every character. Every secret is tried, so that time tells nothing of which one it was.
    """
    given = signature.strip(_WHITE_SPACE).encode("utf-8", "surrogatepass")
    if not given:
        raise MissingSignatureError
    matches = [bool(secret.strip()) and hmac.compare_digest(sign(body, secret), given) for secret in secrets]
    if not any(matches):
        raise WrongSignatureError
    return matches.index(True)


def is_well_formed(signature: str) -> bool:
    """Whether a header's value has the form of a signature: the Base64 of 32 bytes. Says nothing of who made it."""
    given = signature.strip(_WHITE_SPACE)
    try:
        return len(given) == _ENCODED_CHARACTERS and len(base64.b64decode(given, validate=True)) == _DIGEST_BYTES
    except ValueError:
        return False


def sign(body: bytes, secret: str) -> bytes:
    """The header's value for a body, as ASCII bytes."""
    return base64.b64encode(hmac.digest(secret.encode("utf-8"), body, hashlib.sha256))
