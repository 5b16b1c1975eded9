"""The parts of the measurement of throughput: posts, chunks, the replaced functions, and what processes use."""

import io
import os
import zipfile
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.emulator_pair import FORWARDING, replace_functions
from benchmarks.emulator_use import use_of
from benchmarks.signed_posts import post_all
from benchmarks.throughput_part import decades
from scripts.alma_client.client import signature
from scripts.cli.exit_codes import FailedError
from tests.loopback import Loopback, answer

SECRET = "invented"  # pragma: allowlist secret -- for a test


def test_each_body_is_posted_once_with_its_signature() -> None:
    """Over fewer connections than there are bodies."""
    bodies = [b'{"id": "1"}', b'{"id": "2"}', b'{"id": "3"}']
    with Loopback(*[answer({})] * 3) as server:
        post_all(f"{server.url}/webhooks/alma", SECRET, bodies, 2)
    signed = {received.body: received.headers["x-exl-signature"] for received in server.received}
    assert signed == {body: signature(body, secret=SECRET) for body in bodies}


def test_a_post_is_repeated_until_it_is_accepted() -> None:
    """As Alma does; but not for ever."""
    with Loopback(answer({}, 503), answer({})) as server:
        post_all(f"{server.url}/webhooks/alma", SECRET, [b"{}"], 1)
    assert len(server.received) == 2
    with (
        Loopback(*[answer({}, 503)] * 5) as server,
        pytest.raises(FailedError, match="not answered with 200 in 5 attempts"),
    ):
        post_all(f"{server.url}/webhooks/alma", SECRET, [b"{}"], 1)


def test_powers_of_ten_are_reached_in_equal_chunks() -> None:
    """None is much larger than the others, and nothing is posted beyond the last one."""
    assert list(decades(100)) == [(1, [1]), (10, [9]), (100, [90])]
    assert list(decades(10_000))[-1] == (10_000, [500] * 18)
    assert list(decades(5)) == [(1, [1])]


def test_a_pair_replaces_the_code_of_both_functions() -> None:
    """Each zip has the handler that the template names, in a package that comes before our own."""
    updated: dict[str, Any] = {}

    def update(FunctionName: str, ZipFile: bytes) -> None:  # noqa: N803 - AWS' own names
        updated[FunctionName] = zipfile.ZipFile(io.BytesIO(ZipFile))

    aws: Any = SimpleNamespace(functions=SimpleNamespace(update_function_code=update))
    replace_functions(aws, "stack", FORWARDING)
    assert updated.keys() == {"stack-ingest", "stack-processor"}
    for name, archive in updated.items():
        package = name.removeprefix("stack-")
        assert {f"{package}/__init__.py", "benchmarks/handlers/emulator_call.py"} < set(archive.namelist())
        assert b"def lambda_handler(" in archive.read(f"{package}/handler.py")


def test_a_process_without_an_emulator_is_not_measured() -> None:
    """A figure of another process would be taken for that of the pipeline."""
    with pytest.raises(FailedError, match="The emulator's process was not found in /proc"):
        use_of(os.getpid())
