"""Every signed body verifies, any other does not, and no signature header raises another exception."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.signature import SignatureError, WrongSignatureError, sign, verify
from tests.fuzz.values import ANY_CHARACTER, TEXTS

SECRETS = st.text(min_size=1, max_size=80).filter(lambda secret: secret.strip() != "")


@given(st.binary(), SECRETS, st.text(" \t\r\n", max_size=3))
def test_f02_every_body_with_every_secret_verifies(body: bytes, secret: str, space: str) -> None:
    """A signature verifies with white space around the header and with other secrets before the right one."""
    signature = space + sign(body, secret).decode() + space
    assert verify(body=body, signature=signature, secrets=[f"{secret}x", secret]) == 1


@given(st.binary(min_size=1), SECRETS, st.data())
def test_f02_one_flipped_bit_never_verifies(body: bytes, secret: str, data: st.DataObject) -> None:
    """A signature does not verify if one bit of the body or of the signature is flipped."""
    signature = sign(body, secret)
    other_body = flipped(body, data.draw(st.integers(0, len(body) * 8 - 1)))
    digest = flipped(base64.b64decode(signature), data.draw(st.integers(0, 255)))
    damaged = flipped(signature, data.draw(st.integers(0, len(signature) * 8 - 1))).decode("latin-1")
    for given_body, text in [
        (other_body, signature.decode()),
        (body, base64.b64encode(digest).decode()),
        (body, f"x{damaged}x"),
        (body, damaged),
    ]:
        with pytest.raises(WrongSignatureError):
            verify(body=given_body, signature=text, secrets=[secret, ""])


@example("\ud800", b"", [])
@given(st.text(ANY_CHARACTER) | TEXTS, st.binary(), st.lists(st.text(), max_size=3))
def test_f02_no_header_raises_anything_but_a_signature_error(header: str, body: bytes, secrets: list[str]) -> None:
    """Verifying any header with any secrets, including blank ones, raises only SignatureError."""
    with pytest.raises(SignatureError):
        verify(body=body, signature=header, secrets=secrets)


def flipped(text: bytes, bit: int) -> bytes:
    return bytes(byte ^ (1 << bit % 8) * (place == bit // 8) for place, byte in enumerate(text))
