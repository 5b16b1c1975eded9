"""Tokens of pages: what they say, and that no other list, key or time accepts them."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loan_cache.page_token import LIFETIME_SECONDS, LONGEST_TOKEN, PageStart, PageTokens, Source

NOW = 1_780_000_000.0
LIST = "loan invented-patron-1"
STARTS = [PageStart(Source.CACHE, after_id="loan-00099"), PageStart(Source.ALMA, offset=100)]


def tokens(key: str = "an invented key", now: float = NOW) -> PageTokens:
    return PageTokens(lambda: key, lambda: now)


@pytest.mark.parametrize("start", STARTS)
def test_a_token_says_where_its_page_begins(start: PageStart) -> None:
    """Until an hour later, and it fits into a URL as it is."""
    token = tokens().make(start, LIST)
    assert tokens(now=NOW + LIFETIME_SECONDS - 1).read(token, LIST) == start
    assert token.replace("-", "").replace("_", "").isalnum()
    assert "invented" not in repr(start)


def test_the_user_is_not_in_it() -> None:
    """URLs are in the logs of programs on the way."""
    token = tokens().make(STARTS[1], LIST)
    assert b"invented" not in base64.urlsafe_b64decode(token + "==")


@pytest.mark.parametrize("start", STARTS)
def test_no_other_list_key_or_time_accepts_it(start: PageStart) -> None:
    """A client could read the list of somebody else from there, or for ever."""
    token = tokens().make(start, LIST)
    for reader, of in [
        (tokens(), "request invented-patron-1"),
        (tokens(), "loan invented-patron-2"),
        (tokens("another key"), LIST),
    ]:
        with pytest.raises(ValueError, match="the token is not valid for this list"):
            reader.read(token, of)
    with pytest.raises(ValueError, match="the token has expired"):
        tokens(now=NOW + LIFETIME_SECONDS).read(token, LIST)


ENCODED = st.binary(max_size=200).map(lambda each: base64.urlsafe_b64encode(each).decode())


@given(st.one_of(st.text(max_size=200), ENCODED))
@settings(max_examples=50)
def test_anything_else_is_not_a_token(text: str) -> None:
    """With any characters."""
    with pytest.raises(ValueError, match="the token is not valid for this list"):
        tokens().read(text, LIST)


def test_no_character_can_be_changed() -> None:
    """The signature covers all of it; the last character has bits that do not count."""
    token = tokens().make(STARTS[0], LIST)
    for at in range(len(token) - 1):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(ValueError, match="not valid"):
            tokens().read(changed, LIST)
    with pytest.raises(ValueError, match="not valid"):
        tokens().read("A" * (LONGEST_TOKEN + 1), LIST)


def test_parts_cannot_be_moved_between_list_and_token() -> None:
    """The length of the list's name is signed too."""
    token = tokens().make(PageStart(Source.CACHE, after_id="x"), "loan a")
    signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    moved = base64.urlsafe_b64encode(signed[:32] + b"a" + signed[32:]).rstrip(b"=").decode()
    with pytest.raises(ValueError, match="not valid"):
        tokens().read(moved, "loan ")
