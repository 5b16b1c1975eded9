"""Verifies Alma's signature of a body against the secrets of a profile.

"Webhooks", Ex Libris Developer Network: `X-Exl-Signature` is the Base64 of the HMAC-SHA256 of the whole body.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

_DIGEST_BYTES, _ENCODED_CHARACTERS = 32, 44  # of SHA-256

_WHITE_SPACE = " \t\r\n"  # as in HTTP; str.strip() alone would strip more


class SignatureError(Exception):
    """The signature does not show that the request is from Alma. The text has neither body nor signature."""


class MissingSignatureError(SignatureError):
    """The signature is missing or blank."""


class WrongSignatureError(SignatureError):
    """The signature matches none of the secrets."""


def verify(*, body: bytes, signature: str, secrets: Sequence[str]) -> int:
    """Return the index of the first secret that matches; surrounding white space is ignored. Raise SignatureError.

    A blank secret never matches.

    The encoded forms are compared as bytes. Nothing is decoded, so another way to write the same Base64 does not match,
    and `compare_digest` accepts every character. All secrets are tried, so the time does not show which one matched.
    """
    given = signature.strip(_WHITE_SPACE).encode("utf-8", "surrogatepass")
    if not given:
        raise MissingSignatureError
    matches = [bool(secret.strip()) and hmac.compare_digest(sign(body, secret), given) for secret in secrets]
    if not any(matches):
        raise WrongSignatureError
    return matches.index(True)


def is_well_formed(signature: str) -> bool:
    """Return whether a header value has the form of a signature: the Base64 of 32 bytes. It may still be wrong."""
    given = signature.strip(_WHITE_SPACE)
    try:
        return len(given) == _ENCODED_CHARACTERS and len(base64.b64decode(given, validate=True)) == _DIGEST_BYTES
    except ValueError:
        return False


def sign(body: bytes, secret: str) -> bytes:
    """Return the header value for a body, as ASCII bytes."""
    return base64.b64encode(hmac.digest(secret.encode("utf-8"), body, hashlib.sha256))
