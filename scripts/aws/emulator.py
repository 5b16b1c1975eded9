"""The emulator: starts ministack on 127.0.0.1 and stops it completely. Only this module knows it; deploys nothing.

The variables are those of ministack's README, "Configuration".
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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from scripts.aws.ports import HOST
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.signals import Interrupts

REGION: Final = "us-east-1"

# The oldest that is known to understand the template: older ones fail on Fn::ForEach and never say so.
_OLDEST: Final = (1, 5, 33)

_INGRESS: Final = "/_aws/execute-api/"
_HEALTH: Final = "/_ministack/health"
_START_SECONDS: Final = 30.0
_TAIL_LINES: Final = 5


class Emulator(NamedTuple):
    """An emulator that answers."""

    endpoint_url: str
    process: subprocess.Popen[bytes] | None = None
    log: Path | None = None

    def webhook_url(self, api_id: str, profile: str) -> str:
        """The address at which the emulator lets requests in to this HTTP API's stage $default."""
        return f"{self.endpoint_url}{_INGRESS}{api_id}/$default/webhooks/{profile}"

    def check_alive(self) -> None:
        """Raises FailedError, with the end of its log, when an emulator of ours has ended by itself."""
        if self.process and self.process.poll() is not None:
            raise FailedError(f"The emulator exited unexpectedly ({self.process.returncode}).{_tail(self.log)}")


def check_installed() -> None:
    """Raises ConfigurationError unless an emulator that understands the template is installed."""
    try:
        version = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        raise ConfigurationError("The emulator ministack is not installed; run make install.") from None
    if tuple(int(part) for part in version.split(".")[:3]) < _OLDEST:
        raise ConfigurationError(f"The emulator ministack {version} is too old for the template; run make install.")


def existing(endpoint_url: str) -> Emulator:
    """An emulator that already runs at this address. Raises ConfigurationError when none answers there."""
    address = endpoint_url.rstrip("/")
    parts = urlsplit(address)
    try:
        healthy = (
            parts.scheme == "http"
            and not parts.path
            and bool(parts.hostname)
            and _healthy(str(parts.hostname), parts.port or 80)
        )
    except ValueError:
        healthy = False
    if not healthy:
        raise ConfigurationError(
            f"No emulator answers at {endpoint_url}; pass the URL of a running emulator, or omit --endpoint-url."
        )
    return Emulator(address)


def behind(url: str) -> str | None:
    """The address of the emulator that a webhook URL leads to; None if it leads to none."""
    parts = urlsplit(url)
    is_local = parts.hostname in {HOST, "localhost"} and parts.path.startswith(_INGRESS)
    return f"{parts.scheme}://{parts.netloc}" if is_local else None


@contextmanager
def started(port: int, interrupts: Interrupts, functions_call: str = "") -> Iterator[Emulator]:
    """An emulator on this port, stopped at the block's end however it ends, with every process and file of its own.

    `functions_call` is the address that its functions take for AWS, if it is not the emulator's own.
    """
    folder, process = None, None
    try:
        with interrupts.deferred():
            folder = Path(tempfile.mkdtemp(prefix="alma-webhooks-"))
            process = _spawn(folder, _environment(port, folder, functions_call))
            atexit.register(_stop, process, folder)  # should an interruption hit just before the `finally` begins
        emulator = Emulator(f"http://{HOST}:{port}", process, folder / "emulator.log")
        _wait_until_healthy(emulator, port)
        yield emulator
    finally:
        with interrupts.deferred():
            if folder:
                _stop(process, folder)
            atexit.unregister(_stop)


def _spawn(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Its own session, so that one signal reaches all its workers, and a terminal's Ctrl-C none of them."""
    with (folder / "emulator.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _environment(port: int, folder: Path, functions_call: str) -> dict[str, str]:
    """A clean one: the Lambda workers inherit all of it, so nothing of the user's may be in it."""
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
        # A worker that it ends for having been idle takes along log lines that it has not collected yet.
        "LAMBDA_WARM_TTL_SECONDS": "1000000",
        # It listens for SFTP and MQTT too, and looks for containers of its like, unless it is told not to.
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
    emulator.check_alive()  # It was ours that answered, not another that took the port in between.


def _healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", _HEALTH)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes] | None, folder: Path) -> None:
    """Kill the emulator and all its workers, and delete the folder. Nothing in it needs an orderly end."""
    if process:
        with suppress(ProcessLookupError):  # Nobody is left in the group.
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _tail(log: Path | None) -> str:
    lines = (
        log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:] if log and log.exists() else []
    )
    return "".join(f"\n  {line}" for line in lines)
