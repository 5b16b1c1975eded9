"""The console in its own process: how it is opened, that only its operator gets in, and that it ends."""

import os
import pty
import select
import signal
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.emulator_run import put_dead_letters
from scripts.aws.context import open_stack_context
from scripts.dead_letters.store import open_dead_letters
from tests.end_to_end.addresses import address_at
from tests.end_to_end.consoles import ConsoleProcess, FakeBrowser, command_lines
from tests.end_to_end.running import CHECKOUT, ROOT, Patience, Running, eventually

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(scope="module")
def arguments(running: Running) -> list[str]:
    """The flags that select the stack of the emulator."""
    facts = running.facts
    return [f"--stack={facts['stack']}", f"--endpoint-url={facts['endpoint_url']}"]


@pytest.fixture
def console(arguments: list[str], tmp_path: Path) -> Iterator[ConsoleProcess]:
    """A console of the emulator's stack, signed in, opened by a file."""
    with ConsoleProcess(tmp_path, *arguments) as console:
        console.sign_in()
        yield console


@pytest.fixture(scope="module")
def lasting(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    """The same for several tests, which do not end it."""
    with ConsoleProcess(tmp_path_factory.mktemp("console"), *arguments) as console:
        console.sign_in()
        yield console


def test_f87_the_file_with_the_url_is_private_and_goes_with_the_console(console: ConsoleProcess) -> None:
    """Nobody else reads it, it is no use after the sign-in, and the end removes it."""
    assert stat.S_IMODE(console.url_file.stat().st_mode) == 0o600
    token = console.token
    assert console.get(console.sign_in_path).status == 403
    assert console.get("/").status == 200
    _, out, err = console.end(signal.SIGINT)
    assert not console.url_file.exists()
    assert token not in out + err


def test_f87_no_command_line_has_the_token(arguments: list[str], tmp_path: Path) -> None:
    """The browser is opened by a file that only the operator reads and that is gone once it was used."""
    browser = FakeBrowser(tmp_path)
    with ConsoleProcess(tmp_path, *arguments, BROWSER=str(browser.path), url_file=False) as console:
        mode, path, command = browser.opened()
        assert mode == "600"
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        [url] = [part.rstrip('">') for part in browser.page.read_text().split("url=")[1:]]
        console.sign_in_url = url.partition('"')[0]
        assert not [line for line in [command, *command_lines(console.process.pid)] if console.token in line]
        console.sign_in()
        eventually(lambda: not path.exists())
        code, out, err = console.end(signal.SIGINT)
        assert (code, console.token in out + err) == (130, False)
        assert not path.parent.exists()


def test_f87_the_url_is_printed_on_a_terminal_only(arguments: list[str], tmp_path: Path) -> None:
    """Without a terminal the console says how to get the URL, and does not start."""
    console = ConsoleProcess(tmp_path, *arguments, "--no-browser", url_file=False)
    with console:
        out, err = console.process.communicate(timeout=30 * Patience.times)
        assert console.process.returncode == 2
        assert "pass --url-file FILE" in err
        assert "token" not in out + err
    printed = on_a_terminal([*arguments, "--no-browser"])
    assert "/sign-in?token=" in printed


def on_a_terminal(arguments: list[str]) -> str:
    """Return what a console prints on a terminal before it is ended."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(CHECKOUT[0], [*CHECKOUT, "console", *arguments], {"PATH": os.environ["PATH"]})  # noqa: S606 -- our own interpreter and code
    printed = b""
    deadline = time.monotonic() + 20 * Patience.times
    while b"token=" not in printed and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            printed += os.read(terminal, 65536)
    os.kill(pid, signal.SIGINT)
    os.waitpid(pid, 0)
    os.close(terminal)
    return printed.decode()


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_f88_it_ends_with_requests_open(console: ConsoleProcess, number: signal.Signals) -> None:
    """One signal is enough, also while forms are half sent and a connection is idle; no traceback, exit code 130."""
    with ExitStack() as connections:
        for _ in range(3):
            connection = connections.enter_context(console.connected())
            connection.putrequest("POST", "/")
            connection.putheader("Cookie", console.cookie)
            connection.putheader("Content-Length", "100")
            connection.endheaders(b"csrf=")
        connections.enter_context(console.connected()).connect()
        assert console.get("/").status == 200
        code, out, err = console.end(number)
    assert (code, out) == (130, "")
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "alma-webhooks: The console has ended."


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_f88_it_ends_while_aws_does_not_answer(
    running: Running, console: ConsoleProcess, number: signal.Signals
) -> None:
    """Pages are answered meanwhile, and what waits for AWS in the background does not keep it from ending."""
    os.kill(running.emulator, signal.SIGSTOP)
    try:
        assert [console.get("/").status for _ in range(10)] == [200] * 10
        code, _, err = console.end(number)
    finally:
        os.kill(running.emulator, signal.SIGCONT)
    assert code == 130
    assert "Traceback" not in err


@pytest.mark.parametrize("number", SIGNALS[:2], ids=lambda number: number.name)
def test_f88_a_replay_that_is_ended_leaves_the_rest_and_no_lock(tmp_path: Path, number: signal.Signals) -> None:
    """Dead letters that were not replayed are visible at once, and another command can acquire the lock."""
    with Running(tmp_path, "--port", "0", "--no-samples") as run:
        facts = run.facts
        scope = open_stack_context(address_at("dev", facts["stack"], facts["endpoint_url"]))
        put_dead_letters(facts, 30)
        with ConsoleProcess(tmp_path, *scope.options.split()) as console:
            console.sign_in()
            plan = console.post("/plans", action="replay", select="all").headers["location"]
            eventually(lambda: f'action="{plan}"' in console.get(plan).body)
            assert console.post(plan, rate="2").status == 303
            queue = open_dead_letters(scope).queue
            eventually(lambda: queue.depth().all < 30)
            code, _, err = console.end(number)
        locks = scope.aws.dynamodb.scan(TableName=scope.stack.outputs["LocksTableName"])["Items"]
        assert (code, "Traceback" in err, locks) == (130, False, [])
        assert 0 < queue.depth().visible < 30
        assert queue.depth().hidden == 0


def test_f81_only_this_computer_can_connect(lasting: ConsoleProcess) -> None:
    """The port is bound on 127.0.0.1, and on no other address of this computer."""
    with lasting.connected() as connection:
        port = connection.port
    for address in ("127.0.0.2", "::1"):
        with pytest.raises(OSError), socket.create_connection((address, port), timeout=1):  # noqa: PT011 -- which one depends on the system
            pass


RAW = {
    "two hosts": (b"GET / HTTP/1.1\r\nHost: OURS\r\nHost: evil.example\r\n\r\n", {400, 421}),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", {400, 421}),
    "HTTP/1.0 without a host": (b"GET / HTTP/1.0\r\n\r\n", {421}),
    "an absolute target": (b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", {421}),
    "an absolute target, our host": (b"GET http://evil.example/ HTTP/1.1\r\nHost: OURS\r\n\r\n", {400, 401}),
    "a proxy's request": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: OURS\r\n\r\n", {400, 401, 403}),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: OURS\r\n evil.example\r\n\r\n", {400, 421}),
    "a header that is too long": (b"GET / HTTP/1.1\r\nHost: OURS\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", {400}),
    "ten thousand headers": (b"GET / HTTP/1.1\r\nHost: OURS\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", {400, 401}),
    "a smuggled request": (
        b"POST / HTTP/1.1\r\nHost: OURS\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        {400, 401},
    ),
    "an upgrade": (
        b"GET / HTTP/1.1\r\nHost: OURS\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: eA==\r\n\r\n",
        {400, 401},
    ),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
}


@pytest.mark.parametrize("what", RAW)
def test_f81_a_request_that_no_browser_sends_is_rejected(lasting: ConsoleProcess, what: str) -> None:
    """The server and the guard read it alike, and the console goes on."""
    request, statuses = RAW[what]
    with lasting.connected() as connection:
        connection.connect()
        assert connection.sock
        ours = f"127.0.0.1:{connection.port}".encode()
        connection.sock.sendall(request.replace(b"OURS", ours))
        answer = connection.sock.recv(65536)
    status = int(answer.split(b" ", 2)[1])
    assert status in statuses
    assert lasting.get("/").status == 200
