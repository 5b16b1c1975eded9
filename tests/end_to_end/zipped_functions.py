"""The functions of the pipeline, unpacked from their zips, and run with the environment of the deployed ones."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from scripts.aws.clients import Aws
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.cli.options import ROUTES
from scripts.cli.product_files import PROJECT
from scripts.deploy.package import INGEST, NOTIFICATIONS, PROCESSOR, Contents, build
from tests.end_to_end.lambda_runtime import RunningFunction
from tests.end_to_end.notification_functions import environment_of, handler_of
from tests.end_to_end.running import Running
from tests.packages.environment import link_packages
from tests.samples import envelope_of, record_of

ZIPS: Final = {
    "ingest": INGEST,
    "heartbeat": INGEST,
    "processor": PROCESSOR,
    "producer": NOTIFICATIONS,
    "sender": NOTIFICATIONS,
}
HANDLERS: Final = {
    "ingest": load(PIPELINE)["Resources"]["IngestFunction"]["Properties"]["Handler"],
    "heartbeat": load(OBSERVABILITY)["Resources"]["HeartbeatFunction"]["Properties"]["Handler"],
    "processor": load(PIPELINE)["Resources"]["ProcessorFunction"]["Properties"]["Handler"],
    **{name: handler_of(name) for name in ("producer", "sender")},
}


def unpack(name: str, folder: Path, routes: Path = ROUTES) -> Path:
    """Unpack the zip of a function as the emulator gets it, and link the packages that it may import."""
    contents = ZIPS[name]
    zipfile.ZipFile(io.BytesIO(build(contents, routes=routes).content)).extractall(folder / name)
    linked = packages_of(folder / name)
    linked.mkdir()
    link_packages(["awslambdaric", *_requirements(contents)], linked)
    return folder / name


def _requirements(contents: Contents) -> list[str]:
    lists = {PROCESSOR: ["processor"], NOTIFICATIONS: ["processor", "notifications"]}.get(contents, [])
    lines = [(PROJECT / "requirements" / f"{name}.in").read_text("utf-8").splitlines() for name in lists]
    return [line for each in lines for line in each if line[:1].isalpha()]


def packages_of(task: Path) -> Path:
    """Return the folder with the packages of an unpacked function."""
    return task.with_name(f"{task.name}-packages")


@contextmanager
def running_function(running: Running, task: Path, handler: str = "", **environment: str) -> Iterator[RunningFunction]:
    """Start an unpacked function with the environment of the deployed one."""
    variables = deployed(running, task.name) | environment
    with RunningFunction(task, handler or HANDLERS[task.name], variables, packages_of(task)) as function:
        yield function


def deployed(running: Running, name: str) -> dict[str, str]:
    """Return the environment that a stack gives to a function. That of `run` has no heartbeat and no notifications."""
    endpoint = {"AWS_ENDPOINT_URL": running.facts["endpoint_url"]}
    if name == "heartbeat":
        base = running.facts["webhook_url"].removesuffix(running.facts["profile"])
        return {"STAGE": "dev", "WEBHOOK_URL_BASE": base, **endpoint}
    if ZIPS[name] is NOTIFICATIONS:
        return environment_of(aws_of(running), name) | endpoint
    found = aws_of(running).functions.get_function_configuration(FunctionName=f"{running.facts['stack']}-{name}")
    return {**found["Environment"]["Variables"], **endpoint}


def aws_of(running: Running) -> Aws:
    """Return the clients of the emulator."""
    return Aws.local(running.facts["endpoint_url"], running.facts["region"])


def queued(body: bytes, **more: Any) -> dict[str, Any]:
    """Return the event of the queue with one message."""
    return {"Records": [record_of(envelope_of(body), **more)]}
