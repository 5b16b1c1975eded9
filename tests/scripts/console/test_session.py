"""Sessions: a token that works once, and a cookie that only its console takes."""

from scripts.console.session import Sessions


def token_of(sessions: Sessions) -> str:
    return sessions.sign_in_url.partition("token=")[2]


def begun(sessions: Sessions) -> str:
    """Return the Cookie header of a new session."""
    return (sessions.begin(token_of(sessions)) or "").partition(";")[0]


def test_a_token_works_once() -> None:
    """The second use of the token begins no session, and neither does another text."""
    sessions = Sessions(8000)
    token = token_of(sessions)
    assert sessions.begin("other") is None
    assert sessions.begin("") is None
    assert not sessions.is_taken
    assert sessions.begin(token) is not None
    assert sessions.is_taken
    assert sessions.begin(token) is None
    assert sessions.begin("") is None


def test_the_cookie_is_strict_and_only_of_its_console() -> None:
    """Scripts cannot read the cookie, other sites cannot send it, and consoles on one port take different ones."""
    first, second = Sessions(8000), Sessions(8000)
    header = first.begin(token_of(first)) or ""
    assert header.endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert "8000" in first.cookie
    assert first.cookie != second.cookie
    value = header.partition(";")[0].partition("=")[2]
    assert first.of(f"{first.cookie}={value}") == value
    assert second.of(f"{second.cookie}={value}") is None
    assert first.of(f"{first.cookie}=other") is None
    assert first.of("") is None


def test_the_value_of_forms_is_of_one_session_of_one_console() -> None:
    """A form of another session, or of another console, is not taken."""
    first, second = Sessions(8000), Sessions(8001)
    one, other = begun(first).partition("=")[2], begun(second).partition("=")[2]
    assert first.is_csrf(one, first.csrf(one))
    assert not first.is_csrf(one, first.csrf(other))
    assert not first.is_csrf(one, second.csrf(one))
    assert not first.is_csrf(one, "")
