"""Test the checks of each profile: secrets, rotations, retired profiles and listeners. No secret is ever shown."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts.doctor.check import Finding, Health, Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, WARNING, found

CURRENT, PREVIOUS = "invented-current-secret-4711", "invented-previous-secret-4711"


def put_secret(subject: Subject, profile: str, which: str, value: str) -> None:
    name = f"/alma-webhooks/dev/{profile}/{which}"
    subject.scope.aws.ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


@pytest.mark.parametrize(
    ("kept", "state", "command"),
    [
        ({}, UNHEALTHY, "secret create"),
        ({"secret": "  \n"}, UNHEALTHY, "secret create"),
        ({"secret": CURRENT}, OK, ""),
        ({"previous-secret": PREVIOUS}, UNHEALTHY, "secret rotate"),
        ({"secret": CURRENT, "previous-secret": CURRENT}, OK, "secret rotate"),
        ({"secret": CURRENT, "previous-secret": PREVIOUS}, OK, "secret rotate"),  # waiting for the listeners
    ],
)
def test_a_missing_or_blank_secret_is_unhealthy(
    subject: Subject, kept: dict[str, str], state: Health, command: str
) -> None:
    """An unfinished rotation is shown with its next step."""
    put_secret(subject, "consortium", "secret", CURRENT)
    for which, value in kept.items():
        put_secret(subject, "alma", which, value)
    one, other = found(subject, "secret")
    assert (one.state, one.message[:5]) == (state, "alma ")
    assert one.fix == (f"alma-webhooks {command} alma --stage dev" if command else "")
    assert (other.state, other.message, other.fix) == (OK, "consortium has its secret", "")
    assert not {CURRENT, PREVIOUS} & set(f"{one} {other}".replace("'", " ").split())


def test_a_rotation_that_is_complete_has_to_be_retired(subject: Subject) -> None:
    """Once every listener knows both secrets, the old one must be retired."""
    put_secret(subject, "alma", "secret", CURRENT)
    put_secret(subject, "alma", "previous-secret", PREVIOUS)
    outputs = subject.scope.stack.outputs | {"SecretLifetimeSeconds": "-11"}  # the wait is over at once
    stack = subject.scope.stack._replace(outputs=outputs)
    finding = found(subject._replace(scope=subject.scope._replace(stack=stack)), "secret")[0]
    assert (finding.state, finding.fix) == (OK, "alma-webhooks secret retire alma --stage dev")


def test_f60_a_short_secret_is_a_warning(subject: Subject) -> None:
    """The fix is a rotation; neither the secret nor its length is shown."""
    put_secret(subject, "alma", "secret", CURRENT)
    put_secret(subject, "alma", "previous-secret", "short-4711")
    put_secret(subject, "consortium", "secret", "ö" * 11)
    findings = [each for each in found(subject, "secret") if each.state is WARNING]
    assert [(each.message, each.fix) for each in findings] == [
        (
            "the previous secret of alma has fewer than 24 bytes, which is too short to be safe",
            "alma-webhooks secret rotate alma --stage dev",
        ),
        (
            "the current secret of consortium has fewer than 24 bytes, which is too short to be safe",
            "alma-webhooks secret rotate consortium --stage dev",
        ),
    ]


def put_names(subject: Subject, *places: str) -> None:
    for place in places:
        subject.scope.aws.ssm.put_parameter(Name=f"/alma-webhooks/{place}", Value="invented", Type="SecureString")


def retiring(subject: Subject, names: str) -> Subject:
    parameters = {**subject.pipeline.parameters, "RetiredProfiles": names}
    return subject._replace(pipeline=subject.pipeline._replace(parameters=parameters))


def test_f56_a_retired_profile_is_a_warning_with_both_ways_out(subject: Subject) -> None:
    """Served profiles and those of other stages are not reported."""
    put_names(subject, "dev/alma/secret", "dev/gone/secret", "stg/other/secret")
    [finding] = found(retiring(subject, "gone"), "retired")
    assert (finding.state, finding.message[:39]) == (WARNING, "gone has a secret but is not served: it")
    assert finding.fix == (
        "add gone to alma_profiles in alma-webhooks.yaml; then alma-webhooks deploy --stage dev, or: alma-webhooks "
        "secret delete gone --stage dev"
    )


def test_f56_a_profile_unknown_to_the_listener_is_unhealthy(subject: Subject) -> None:
    """Its path answers 404, and events are lost; it was deployed by other means, or its secret is newer."""
    put_names(subject, "dev/gone/secret", "dev/old/previous-secret")
    findings = found(retiring(subject, "gone"), "retired")
    assert [each.state for each in findings] == [WARNING, UNHEALTHY]
    assert findings[1].message.startswith("old has a secret but is not served: it answers 404")


def test_a_stack_that_serves_all_profiles_is_healthy(subject: Subject) -> None:
    """One line shows that the check ran."""
    put_names(subject, "dev/alma/secret")
    assert [each.state for each in found(subject, "retired")] == [OK]


Look = Callable[[int, str], Finding]


@pytest.fixture
def look(subject: Subject) -> Iterator[Look]:
    """Return the finding for a listener with this response; CHALLENGE stands for the challenge sent."""
    answer: list[tuple[int, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            assert parts.path in {"/webhooks/alma", "/webhooks/consortium"}
            [challenge] = parse_qs(parts.query)["challenge"]
            status, body = answer[-1]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.replace("CHALLENGE", challenge).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def asked(status: int, body: str) -> Finding:
        answer.append((status, body))
        url = f"http://127.0.0.1:{server.server_port}/webhooks/"
        stack = subject.scope.stack._replace(outputs=subject.scope.stack.outputs | {"WebhookUrlBase": url})
        return found(subject._replace(scope=subject.scope._replace(stack=stack)), "listener")[0]

    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_listener_that_answers_the_challenge_is_healthy(look: Look) -> None:
    """It must return the challenge that was sent."""
    finding = look(200, '{"challenge":"CHALLENGE"}')
    assert (finding.state, finding.fix) == (OK, "")
    assert finding.message.endswith("/webhooks/alma answers the challenge")


@pytest.mark.parametrize(
    ("status", "body", "fix"),
    [
        (503, '{"error":"x"}', "alma-webhooks secret status alma --stage dev"),
        (404, '{"error":"x"}', "read the log of ingest: ingest"),
        (200, '{"challenge":"another"}', "read the log of ingest"),
        (200, "<html>", "read the log of ingest"),
        (201, '{"challenge":"CHALLENGE"}', "read the log of ingest"),
    ],
)
def test_another_answer_is_unhealthy(look: Look, status: int, body: str, fix: str) -> None:
    """Alma could not activate the profile; 503 most likely means that the secret is missing."""
    finding = look(status, body)
    assert (finding.state, finding.fix[: len(fix)]) == (UNHEALTHY, fix)
    assert f" answers {status} " in finding.message


def test_an_unreachable_listener_is_unhealthy(subject: Subject) -> None:
    """This covers a closed port and an invalid address."""
    for url in ("http://127.0.0.1:9/webhooks/", "no address/"):
        stack = subject.scope.stack._replace(outputs=subject.scope.stack.outputs | {"WebhookUrlBase": url})
        findings = found(subject._replace(scope=subject.scope._replace(stack=stack)), "listener")
        assert [finding.state for finding in findings] == [UNHEALTHY, UNHEALTHY]
        assert all(f"{url}alma does not respond: " in finding.message for finding in findings[:1])
