"""Plays Alma beside `alma-webhooks run`, on this computer only: its users API, with an invented patron."""

import json
import os
import re
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import unquote

import boto3
import local_certificate
from local_story import KNOWN_TO_ALMA_ONLY, PATRON, RENEWED, Here, loan, story

_TARGET: Final = re.compile(r"/almaws/v1/users/([^/?]+)(?:/(loans|requests)\?limit=(\d+)&offset=(\d+))?")

LISTS: Final = {
    "loans": (
        "item_loan",
        [loan(RENEWED, "2030-07-26T16:00:00Z"), loan(KNOWN_TO_ALMA_ONLY, "2030-06-30T16:00:00Z")],
    ),
    "requests": (
        "user_request",
        [{"request_id": "810210007141", "title": "Tides of the Inner Harbour", "request_type": "HOLD"}],
    ),
}


class AlmaHandler(BaseHTTPRequestHandler):
    """Answers a request to Alma's users API. Every patron but the invented one has empty lists."""

    def do_GET(self) -> None:
        """Answer as Alma does."""
        found = _TARGET.fullmatch(self.path)
        if not found:
            self._answer(404, {})
        elif found[2] is None:
            self._answer(200, {"primary_id": unquote(found[1])})
        else:
            member, items = LISTS[found[2]]
            items = items if found[1] == PATRON else []
            page = items[int(found[4]) :][: int(found[3])]
            self._answer(200, {"total_record_count": len(items), member: page})

    def _answer(self, status: int, members: dict[str, Any]) -> None:
        body = json.dumps(members).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


def main() -> None:
    """Serve until the run ends."""
    here = Here.read()
    server = _serving()
    _point_functions(here, *server)
    for line in story(here):
        print(line)  # noqa: T201 -- `run` shows it
    print("ready")  # noqa: T201 -- as above


def _serving() -> tuple[int, str]:
    """Serve Alma's API, and return the port and the authority of its certificate."""
    tls, authority = local_certificate.make()
    server = ThreadingHTTPServer(("127.0.0.1", 0), AlmaHandler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever).start()
    return server.server_port, authority


def _point_functions(here: Here, port: int, authority: str) -> None:
    """Let the functions reach this server only, with keys that nobody else has."""
    stage, client = os.environ["ALMA_WEBHOOKS_STAGE"], boto3.client("lambda")
    for name in ("alma-api-key", "token-key"):
        boto3.client("ssm").put_parameter(
            Name=f"/alma-webhooks/{stage}/loan-cache/{name}",
            Value=secrets.token_urlsafe(),
            Type="SecureString",
            Overwrite=True,
        )
    for output in ("FillFunctionName", "ReadFunctionName"):
        function = here.cache[output]
        now = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        local = {"LOCAL_RECEIVER_PORT": str(port), "LOCAL_RECEIVER_AUTHORITY": authority}
        client.update_function_configuration(FunctionName=function, Environment={"Variables": {**now, **local}})


if __name__ == "__main__":
    main()
