"""Make standard output and error robust against encodings and closed pipes."""

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def prepare() -> None:
    """Replace the standard streams, unless they have been replaced already.

    If a reader such as `head` closes its pipe, only the output stops. The work continues, so that the exit code stays
    meaningful.
    """
    if type(sys.stdout) is TextIOWrapper:
        sys.stdout = _prepared(sys.stdout)
    if type(sys.stderr) is TextIOWrapper:
        sys.stderr = _prepared(sys.stderr)


def _prepared(stream: TextIOWrapper) -> TextIOWrapper:
    stream.flush()
    is_live = stream.isatty() or stream.line_buffering
    buffer = BufferedWriter(_Pipe(stream.fileno(), "wb", closefd=False))
    # Characters that the terminal cannot encode must not raise an error.
    return TextIOWrapper(buffer, stream.encoding, errors="backslashreplace", line_buffering=is_live)


class _Pipe(FileIO):
    """A file that discards its output once the reader has closed the pipe."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            nobody = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nobody, self.fileno())
            os.close(nobody)
            return super().write(data)
