"""Standard output and error as a command needs them: no encoding and no closed pipe changes how it ends."""

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def prepare() -> None:
    """Replace the standard streams, unless something else has done so.

    A reader that closes its pipe, as `head` does, ends only the output. The work goes on, so that the exit code still
    says how it ended.
    """
    if type(sys.stdout) is TextIOWrapper:
        sys.stdout = _prepared(sys.stdout)
    if type(sys.stderr) is TextIOWrapper:
        sys.stderr = _prepared(sys.stderr)


def _prepared(stream: TextIOWrapper) -> TextIOWrapper:
    stream.flush()
    is_live = stream.isatty() or stream.line_buffering
    buffer = BufferedWriter(_Pipe(stream.fileno(), "wb", closefd=False))
    # A terminal's encoding must not end a run.
    return TextIOWrapper(buffer, stream.encoding, errors="backslashreplace", line_buffering=is_live)


class _Pipe(FileIO):
    """A file whose output goes to nobody once its reader has closed the pipe."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            nobody = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nobody, self.fileno())
            os.close(nobody)
            return super().write(data)
