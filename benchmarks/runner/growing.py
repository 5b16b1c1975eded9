"""Process many events, to find out whether time or memory grow. AWS is faked in the process.

Below ingest's connection and below botocore's session an answer is made instead of a call, so that a hundred thousand
events take seconds: what stays is ours and the SDK's own, and of what sockets do nothing is seen.
"""

import base64
import hashlib
import hmac
import marshal
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from answers import SECRET, Answers, Asked  # type: ignore[import-not-found] # beside this file where it runs
from measured import Context  # type: ignore[import-not-found] # as above

_BATCH = 500
_ANSWERS = Answers()
_NUMBER = "7777777777777777"


def run(kind: str, events_path: str, most: str) -> None:
    """Print `events`, `ns` per event and `rss_kb` at each power of ten up to `most`. `kind`: ingest or processor."""
    report = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with open(events_path, "rb") as file:  # noqa: PTH123 - as measured.py does
        template = marshal.load(file)["template"]  # noqa: S302 - the benchmark's own
    handler, event_of = _KINDS[kind](template)
    context = Context()
    done, mark = 0, 1
    while mark <= int(most):
        spent = 0
        for batch in _batches(done, mark, event_of):
            started = time.perf_counter_ns()
            for event in batch:
                handler(event, context)
            spent += time.perf_counter_ns() - started
        each = spent // (mark - done)
        os.write(report, f"events={mark} ns={each} rss_kb={_kilobytes()}\n".encode())
        done, mark = mark, mark * 10


def _batches(done: int, mark: int, event_of: Callable[[int], Any]) -> Iterator[list[Any]]:
    while done < mark:
        size = min(_BATCH, mark - done)
        yield [event_of(number) for number in range(done, done + size)]
        done += size


class _Connection:
    """A fake of the connection of ingest that responds itself."""

    def __init__(self, url: str, **_options: object) -> None:
        self.host, _, path = url.partition("://")[2].partition("/")
        self.path = f"/{path}"

    def open(self, _deadline: object) -> None:
        """Do nothing."""

    def exchange(self, method: str, path: str, headers: Any, body: bytes, _deadline: object) -> tuple[int, bytes]:
        """Return status and body of the response."""
        status, _, answer = _ANSWERS.answer(_asked(method, path, headers, body))
        return status, answer

    def close(self) -> None:
        """Do nothing."""


def _ingest(template: Any) -> tuple[Callable[..., Any], Callable[[int], Any]]:
    import ingest.connection

    ingest.connection.Connection = _Connection  # type: ignore[assignment, misc] # stands for it
    from ingest.handler import lambda_handler

    def answered(event: object, context: object) -> None:
        answer = lambda_handler(event, context)
        if answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])

    def event_of(number: int) -> Any:
        body = template["body"].replace(_NUMBER, f"{number:016d}")
        signature = base64.b64encode(hmac.digest(SECRET.encode(), body.encode(), hashlib.sha256)).decode()
        return {**template, "body": body, "headers": {**template["headers"], "x-exl-signature": signature}}

    return answered, event_of


def _processor(template: Any) -> tuple[Callable[..., Any], Callable[[int], Any]]:
    from botocore.awsrequest import AWSResponse, HeadersDict
    from botocore.httpsession import URLLib3Session

    class Raw:
        def __init__(self, content: bytes) -> None:
            self._content = content

        def stream(self) -> Iterator[bytes]:
            yield self._content

    def send(_session: object, request: Any) -> AWSResponse:
        headers = {name: _text(value) for name, value in request.headers.items()}
        path = "/" + request.url.split("/", 3)[3]
        status, kind, answer = _ANSWERS.answer(_asked(request.method, path, headers, request.body or b""))
        return AWSResponse(request.url, status, HeadersDict({"Content-Type": kind}), Raw(answer))  # type: ignore[arg-type] # as botocore's tests do

    URLLib3Session.send = send  # type: ignore[assignment, method-assign] # stands for it
    from processor.handler import lambda_handler

    [record] = template["Records"]

    def event_of(number: int) -> Any:
        return {"Records": [{**record, "body": record["body"].replace(_NUMBER, f"{number:016d}")}]}

    return lambda_handler, event_of


_KINDS = {"ingest": _ingest, "processor": _processor}


def _asked(method: str, path: str, headers: Any, body: Any) -> Asked:
    content = body.encode() if isinstance(body, str) else bytes(body)
    return Asked(method, path, {name.lower(): value for name, value in headers.items()}, content)


def _text(value: str | bytes) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value


def _kilobytes() -> int:
    """Return the resident size, or its maximum where the system does not give the current one."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - as above
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024
    except OSError:
        return int(sys.modules["measured"].peak_kilobytes())
