"""Run a measured process: import one handler, handle a first event, and more on command.

Imports nothing but what every interpreter has loaded or built in: what it imported, the handler would seem to need. So
events come as marshal, and what it found goes out as words of the form NAME=VALUE.
"""

import marshal
import os
import sys
import time


class Context:
    """The part of the Lambda context that handlers use."""

    function_name = "measured"
    function_version = "$LATEST"
    memory_limit_in_mb = "512"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:measured"
    aws_request_id = "00000000-0000-4000-8000-000000000000"
    log_group_name = "/aws/lambda/measured"
    log_stream_name = "measured"

    def get_remaining_time_in_millis(self) -> int:
        """Return the time of an invocation that has just begun."""
        return 30_000


def run(target: str, first_path: str, mode: str, began_ns: str) -> None:
    """Handle a first event and report on it; `mode`: `once`, `paused` before that event, or `serve` more after it.

    `target`: MODULE:FUNCTION. `first_path`: a file of events. `began_ns`: the monotonic clock's when the process was
    started. Each line of standard input names a file of more events, which are handled and reported on.
    """
    report = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what handlers print goes where it costs the same for all
    module, _, function = target.partition(":")
    __import__(module)
    handler = getattr(sys.modules[module], function)
    ready = time.monotonic_ns()
    [first] = _events(first_path)
    context = Context()
    if mode == "paused":
        _report(report, init_ns=ready - int(began_ns))
        sys.stdin.buffer.readline()
    _first(report, handler, first, context, int(began_ns), ready)
    if mode == "serve":
        for line in sys.stdin.buffer:
            _many(report, handler, _events(line.strip().decode()), context)
    os._exit(0)  # what an interpreter does at its end is no part of a cold start, and boto3's takes long


def _events(path: str):  # type: ignore[no-untyped-def] # typing is an import
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib is a dozen imports
        return marshal.load(file)  # noqa: S302 - the benchmark's own


def _first(report: int, handler, event, context: Context, began_ns: int, ready: int) -> None:  # type: ignore[no-untyped-def] # as above
    started = time.monotonic_ns()
    answer = handler(event, context)
    ended = time.monotonic_ns()
    _report(
        report,
        status=_status(answer),
        init_ns=ready - began_ns,
        handler_ns=ended - started,
        first_ns=ended - began_ns,
        modules=len(sys.modules),
        rss_kb=kilobytes(),
    )


def _many(report: int, handler, events, context: Context) -> None:  # type: ignore[no-untyped-def] # as above
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    for event in events:
        answer = handler(event, context)
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    _report(report, status=_status(answer), cpu_ns=cpu, wall_ns=wall, rss_kb=kilobytes(b"VmRSS:"))


def _status(answer: object) -> object:
    """An answer without one is that of a function that answers nobody, like the processor: it did not raise."""
    return answer.get("statusCode", 200) if isinstance(answer, dict) else 200


def _report(report: int, **facts: object) -> None:
    os.write(report, (" ".join(f"{name}={value}" for name, value in facts.items()) + "\n").encode())


def kilobytes(which: bytes = b"VmHWM:") -> int:
    """Return the peak resident size, or the current one for `VmRSS:`; not on Linux, always the peak.

    getrusage would return that of the parent, which is inherited, if it is larger.
    """
    try:
        with open("/proc/self/status", "rb") as status:  # noqa: PTH123 - as above
            return int(status.read().partition(which)[2].split()[0])
    except OSError:
        import resource  # not on Linux: no such file

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak
