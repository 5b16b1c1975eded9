"""Test the secret from standard input and the durations of the secret commands."""

import io

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.secret.new_secret import read_secret

SECRET = "gehëim-invented-secret-4711"


def given(monkeypatch: pytest.MonkeyPatch, data: bytes, *, is_terminal: bool = False) -> None:
    stream = io.TextIOWrapper(io.BytesIO(data))
    stream.isatty = lambda: is_terminal  # type: ignore[method-assign]  # a terminal or not
    monkeypatch.setattr("sys.stdin", stream)


def test_a_secret_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newline at its end does not belong to it."""
    given(monkeypatch, f"{SECRET}\n".encode())
    said = list[str]()
    assert (read_secret(said.append), said) == (SECRET, [])


@pytest.mark.parametrize("around", [(" ", ""), ("", "\t"), ("", "\r\n"), ("", "\n\n"), ("\u00a0", "")])
def test_f60_white_space_that_was_dropped_is_reported(around: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Alma would sign with it; the note does not contain the secret."""
    given(monkeypatch, SECRET.join(around).encode())
    said = list[str]()
    assert read_secret(said.append) == SECRET
    assert said == ["note: whitespace around the secret was removed; enter it in Alma without"]


@pytest.mark.parametrize("data", ["x" * 23, "ö" * 11 + "x", f"{'x' * 23}   \n"])
def test_f60_a_secret_of_less_than_24_bytes_is_rejected(data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes count, not characters, without surrounding whitespace; 24 are enough."""
    given(monkeypatch, data.encode())
    with pytest.raises(ConfigurationError, match="shorter than 24 bytes") as raised:
        read_secret(print)
    assert data.strip() not in str(raised.value)
    given(monkeypatch, ("ö" * 12).encode())
    assert read_secret(print) == "ö" * 12


def test_a_typed_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal does not echo it."""
    given(monkeypatch, b"", is_terminal=True)
    monkeypatch.setattr("scripts.secret.new_secret.getpass", lambda _prompt: SECRET)
    assert read_secret(print) == SECRET


@pytest.mark.parametrize("data", [b"", b" \n", b"two\nlines", b"bell\a", b"K\xf6ln", b"x" * 1025])
def test_f22_an_invalid_secret_is_rejected_and_not_repeated(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the flag."""
    given(monkeypatch, data)
    with pytest.raises(ConfigurationError, match=r"^--from-stdin: ") as raised:
        read_secret(print)
    assert not data.strip() or data.decode("latin-1") not in str(raised.value)
