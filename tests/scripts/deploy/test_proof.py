"""The proof of a deployment, with each of its endings: AWS in process, a listener on loopback, a clock that is set."""

import json
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from ingest.signature import sign
from scripts.aws.clients import Aws
from scripts.deploy.proof import Proof, Prover, lines_of, start_error
from tests.moto_resources import create_log_group, create_queue
from tests.scripts.local.loopback import Server, serving

RECEIPT = "0123456789abcdef0123456789abcdef"  # pragma: allowlist secret -- a receipt id
SECRET = "an invented secret of the heartbeat"
NAME = "/alma-webhooks/dev/heartbeat/secret"
GROUP = "/aws/lambda/alma-webhooks-dev-processor"
FAILURE = {"class": "refused", "reason": "AWS returned NotFound"}
FAULT = {"errorType": "SettingsError", "errorMessage": "Missing environment variables: TOPICS.", "stackTrace": []}


class Stage:
    """What a proof meets: the queue, the log, the listener. `then` is called at each pause with the seconds passed."""

    def __init__(self, aws: Aws, server: Server) -> None:
        self.aws, self.server = aws, server
        self.said: list[str] = []
        self.then: Callable[[float], None] = lambda _: None
        self._now = 0.0
        aws.ssm.put_parameter(Name=NAME, Value=SECRET, Type="SecureString")
        create_log_group(aws, GROUP, "s")
        self.queue = create_queue(aws, "alma-webhooks-dev-webhooks")

    def waiting(self, count: int) -> None:
        """Put this number of events on the queue."""
        for _ in range(count):
            self.aws.sqs.send_message(QueueUrl=self.queue, MessageBody="{}")

    def logged(self, **members: Any) -> None:
        """The processor writes a line."""
        event: Any = {"timestamp": round(time.time() * 1000), "message": json.dumps(members)}
        self.aws.logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=[event])

    def ends(self, outcome: str, *, at: float = 3, **members: Any) -> None:
        """Let the outcome line come after this number of seconds."""

        def then(now: float) -> None:
            if now == at:
                self.logged(message="outcome", receipt_id=RECEIPT, outcome=outcome, **members)

        self.then = then

    def prove(self) -> Proof:
        """Prove the deployment."""
        outputs = {
            "ProcessorLogGroupName": GROUP,
            "ProcessorFunctionName": "alma-webhooks-dev-processor",
            "QueueUrl": self.queue,
        }
        url = f"{self.server.url}/webhooks/heartbeat"
        return Prover(
            self.aws,
            "dev",
            outputs,
            url,
            lambda words: f"alma-webhooks {words} --stage dev",
            self.said.append,
            monotonic=lambda: self._now,
            sleep=self._sleep,
        ).prove()

    def _sleep(self, seconds: float) -> None:
        self._now += seconds
        self.then(self._now)


@pytest.fixture
def stage(aws: Aws) -> Iterator[Stage]:
    with serving(200, json.dumps({"receipt_id": RECEIPT}).encode()) as server:
        yield Stage(aws, server)


def test_f57_a_heartbeat_that_came_out_is_the_proof(stage: Stage) -> None:
    """It is signed with the heartbeat's secret and has its action; another event's outcome does not count."""
    stage.logged(message="outcome", receipt_id="another", outcome="delivered")
    stage.ends("delivered", at=3)
    assert stage.prove() == Proof("proven", RECEIPT, 3.0)
    [request] = stage.server.requests
    assert (request.method, request.path) == ("POST", "/webhooks/heartbeat")
    assert request.headers["x-exl-signature"] == sign(request.body, SECRET).decode()
    assert json.loads(request.body)["action"] == "HEARTBEAT"


def test_f57_a_second_receive_of_a_delivered_heartbeat_is_a_proof_too(stage: Stage) -> None:
    """Where the first answer was lost, the delivery was made all the same."""
    stage.ends("duplicate")
    assert stage.prove().state == "proven"


def test_f57_a_heartbeat_behind_other_events_is_accepted(stage: Stage) -> None:
    """It says how many are ahead, and which command follows it."""
    stage.waiting(3)
    proof = stage.prove()
    assert proof[:4] == ("accepted", RECEIPT, 60.0, 3)
    assert proof.follow == f"alma-webhooks trace {RECEIPT} --stage dev"
    assert stage.said[0] == f"heartbeat {RECEIPT} accepted; waiting up to 60 s for its outcome"
    assert stage.said[1:] == [f"no outcome yet; {left} s left" for left in (50, 40, 30, 20, 10)]


def test_f57_an_outcome_counts_although_events_waited(stage: Stage) -> None:
    """If the backlog is processed in time, the proof waits for the outcome."""
    stage.waiting(3)
    stage.ends("delivered", at=59)
    assert stage.prove().state == "proven"


@pytest.mark.parametrize(("before", "come"), [(0, 0), (0, 4), (3, 0)])
def test_f57_no_outcome_without_events_ahead_fails(stage: Stage, before: int, come: int) -> None:
    """Events that came after it, or were worked off meanwhile, are not ahead of it."""
    stage.waiting(before)

    def then(now: float) -> None:
        if now == 2:
            stage.aws.sqs.purge_queue(QueueUrl=stage.queue)
            stage.waiting(come)

    stage.then = then
    proof = stage.prove()
    assert (proof.state, proof.seconds) == ("failed", 60.0)
    assert proof.problem == "it has no outcome after 60 s. Find out why: alma-webhooks doctor --stage dev"


def test_f57_a_failed_attempt_is_named(stage: Stage) -> None:
    """A retry comes too late to be a proof."""
    stage.then = lambda now: stage.logged(message="retry", receipt_id=RECEIPT, failure=FAILURE) if now == 2 else None
    proof = stage.prove()
    assert proof.state == "failed"
    assert "no outcome after 60 s and its last attempt failed (refused: AWS returned NotFound)" in proof.problem


@pytest.mark.parametrize("waiting", [0, 5])
def test_f57_a_processor_that_cannot_start_fails_also_with_events_ahead(stage: Stage, waiting: int) -> None:
    """Its own error is shown, and the rest of the minute is not waited for: a backlog of a broken processor grows."""
    stage.waiting(waiting)
    stage.then = lambda now: stage.logged(**FAULT) if now == 2 else None
    proof = stage.prove()
    assert (proof.state, proof.seconds) == ("failed", 12.0)
    assert proof.problem == (
        "the processor fails: SettingsError: Missing environment variables: TOPICS. Fix that and deploy again. Then "
        "replay the dead letters that it caused: alma-webhooks dead-letters replay --cause crashed --stage dev"
    )


def test_f57_the_last_error_of_the_code_before_is_no_failure(stage: Stage) -> None:
    """A deployment that corrects a processor is proven by the outcome."""
    stage.ends("delivered", at=8)
    outcome = stage.then

    def then(now: float) -> None:
        if now == 1:
            stage.logged(**FAULT)
        outcome(now)

    stage.then = then
    assert stage.prove().state == "proven"


def test_f57_an_event_that_is_tried_again_is_no_fault(stage: Stage) -> None:
    """Its run ends with an error by design; events behind it wait."""
    stage.waiting(1)
    stage.then = lambda _: stage.logged(errorType="Transient", errorMessage="AWS returned Throttled")
    assert stage.prove().state == "accepted"


@pytest.mark.parametrize(
    ("outcome", "members", "problem"),
    [
        (
            "dead",
            {"failure": FAILURE},
            f"a dead letter (refused: AWS returned NotFound). Find out why: alma-webhooks "
            f"dead-letters explain {RECEIPT} --stage dev",
        ),
        (
            "ignored",
            {},
            f"its outcome is ignored, which is not expected of a heartbeat. Find out why: alma-webhooks "
            f"trace {RECEIPT} --stage dev",
        ),
    ],
)
def test_f57_any_other_outcome_fails(stage: Stage, outcome: str, members: dict[str, Any], problem: str) -> None:
    """With the failure, and the command that says more."""
    stage.ends(outcome, **members)
    proof = stage.prove()
    assert (proof.state, proof.receipt_id, proof.seconds) == ("failed", RECEIPT, 3.0)
    assert problem in proof.problem


@pytest.mark.parametrize(("status", "posts"), [(401, 1), (404, 1), (429, 1), (503, 6)])
def test_f57_a_listener_that_does_not_answer_200_fails(stage: Stage, status: int, posts: int) -> None:
    """A 5XX is repeated, as Alma does, until the minute is over; nothing else is."""
    stage.server.answer = (status, b'{"error": "not now"}')
    proof = stage.prove()
    assert proof.state == "failed"
    assert proof.problem == (
        f"the listener answered {status} (not now). Find out why: alma-webhooks doctor --stage dev"
    )
    assert len(stage.server.requests) == posts


def test_f57_a_listener_that_becomes_ready_is_a_proof(stage: Stage) -> None:
    """What is posted again is another heartbeat, or it would be a duplicate."""
    good, stage.server.answer = stage.server.answer, (503, b"{}")

    def then(now: float) -> None:
        if now == 3:
            stage.server.answer = good
            stage.logged(message="outcome", receipt_id=RECEIPT, outcome="delivered")

    stage.then = then
    assert stage.prove().state == "proven"
    assert len({request.body for request in stage.server.requests}) == 3


@pytest.mark.parametrize("value", [None, " "])
def test_f57_a_missing_secret_fails_with_the_command_that_makes_it(stage: Stage, value: str | None) -> None:
    """A blank one is none; nothing is posted."""
    stage.aws.ssm.delete_parameter(Name=NAME)
    if value:
        stage.aws.ssm.put_parameter(Name=NAME, Value=value, Type="SecureString")
    assert stage.prove().problem == (
        "the profile has no secret. Create one: alma-webhooks secret create heartbeat --stage dev, and deploy again"
    )
    assert stage.server.requests == []


def test_f57_what_aws_refuses_fails_with_the_reason(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A right that is missing proves nothing; the secret is in no sentence."""

    def refuse(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "FilterLogEvents")

    monkeypatch.setattr(stage.aws.logs, "get_paginator", lambda _: type("P", (), {"paginate": staticmethod(refuse)}))
    proof = stage.prove()
    assert proof.state == "failed"
    assert proof.problem.startswith("AWS rejected FilterLogEvents: AccessDeniedException, not you. Find out why: ")
    assert SECRET not in f"{proof}{stage.said}"


def test_f57_nobody_listening_fails(stage: Stage) -> None:
    """One sentence with the address."""
    stage.server.port = 9
    assert stage.prove().problem.startswith("Nothing listens at http://127.0.0.1:9.")


def answer(payload: Any, **more: Any) -> dict[str, Any]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return {"StatusCode": 200, "Payload": StreamingBody(BytesIO(raw), len(raw)), **more}


def test_f57_only_its_own_lines_and_errors_are_asked_for(clients: Aws) -> None:
    """A busy processor writes thousands of lines a minute, from the post's moment on."""
    lines: list[Any] = [
        "START RequestId: x",
        json.dumps({"message": "outcome", "receipt_id": "other", "outcome": "dead"}),
        json.dumps({"message": "retry", "receipt_id": "r", "receives": 1}),
        json.dumps({"message": "outcome", "receipt_id": "r", "outcome": "delivered"}),
        json.dumps({"errorType": "A", "errorMessage": "b\x1b[2J."}),
        json.dumps({"errorType": "C", "errorMessage": "d"}),
    ]
    with Stubber(clients.logs) as stub:
        stub.add_response(
            "filter_log_events",
            {"events": [{"timestamp": 1, "message": line} for line in lines]},
            {
                "logGroupName": "/group",
                "startTime": 1000,
                "endTime": 86_401_000,
                "filterPattern": '{ ($.receipt_id = "r") || ($.errorType = "*") }',
            },
        )
        found = lines_of(clients, "/group", 1000, "r")
    assert (found.outcome["outcome"], found.retry["receives"]) == ("delivered", 1)
    assert found.fault == "A: b\\x1b[2J"


@pytest.mark.parametrize(
    ("payload", "error", "fault"),
    [
        (
            {"errorType": "SettingsError", "errorMessage": "TOPICS is missing."},
            "Unhandled",
            "SettingsError: TOPICS",
        ),
        ({"errorType": "SettingsError"}, None, ""),
        (b"not JSON", "Unhandled", ""),
        (None, None, ""),
    ],
)
def test_f57_a_emulator_is_asked_whether_the_processor_starts(
    clients: Aws, payload: Any, error: str | None, fault: str
) -> None:
    """It writes no line when a function cannot start."""
    with Stubber(clients.functions) as stub:
        more = {"FunctionError": error} if error else {}
        asked = {"FunctionName": "processor", "Payload": b'{"Records": []}'}
        stub.add_response("invoke", answer(payload, **more), asked)
        found = start_error(clients, "processor")
        assert found.startswith(fault) if fault else not found


def test_f57_on_aws_nobody_runs_the_processor(aws: Aws) -> None:
    """A deployer needs no right to; the log has the error."""
    assert start_error(aws, "no-such-function") == ""
