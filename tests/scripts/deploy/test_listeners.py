"""The listeners around a deployment: secrets that are missing or blank, and answers to a challenge."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError
from scripts.deploy.listeners import answers, without_secret


def put(aws: Aws, name: str, value: str) -> None:
    aws.ssm.put_parameter(Name=f"/alma-webhooks/dev/{name}", Value=value, Type="SecureString")


def test_profiles_without_a_secret_are_named(aws: Aws) -> None:
    """A secret of another stage or profile is none of theirs."""
    put(aws, "alma/secret", "invented")
    aws.ssm.put_parameter(Name="/alma-webhooks/prod/b/secret", Value="invented", Type="SecureString")
    assert without_secret(aws.ssm, "dev", ["alma", "b"]) == ["b"]


def test_f07_a_blank_secret_is_refused(aws: Aws) -> None:
    """The listener would answer 503 for ever, so the user has to decide."""
    put(aws, "alma/secret", " ")
    with pytest.raises(RejectedError, match="/alma-webhooks/dev/alma/secret is blank"):
        without_secret(aws.ssm, "dev", ["alma"])


def test_f57_a_deployer_need_not_read_the_secrets(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there, is known by its name."""
    put(aws, "alma/secret", "invented")

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "GetParameters")

    monkeypatch.setattr(aws.ssm, "get_parameters", refuse)
    assert without_secret(aws.ssm, "dev", ["alma", "b"]) == ["b"]


@contextmanager
def listener(answer: Callable[[int, str], tuple[int, str]]) -> Iterator[str]:
    """A listener that answers the n-th challenge so, and its URL."""
    count = 0

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            nonlocal count
            count += 1
            status, text = answer(count, parse_qs(urlsplit(self.path).query)["challenge"][0])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/webhooks/alma"
        finally:
            server.shutdown()
            thread.join()


def test_an_answered_challenge_is_enough() -> None:
    """At once, without a pause."""
    pauses = list[float]()
    with listener(lambda _, challenge: (200, json.dumps({"challenge": challenge}))) as url:
        assert answers(url, pauses.append) is None
    assert pauses == []


def test_a_new_address_gets_time() -> None:
    """What fails at first is tried again, with growing pauses."""
    pauses = list[float]()
    with listener(lambda n, challenge: (404, "") if n < 3 else (200, json.dumps({"challenge": challenge}))) as url:
        assert answers(url, pauses.append) is None
    assert pauses == [1.0, 2.0]


@pytest.mark.parametrize(
    ("status", "text", "problem"),
    [
        (503, "", "it answered 503"),
        (200, '{"challenge": "another"}', "the response does not contain the challenge"),
        (200, "<html>", "the response does not contain the challenge"),
    ],
)
def test_a_wrong_answer_is_reported(status: int, text: str, problem: str) -> None:
    """After eight attempts the problem of the last one is returned."""
    pauses = list[float]()
    with listener(lambda *_: (status, text)) as url:
        assert answers(url, pauses.append) == problem
    assert (len(pauses), max(pauses)) == (7, 15.0)


def test_no_answer_is_reported() -> None:
    """A name that does not resolve yet, and a port without a listener."""
    problem = answers("http://127.0.0.1:9/webhooks/alma", lambda _: None)
    assert problem
    assert problem.startswith("no response (")
