"""The guard looks at every request first, and its answers say what a browser may do."""

import asyncio
from collections.abc import Sequence
from typing import Final

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from scripts.console.guard import HEADERS, SEAL, Guard
from scripts.console.session import SIGN_IN, Sessions
from tests.scripts.console.asgi import Answer, HeaderList, ask

PORT: Final = 24_680
OURS: Final = f"127.0.0.1:{PORT}"
PATHS: Final = ("/", "/static/console.css", "/nowhere", "/fails", SIGN_IN, f"{SIGN_IN}?token=wrong", "//evil.example/")


class Reached:
    """An application that counts the requests that reach it, and fails at `/fails`."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a text."""
        self.requests += 1
        if scope["path"] == "/fails":
            raise ValueError("a body of Nobody")
        await PlainTextResponse("reached")(scope, receive, send)


class Guarded:
    """An application behind a guard, and a browser that is signed in."""

    def __init__(self, port: int = PORT) -> None:
        self.app = Reached()
        self.sessions = Sessions(port)
        self.guard = Guard(self.app, self.sessions)
        signed_in = self.ask("GET", self.sign_in, [("Host", f"127.0.0.1:{port}")])
        self.cookie = signed_in.headers["set-cookie"].partition(";")[0]

    @property
    def sign_in(self) -> str:
        """The path that begins a session, with its token."""
        return "/" + self.sessions.sign_in_url.removeprefix(self.sessions.url)

    def ask(self, method: str, target: str, headers: HeaderList) -> Answer:
        """Send a request as it is."""
        return ask(self.guard, method, target, headers)

    def browse(self, method: str = "GET", target: str = "/", *, host: str = OURS, **headers: str) -> Answer:
        """Send a request with the cookie; underscores in names of headers are hyphens."""
        sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return self.ask(method, target, [("Host", host), ("Cookie", self.cookie), *sent])


@pytest.fixture
def guarded() -> Guarded:
    return Guarded()


FOREIGN_HOSTS: Final = (
    "evil.example",
    f"evil.example:{PORT}",
    f"127.0.0.1.evil.example:{PORT}",
    f"evil127.0.0.1:{PORT}",
    f"localhost.evil.example:{PORT}",
    f"user@127.0.0.1:{PORT}",
    f"127.0.0.1@evil.example:{PORT}",
    f"127.0.0.1.:{PORT}",
    f"localhost.:{PORT}",
    f"LOCALHOST:{PORT}",
    f"LocalHost.Evil.Example:{PORT}",
    f"[::1]:{PORT}",
    f"[::ffff:127.0.0.1]:{PORT}",
    f"0.0.0.0:{PORT}",
    f"127.1:{PORT}",
    f"2130706433:{PORT}",
    f"127.0.0.1:{PORT}0",
    f"127.0.0.1:0{PORT}",
    f"127.0.0.1:{PORT + 1}",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:80",
    "localhost",
    "",
    f" 127.0.0.1:{PORT}, evil.example",
    f"127.0.0.1:{PORT}/",
    f"http://127.0.0.1:{PORT}",
    f"127.0.0.1:{PORT}#",
)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_f81_a_foreign_host_is_rejected_before_routing(guarded: Guarded, host: str) -> None:
    """A name that was made to point to this computer opens nothing: no page, no file, no error, no session."""
    answers = [guarded.browse(method, path, host=host) for path in PATHS for method in ("GET", "POST", "HEAD", "PUT")]
    assert {answer.status for answer in answers} == {421}
    assert guarded.app.requests == 0


@pytest.mark.parametrize("hosts", [[], [OURS, OURS], [OURS, "evil.example"], ["evil.example", OURS]])
def test_f81_a_request_has_exactly_one_host(guarded: Guarded, hosts: Sequence[str]) -> None:
    """Without a Host, or with two, nobody knows whom the browser meant."""
    sent = [*(("Host", host) for host in hosts), ("Cookie", guarded.cookie)]
    assert guarded.ask("GET", "/", sent).status == 421
    assert guarded.app.requests == 0


@pytest.mark.parametrize("host", [OURS, f"localhost:{PORT}"])
def test_our_own_hosts_are_answered(guarded: Guarded, host: str) -> None:
    """By number and by name, with the port."""
    assert guarded.browse(host=host, Origin=f"http://{host}").body == "reached"


@pytest.mark.parametrize("path", [SIGN_IN, f"{SIGN_IN}?token=TOKEN"])
def test_a_foreign_host_does_not_use_the_token_up(path: str) -> None:
    """The token still works for the operator afterwards."""
    sessions = Sessions(PORT)
    guard = Guard(Reached(), sessions)
    target = "/" + sessions.sign_in_url.removeprefix(sessions.url)
    path = path.replace(f"{SIGN_IN}?token=TOKEN", target)
    assert ask(guard, "GET", path, [("Host", f"evil.example:{PORT}")]).status == 421
    assert ask(guard, "HEAD", path, [("Host", OURS)]).status == 405
    assert ask(guard, "POST", path, [("Host", OURS)]).status == 405
    assert not sessions.is_taken
    assert ask(guard, "GET", target, [("Host", OURS)]).status == 200


FOREIGN_ORIGINS: Final = (
    "http://evil.example",
    f"http://evil.example:{PORT}",
    f"https://127.0.0.1:{PORT}",
    f"http://127.0.0.1:{PORT + 1}",
    "http://127.0.0.1",
    f"http://127.0.0.1:{PORT}.evil.example",
    f"http://127.0.0.1:{PORT}@evil.example",
    f"http://127.0.0.1:{PORT}/",
    f"HTTP://127.0.0.1:{PORT}",
    f"http://[::1]:{PORT}",
    "null",
    "",
    "file://",
    f"chrome-extension://127.0.0.1:{PORT}",
    f"http://127.0.0.1:{PORT}, http://evil.example",
)


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_f81_a_foreign_origin_is_rejected_before_routing(guarded: Guarded, method: str, origin: str) -> None:
    """For pages, files and errors, even with the cookie, which a browser sends to every port of this computer."""
    assert {guarded.browse(method, path, Origin=origin).status for path in PATHS} == {403}
    assert guarded.app.requests == 0


def test_f81_two_origins_are_rejected(guarded: Guarded) -> None:
    """Each of them counts."""
    headers = [
        ("Host", OURS),
        ("Cookie", guarded.cookie),
        ("Origin", f"http://{OURS}"),
        ("Origin", "http://evil.example"),
    ]
    assert guarded.ask("POST", "/", headers).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Same-Origin", "invented", ""])
def test_f81_a_change_that_another_site_began_is_rejected(guarded: Guarded, site: str) -> None:
    """Also from another port of this computer (`same-site`); reading is what a link from a ticket does."""
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "INVENTED"):
        assert guarded.browse(method, Sec_Fetch_Site=site).status == 403
    assert guarded.app.requests == 0
    link = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert guarded.browse("GET", **link).status == 200


EMBEDDED: Final = (
    ("no-cors", "image"),
    ("no-cors", "script"),
    ("no-cors", "style"),
    ("no-cors", "empty"),
    ("cors", "empty"),
    ("cors", "font"),
    ("navigate", "iframe"),
    ("navigate", "frame"),
    ("navigate", "object"),
    ("navigate", "embed"),
    ("navigate", ""),
    ("same-origin", "document"),
    ("", ""),
)


@pytest.mark.parametrize(("mode", "destination"), EMBEDDED)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_f81_a_page_of_another_site_embeds_nothing(guarded: Guarded, site: str, mode: str, destination: str) -> None:
    """A server on another port is the same site, so its images and frames come with the session.

    Each would read AWS, and how long that takes or whether it fails is an answer too.
    """
    for method in ("GET", "HEAD"):
        sent = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": destination}
        assert {guarded.browse(method, path, **sent).status for path in PATHS} == {403}
    assert guarded.app.requests == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec_Purpose", "prefetch"),
        ("Sec_Purpose", "prefetch;prerender"),
        ("Sec_Purpose", "prefetch;anonymous-client-ip"),
        ("Purpose", "prefetch"),
        ("X_Moz", "prefetch"),
        ("X_Purpose", "preview"),
        ("Service_Worker", "script"),
    ],
)
def test_f85_nothing_is_loaded_before_somebody_opens_it(guarded: Guarded, name: str, value: str) -> None:
    """Speculation of a browser reads no page, and does not use the token up; no service worker is installed."""
    sessions = Sessions(PORT)
    guard = Guard(guarded.app, sessions)
    target = "/" + sessions.sign_in_url.removeprefix(sessions.url)
    assert {guarded.browse("GET", path, **{name: value}).status for path in PATHS} == {403}
    assert ask(guard, "GET", target, [("Host", OURS), (name.replace("_", "-"), value)]).status == 403
    assert guarded.app.requests == 0
    assert not sessions.is_taken


@pytest.mark.parametrize("destination", ["empty", "serviceworker", ""])
def test_a_service_worker_of_another_program_gets_no_page(guarded: Guarded, destination: str) -> None:
    """One that had the port before the console can see every page; the browser says so, and then removes it."""
    sessions = Sessions(PORT)
    guard = Guard(guarded.app, sessions)
    target = "/" + sessions.sign_in_url.removeprefix(sessions.url)
    by_worker = [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", destination)]
    for path in ("/", target):
        answer = ask(guard, "GET", path, [("Host", OURS), ("Cookie", guarded.cookie), *by_worker])
        assert (answer.status, answer.headers["clear-site-data"]) == (403, '"storage"')
    assert not sessions.is_taken
    assert ask(guard, "GET", target, [("Host", OURS)]).headers["clear-site-data"] == '"storage"'
    assert "clear-site-data" not in guarded.browse().headers


def test_f81_the_origin_is_that_of_the_host(guarded: Guarded) -> None:
    """Another user can listen on `localhost` by IPv6 with our port; a page from there is not ours."""
    names = (OURS, f"localhost:{PORT}")
    answers = {
        (host, origin): guarded.browse("POST", host=host, Origin=f"http://{origin}").status
        for host in names
        for origin in names
    }
    assert {key for key, status in answers.items() if status == 200} == {(name, name) for name in names}


def test_only_answers_of_a_session_have_its_seal(guarded: Guarded) -> None:
    """Another program that listens on the port later has seen the cookie at most, and cannot compute it."""
    session = guarded.cookie.partition("=")[2]
    seal = guarded.browse().headers[SEAL.lower()]
    assert seal == guarded.sessions.seal(session)
    assert seal != guarded.sessions.csrf(session)
    assert seal == guarded.browse("GET", "/fails").headers[SEAL.lower()]
    strangers = [guarded.ask("GET", "/", [("Host", OURS)]), guarded.browse(host="evil.example")]
    assert all(SEAL.lower() not in answer.headers for answer in strangers)
    assert Sessions(PORT).seal(session) != seal


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_forms_are_passed_on(guarded: Guarded, site: str) -> None:
    """Those of the console, and of clients that are no browser."""
    assert guarded.browse("POST", Sec_Fetch_Site=site, Origin=f"http://{OURS}").body == "reached"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "TRACE"])
def test_f82_without_a_session_nothing_is_answered(guarded: Guarded, method: str) -> None:
    """No page, no file, and an unknown path is not known to be unknown."""
    paths = ("/", "/static/console.css", "/nowhere", "/fails", "/sign-in/", "/SIGN-IN", "/sign-in/../", "//sign-in")
    assert {guarded.ask(method, path, [("Host", OURS)]).status for path in paths} == {401}
    assert guarded.app.requests == 0


def test_f82_the_token_works_once(guarded: Guarded) -> None:
    """A second use is rejected, and so is any other token, even with a session."""
    for query in (guarded.sign_in.partition("=")[2], "", "x" * 100_000, "%00", "%F0%9F%92%A3", "%ED%A0%80", "\xff"):
        answer = guarded.browse("GET", f"{SIGN_IN}?token={query}")
        assert (answer.status, "set-cookie" in answer.headers) == (403, False)
    assert guarded.browse().status == 200


def test_the_tokens_page_redirects_by_itself(guarded: Guarded) -> None:
    """A redirect of HTTP would lose the new cookie for a browser that comes from another site."""
    other = Sessions(PORT)
    target = "/" + other.sign_in_url.removeprefix(other.url)
    link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    answer = ask(Guard(guarded.app, other), "GET", target, [("Host", OURS), *link])
    assert answer.status == 200
    assert "location" not in answer.headers
    assert '<meta http-equiv="refresh" content="0;url=/">' in answer.body
    assert target.partition("=")[2] not in answer.body


def test_f83_the_cookie_is_of_this_console_alone(guarded: Guarded) -> None:
    """Its name has the port and a random part, so that no other console replaces it."""
    other = Guarded(PORT + 1)
    name, _, _ = guarded.cookie.partition("=")
    assert name.startswith(f"alma-webhooks-{PORT}-")
    again = Guarded(PORT)
    assert name != again.cookie.partition("=")[0]
    assert guarded.ask("GET", "/", [("Host", OURS), ("Cookie", f"{other.cookie}; {again.cookie}")]).status == 401
    both = [("Host", OURS), ("Cookie", f"{other.cookie}; {guarded.cookie}")]
    assert guarded.ask("GET", "/", both).status == 200


def test_f83_the_cookie_has_its_attributes() -> None:
    """No domain, no lifetime: it is gone with the browser's session."""
    sessions = Sessions(PORT)
    target = "/" + sessions.sign_in_url.removeprefix(sessions.url)
    cookie = ask(Guard(Reached(), sessions), "GET", target, [("Host", OURS)]).headers["set-cookie"]
    assert cookie.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Strict"]


@pytest.mark.parametrize(
    "others",
    ['theme={"dark": true}', 'a="b', "a=b c d", "=x", "x", ";;;", "a=\xe9", "a[0]=1; b(1)=2", '"', "a=b,c=d"],
)
@pytest.mark.parametrize("form", ["{others}; {cookie}", "{cookie}; {others}"])
def test_cookies_of_other_programs_do_not_end_the_session(guarded: Guarded, others: str, form: str) -> None:
    """Browsers send those of every port, in any format."""
    sent = form.format(others=others, cookie=guarded.cookie)
    assert guarded.ask("GET", "/", [("Host", OURS), ("Cookie", sent)]).status == 200


def test_a_session_survives_a_cookie_that_another_program_planted(guarded: Guarded) -> None:
    """A cookie with the same name for a longer path comes first; it is not a session, and the real one counts."""
    name = guarded.cookie.partition("=")[0]
    assert guarded.ask("GET", "/", [("Host", OURS), ("Cookie", f"{name}=planted; {guarded.cookie}")]).status == 200
    assert guarded.ask("GET", "/", [("Host", OURS), ("Cookie", f"{name}=planted")]).status == 401


@pytest.mark.parametrize("value", ["", '""', "x" * 60_000, "%", "\xff", "null"])
def test_an_invented_session_is_none(guarded: Guarded, value: str) -> None:
    """Only a value that a token began is a session."""
    name = guarded.cookie.partition("=")[0]
    assert guarded.ask("GET", "/", [("Host", OURS), ("Cookie", f"{name}={value}")]).status == 401


def test_many_headers_change_nothing(guarded: Guarded) -> None:
    """The guard finds its own among a thousand others."""
    many = [(f"X-{number}", "x" * 50) for number in range(1_000)]
    assert guarded.ask("GET", "/", [*many, ("Host", OURS), ("Cookie", guarded.cookie)]).status == 200
    assert guarded.ask("GET", "/", [("Host", "evil.example"), *many, ("Cookie", guarded.cookie)]).status == 421


@pytest.mark.parametrize(
    ("target", "host", "headers"),
    [
        ("/", OURS, {}),
        ("/", "evil.example", {}),
        ("/", OURS, {"Origin": "null"}),
        (f"{SIGN_IN}?token=wrong", OURS, {}),
        ("/fails", OURS, {}),
    ],
)
def test_f84_every_answer_has_the_headers(guarded: Guarded, target: str, host: str, headers: dict[str, str]) -> None:
    """Pages and rejections, errors included: a strict policy, no cache, no other site as a reader."""
    answer = guarded.browse("GET", target, host=host, **headers)
    assert {name: answer.headers[name.lower()] for name in HEADERS} == HEADERS


def test_f84_the_policy_allows_only_files_of_the_console() -> None:
    """No inline script or style, no eval, no frame, nothing from elsewhere."""
    rules = dict(rule.split(" ", 1) for rule in HEADERS["Content-Security-Policy"].split("; "))
    assert set(rules.values()) == {"'none'", "'self'"}
    assert (rules["default-src"], rules["base-uri"], rules["frame-ancestors"]) == ("'none'", "'none'", "'none'")
    assert HEADERS["Cache-Control"] == "no-store"
    assert HEADERS["Referrer-Policy"] == "same-origin"


def test_a_failure_quotes_nothing(guarded: Guarded, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the page nor the terminal has the text of the error, which can be a body."""
    answer = guarded.browse("GET", "/fails")
    printed = capsys.readouterr()
    assert answer.status == 500
    assert "Nobody" not in answer.body + printed.out + printed.err
    assert "ValueError" in printed.err


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_other_protocols_reach_nothing(guarded: Guarded, kind: str) -> None:
    """There is no other kind of connection, so none is passed on."""

    async def nothing(*_: object) -> None:
        raise AssertionError("nothing is received or sent")

    asyncio.run(guarded.guard({"type": kind, "path": "/", "headers": []}, nothing, nothing))  # type: ignore[arg-type] # neither is called
    assert guarded.app.requests == 0
