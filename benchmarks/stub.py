"""A TLS server on 127.0.0.1 that gives fixed AWS responses immediately, in its own process.

It reads commands from standard input, answers on standard output, and ends with the input: `counts` returns the calls
by service and operation since the last time, as JSON; `close`, `reset` and `mute` act on every open connection.
"""

import json
import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import Final

from benchmarks.connection_thread import CLOSE, MUTE, RESET, ConnectionThread
from benchmarks.runner.answers import Answers

_HOST: Final = "127.0.0.1"
_ORDERS: Final = {"close": CLOSE, "reset": RESET, "mute": MUTE}


class Stub:
    """Listens from its construction on. `certificate`: the file with key and certificate."""

    def __init__(self, certificate: Path) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self._answers = Answers()
        self._connections: list[ConnectionThread] = []
        self._listener = socket.create_server((_HOST, 0), backlog=128)
        self.port: Final = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def obey(self, line: str) -> str:
        """Carry out a command line; return the output line."""
        if line == "counts":
            counts, self._answers.counts = self._answers.counts, type(self._answers.counts)()
            return json.dumps(counts)
        for connection in self._connections:
            connection.order(_ORDERS[line])
        return "done"

    def close(self) -> None:
        """Stop listening; connections end with the process."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            self._forget_ended()
            connection = ConnectionThread(accepted, self._tls, self._answers)
            self._connections.append(connection)  # before it answers anybody, who may then order it at once
            connection.start()

    def _forget_ended(self) -> None:
        ended = [one for one in self._connections if not one.is_alive()]
        self._connections = [one for one in self._connections if one not in ended]
        for connection in ended:
            connection.forget()


def main() -> None:
    """Print the port, then serve until standard input ends."""
    stub = Stub(Path(sys.argv[1]))
    print(stub.port, flush=True)  # noqa: T201 - the parent process reads it
    for line in sys.stdin:
        print(stub.obey(line.strip()), flush=True)  # noqa: T201 - as above
    stub.close()


if __name__ == "__main__":
    main()
