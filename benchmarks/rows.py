"""The rows of the comparison: what each imports, where from, and with which environment. Starts nothing."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import processes
from benchmarks.bench_events import BODY_SIZES, PROFILE, gateway_event, sized_body, wire
from benchmarks.measured_python import MeasuredPython
from benchmarks.processes import WorkerProcess
from benchmarks.workspace import Workspace
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import ROUTES
from scripts.cli.signals import Interrupts
from scripts.routes.checked_routes import check_deployable

BARE: Final = "bare interpreter"
RAW: Final = "raw TLS POST"
FLOOR: Final = "work floor"
INGEST: Final = "ingest"
BOTO3: Final = "idiomatic boto3"
POWERTOOLS: Final = "boto3 + powertools + pydantic"
LAZY: Final = "boto3 imported in the handler"

ACCOUNT: Final = "000000000000"
STAGE: Final = "dev"
SECRET_NAME: Final = f"/alma-webhooks/{STAGE}/{PROFILE}/secret"  # the parameter's name


class BenchRow(NamedTuple):
    """One handler to measure: `target` is MODULE:FUNCTION, found in `folders` before the standard library."""

    name: str
    target: str
    folders: tuple[Path, ...]
    takes_wire: bool = False


class Bench(NamedTuple):
    """The environment of all rows: a Python, a folder, and the port of the stub."""

    python: MeasuredPython
    place: Workspace
    port: int
    interrupts: Interrupts

    @property
    def queue_url(self) -> str:
        """The URL of the webhook queue."""
        return f"https://localhost:{self.port}/{ACCOUNT}/webhooks"

    def environment(self) -> dict[str, str]:
        """Return the environment variables of Lambda, the stack and the stub, the same for every row.

        "Defined runtime environment variables", AWS Lambda Developer Guide.
        """
        names = [SECRET_NAME, SECRET_NAME.replace("/secret", "/previous-secret")]
        return {
            **_LAMBDAS,
            "AWS_ENDPOINT_URL": f"https://localhost:{self.port}",
            "AWS_CA_BUNDLE": str(self.place.full_bundle),
            "SSL_CERT_FILE": str(self.place.full_bundle),
            "BENCH_HOST": f"localhost:{self.port}",
            "BENCH_AUTHORITIES": str(self.place.trusted_folder),
            "BENCH_GET_PARAMETERS": json.dumps({"Names": names, "WithDecryption": True}),
            "SECRET_PARAMETER": SECRET_NAME,
            "QUEUE_URL": self.queue_url,
            "STAGE": STAGE,
            "PROFILES": PROFILE,
            "OVERFLOW_BUCKET": "overflow",
            **_PROCESSORS,
            "WEBHOOK_QUEUE_URL": self.queue_url,
            "DEAD_LETTER_QUEUE_URL": f"{self.queue_url}-dead",
            **_NOTIFICATIONS,
            "NOTIFICATIONS_QUEUE_URL": f"{self.queue_url}-notifications",
            "HOME": str(self.place.folder),
        }

    def command(self, folders: Sequence[Path], statement: str) -> list[str]:
        """Return a command that runs a statement in the measured Python, with only these folders on its path."""
        path = [str(folder) for folder in (*folders, self.place.runner)]
        here = f"import sys; sys.path[:] = {path!r} + [p for p in sys.path if not p.endswith('-packages')]; {statement}"
        return [str(self.python.executable), "-I", "-c", here]

    def started(self, said: str, command: Sequence[str]) -> AbstractContextManager[WorkerProcess]:
        """Return a worker process in the common environment, to be entered."""
        return processes.started(said, command, self.environment(), self.interrupts)

    @contextmanager
    def serving(self, row: BenchRow, first: Path) -> Iterator[WorkerProcess]:
        """Yield a row's process that has handled its first event, and handles those of each file that it is sent."""
        with self.started(row.name, self.measured(row, first, "serve", 0)) as process:
            process.facts()
            yield process

    def measured(self, row: BenchRow, events: Path, mode: str, began: int) -> list[str]:
        """Return the command of a measured process (`runner/measured.py`)."""
        said = f"import measured; measured.run({row.target!r}, {str(events)!r}, {mode!r}, '{began}')"
        return self.command(row.folders, said)

    def request(self, row: BenchRow, size: str = "1 KB", count: int = 1) -> Path:
        """Return a file with this number of equal requests of a size."""
        text = sized_body(BODY_SIZES[size])
        event = wire(text, self.queue_url) if row.takes_wire else gateway_event(text)
        name = f"{'wire' if row.takes_wire else 'gateway'}-{size.replace(' ', '')}-{count}"
        return self.place.keep_events(name, [event] * count)


def rows(bench: Bench, peers: Sequence[str]) -> list[BenchRow]:
    """Return all rows but the bare interpreter, peers last."""
    place, packages = bench.place, bench.python.packages
    return [
        BenchRow(RAW, "raw_post:lambda_handler", (place.handlers,), takes_wire=True),
        BenchRow(FLOOR, "work_floor:lambda_handler", (place.handlers,)),
        BenchRow(INGEST, "ingest.handler:lambda_handler", (place.ingest,)),
        BenchRow(BOTO3, "idiomatic_boto3:lambda_handler", (place.handlers, packages)),
        BenchRow(POWERTOOLS, "powertools_listener:lambda_handler", (place.handlers, packages)),
        *(_peer(peer, packages) for peer in dict.fromkeys(peers)),
    ]


def lazy(bench: Bench) -> BenchRow:
    """Return the row that imports boto3 in its handler, for cases where INIT is not throttled."""
    return BenchRow(LAZY, "lazy_boto3:lambda_handler", (bench.place.handlers, bench.python.packages))


def check_name(peer: str) -> None:
    """Raise ConfigurationError unless the name has the form MODULE:FUNCTION."""
    module, separator, function = peer.partition(":")
    if not (separator and function.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ConfigurationError(f"--peer {peer} is not of the form MODULE:FUNCTION, like my_package.handler:handle.")


def _peer(peer: str, packages: Path) -> BenchRow:
    own = tuple(Path(folder) for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder)
    return BenchRow(peer, peer, (Path.cwd(), *own, packages))


_ARN: Final = f"arn:aws:{{}}:eu-central-1:{ACCOUNT}:{{}}"

_PROCESSORS: Final = {
    "TOPICS": ",".join(check_deployable(ROUTES).file.routes.topic_names),
    "TOPIC_ARN_PREFIX": _ARN.format("sns", "alma-webhooks-dev-"),
    "STATE_MACHINE_ARNS": json.dumps(
        {name: _ARN.format("states", f"stateMachine:{name}") for name in ("pod", "timdex", "bursar")}
    ),
    "WEBHOOK_QUEUE_ARN": _ARN.format("sqs", "webhooks"),
    "DELIVERIES_TABLE": "deliveries",
    "MAX_RECEIVE_COUNT": "8",
    "VISIBILITY_TIMEOUT": "180",
    "FUNCTION_TIMEOUT": "30",
    "POWERTOOLS_SERVICE_NAME": "listener",
}

_NOTIFICATIONS: Final = {
    "NOTIFICATION_TOPICS_TABLE": "topics",
    "SENDER_TABLE": "sendings",
    "CONTACTS_TABLE": "contacts",
}

_LAMBDAS: Final = {
    "AWS_ACCESS_KEY_ID": "AKIAINVENTED",
    "AWS_SECRET_ACCESS_KEY": "invented",  # pragma: allowlist secret -- it opens nothing
    "AWS_SESSION_TOKEN": "invented" * 40,  # as long as a role's
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_FUNCTION_NAME": "measured",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_EC2_METADATA_DISABLED": "true",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
}
