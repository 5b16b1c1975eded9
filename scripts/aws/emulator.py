"""Start the emulator, ministack, on 127.0.0.1 and stop it completely. No other module depends on ministack.

The environment variables are described in ministack's README, "Configuration".
"""

import atexit
import http.client
import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from scripts.aws.ports import HOST
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.signals import Interrupts

REGION: Final = "us-east-1"

# The oldest version that understands the template: older ones fail on Fn::ForEach without an error.
_OLDEST: Final = (1, 5, 33)
_INSTALL: Final = "pip install 'alma-webhooks[local]'"

_INGRESS: Final = "/_aws/execute-api/"
_HEALTH: Final = "/_ministack/health"
_START_SECONDS: Final = 30.0
_TAIL_LINES: Final = 5
_WORKER_STARTED: Final = b", cold start)\n"  # the end of a line in its log


class Emulator(NamedTuple):
    """A running emulator."""

    endpoint_url: str
    process: subprocess.Popen[bytes] | None = None
    log: Path | None = None

    def webhook_url(self, api_id: str, profile: str) -> str:
        """Return the emulator's URL of a profile at this HTTP API, stage $default."""
        return f"{self.endpoint_url}{_INGRESS}{api_id}/$default/webhooks/{profile}"

    def notification_url(self, api_id: str, path: str) -> str:
        """Return the emulator's URL of a topic, `CHANNEL/TOPIC`, at the HTTP API of notifications."""
        return f"{self.endpoint_url}{_INGRESS}{api_id}/$default/v1/notifications/{path}"

    def check_alive(self) -> None:
        """Raise FailedError, with the end of its log, if an emulator that was started here has exited."""
        if self.process and self.process.poll() is not None:
            raise FailedError(f"The emulator exited unexpectedly ({self.process.returncode}).{_tail(self.log)}")

    def cold_starts(self) -> int:
        """Return how many workers of functions have started so far; 0 for an emulator that was not started here."""
        return self.log.read_bytes().count(_WORKER_STARTED) if self.log else 0


def check_installed() -> None:
    """Raise ConfigurationError unless an emulator that understands the template is installed."""
    try:
        version = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        raise ConfigurationError(f"The emulator is not installed: {_INSTALL}.") from None
    if tuple(int(part) for part in version.split(".")[:3]) < _OLDEST:
        raise ConfigurationError(f"The emulator ministack {version} is too old for the template: {_INSTALL}.")


def existing(endpoint_url: str) -> Emulator:
    """Return the emulator that runs at this URL. Raise ConfigurationError if none answers."""
    address = endpoint_url.rstrip("/")
    parts = urlsplit(address)
    is_plain = parts.scheme == "http" and not parts.path
    with suppress(ValueError):  # the port is not a number
        if is_plain and parts.hostname and _healthy(parts.hostname, parts.port or 80):
            return Emulator(address)
    raise ConfigurationError(
        f"No emulator answers at {endpoint_url}. Start one with alma-webhooks run, or correct the URL: it is "
        "from --endpoint-url, ALMA_WEBHOOKS_ENDPOINT_URL or endpoint_url in alma-webhooks.yaml."
    )


def behind(url: str) -> str | None:
    """Return the URL of the emulator that a webhook URL belongs to, or None."""
    parts = urlsplit(url)
    is_local = parts.hostname in {HOST, "localhost"} and parts.path.startswith(_INGRESS)
    return f"{parts.scheme}://{parts.netloc}" if is_local else None


@contextmanager
def started(port: int, interrupts: Interrupts, functions_call: str = "") -> Iterator[Emulator]:
    """Start an emulator on this port. At the end of the block stop all its processes and delete its files.

    `functions_call` is the URL that its functions use for AWS, if not the emulator's own.
    """
    folder, process = None, None
    try:
        with interrupts.deferred():
            folder = Path(tempfile.mkdtemp(prefix="alma-webhooks-"))
            log = folder / "emulator.log"
            process = start_python(["-m", "ministack"], _environment(port, folder, functions_call), folder, log)
            atexit.register(_stop, process, folder)  # for an interruption just before the `finally` begins
        emulator = Emulator(f"http://{HOST}:{port}", process, log)
        _wait_until_healthy(emulator, port)
        yield emulator
    finally:
        with interrupts.deferred():
            if folder:
                _stop(process, folder)
            atexit.unregister(_stop)


def start_python(arguments: list[str], environment: dict[str, str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start Python in a session of its own: one signal reaches all its workers, and Ctrl-C none of them.

    `log` gets what it prints; `folder` is where it runs.
    """
    with log.open("wb") as printed:
        return subprocess.Popen(  # noqa: S603 -- the emulator, or the project's own program
            [sys.executable, *arguments],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _environment(port: int, folder: Path, functions_call: str) -> dict[str, str]:
    """Return a clean environment without the user's variables, because the Lambda workers inherit it."""
    return ({"AWS_ENDPOINT_URL": functions_call} if functions_call else {}) | {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        # Stopping an idle worker would lose its log lines that have not been collected yet.
        "LAMBDA_WARM_TTL_SECONDS": "1000000",
        # By default it also listens for SFTP and MQTT, and looks for its containers.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder}/no-docker",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret -- it opens nothing but the emulator
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _wait_until_healthy(emulator: Emulator, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _healthy(HOST, port):
        emulator.check_alive()
        if time.monotonic() > deadline:
            raise FailedError(f"The emulator did not answer within {_START_SECONDS:.0f} s.{_tail(emulator.log)}")
        time.sleep(0.05)
    emulator.check_alive()  # Another process may have taken the port and answered.


def _healthy(host: str, port: int) -> bool:
    connecting = closing(http.client.HTTPConnection(host, port, timeout=2))
    with suppress(OSError, http.client.HTTPException), connecting as connection:
        connection.request("GET", _HEALTH)
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def _stop(process: subprocess.Popen[bytes] | None, folder: Path) -> None:
    """Kill the emulator and all its workers, and delete the folder. Nothing needs an orderly shutdown."""
    if process:
        with suppress(ProcessLookupError):  # The process group is empty.
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _tail(log: Path | None) -> str:
    lines = (
        log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:] if log and log.exists() else []
    )
    return "".join(f"\n  {line}" for line in lines)
