"""Signatures: raw bytes, two secrets, and invalid headers."""

import base64
import hashlib
import hmac

import pytest

from ingest.signature import MissingSignatureError, WrongSignatureError, sign, verify
from ingest.signature import is_well_formed as has_form

BODY = '{"progress":209.0,"title":"数の庭"}\n'.encode()
SECRET = "gehëim"
RIGHT = sign(BODY, SECRET).decode()


def test_the_signature_is_the_base64_of_the_hmac_sha_256() -> None:
    """The signature follows the documentation of Ex Libris, with the secret as UTF-8."""
    digest = hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()
    assert base64.b64encode(digest) == RIGHT.encode()


@pytest.mark.parametrize("signature", [RIGHT, f" {RIGHT}\n", f"\t{RIGHT}\r\n"])
def test_a_signature_with_surrounding_whitespace_is_accepted(signature: str) -> None:
    """Some test tools end the value of a header with a newline."""
    verify(body=BODY, signature=signature, secrets=[SECRET])


@pytest.mark.parametrize("position", [0, 5, len(BODY) - 1])
def test_f02_a_flipped_bit_in_the_body_is_wrong(position: int) -> None:
    """A change of one bit in the body makes the signature wrong."""
    flipped = bytearray(BODY)
    flipped[position] ^= 1
    with pytest.raises(WrongSignatureError):
        verify(body=bytes(flipped), signature=RIGHT, secrets=[SECRET])


@pytest.mark.parametrize("signature", ["", " ", "\r\n\t"])
def test_f03_a_missing_or_blank_signature_is_missing(signature: str) -> None:
    """A missing signature is distinct from a wrong one."""
    with pytest.raises(MissingSignatureError):
        verify(body=BODY, signature=signature, secrets=[SECRET])


@pytest.mark.parametrize(
    "signature",
    [
        "x",
        RIGHT[:-1],
        RIGHT.rstrip("="),
        RIGHT + "=",
        RIGHT[:10] + " " + RIGHT[10:],
        RIGHT[:10] + "!" + RIGHT[10:],
        RIGHT + "," + RIGHT,
        RIGHT + "\u00a0",
        RIGHT.swapcase(),
        RIGHT.translate(str.maketrans("+/", "-_")) + "_",
        base64.b64decode(RIGHT).hex(),
        "sha256=" + RIGHT,
        "A" * 10_240,
        sign(BODY, "another").decode(),
        sign(BODY, SECRET + " ").decode(),
    ],
)
def test_f04_any_other_form_of_a_signature_is_wrong(signature: str) -> None:
    """A signature in another form is wrong, and does not raise an exception."""
    with pytest.raises(WrongSignatureError):
        verify(body=BODY, signature=signature, secrets=[SECRET])


@pytest.mark.parametrize("signature", ["é" + RIGHT[1:], "\ud800", "\0" + RIGHT, "数" * 44])
def test_f05_a_signature_outside_ascii_is_wrong(signature: str) -> None:
    """Bytes are compared, so no character makes the comparison raise."""
    with pytest.raises(WrongSignatureError):
        verify(body=BODY, signature=signature, secrets=[SECRET])


def test_each_of_two_secrets_is_valid() -> None:
    """During a rotation the current and the previous secret both verify, with their index; a third does not."""
    for place, secret in enumerate(("new", "old")):
        assert verify(body=BODY, signature=sign(BODY, secret).decode(), secrets=["new", "old"]) == place
    with pytest.raises(WrongSignatureError):
        verify(body=BODY, signature=RIGHT, secrets=["new", "old"])


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
def test_f07_a_blank_secret_verifies_nothing(blank: str) -> None:
    """Anyone could sign a body with an empty key."""
    with pytest.raises(WrongSignatureError):
        verify(body=BODY, signature=sign(BODY, blank).decode(), secrets=[blank])


@pytest.mark.parametrize("secrets", [["", SECRET], [" ", SECRET, SECRET]])
def test_f08_a_blank_secret_keeps_its_index(secrets: list[str]) -> None:
    """A blank current secret does not change the index of the previous one; of equal secrets the first matches."""
    assert verify(body=BODY, signature=RIGHT, secrets=secrets) == 1


def test_no_secret_verifies_nothing() -> None:
    """Without a secret even a signature made with an empty one is wrong."""
    with pytest.raises(WrongSignatureError):
        verify(body=BODY, signature=sign(BODY, "").decode(), secrets=[])


def test_f06_every_secret_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each secret is compared with compare_digest, also after one that matched."""
    compared: list[tuple[bytes, bytes]] = []

    def compare(first: bytes, second: bytes) -> bool:
        compared.append((first, second))
        return first == second

    monkeypatch.setattr("ingest.signature.hmac.compare_digest", compare)
    verify(body=BODY, signature=RIGHT, secrets=[SECRET, "old"])
    assert compared == [(RIGHT.encode(), RIGHT.encode()), (sign(BODY, "old"), RIGHT.encode())]


@pytest.mark.parametrize(
    ("text", "is_well_formed"),
    [
        (sign(b"{}", "secret").decode(), True),
        (f" {sign(b'{}', 'secret').decode()}\t", True),
        ("", False),
        ("A" * 44, False),  # 33 bytes
        ("A" * 43, False),
        ("A" * 42 + "==", False),  # 31 bytes
        ("0f" * 32, False),  # hex
        ("_" * 43 + "=", False),  # url-safe
        ("é" * 43 + "=", False),
        ("A" * 21 + " " + "A" * 21 + "=", False),
        ("A" * 43 + "=\u00a0", False),  # str.strip() alone would strip it
        (f"{sign(b'{}', 'a').decode()},{sign(b'{}', 'b').decode()}", False),
    ],
)
def test_f67_the_form_of_a_signature_is_the_base64_of_32_bytes(text: str, *, is_well_formed: bool) -> None:
    """Only the form is checked, and no exception is raised."""
    assert has_form(text) is is_well_formed
