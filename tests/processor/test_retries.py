"""Retries: what may pass, how often a call is tried at once, and when a message comes back."""

import re
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.session import get_session

from processor.errors import DeliveryUncertain, InProgress, Permanent, Transient
from processor.retries import CALLS, ENOUGH_SECONDS, RECORD_CALLS, RetryPolicy, code_of, is_retryable, retry_in_process

PATIENCE = RetryPolicy(max_receives=8, visibility_seconds=180, function_seconds=30, random=lambda: 0.5)


class Call:
    """Fails so often, then returns."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def later() -> Transient:
    return Transient("transient", "later")


def tried(call: Call, remaining_time: Callable[[], float] = lambda: 30.0) -> list[float]:
    """The pauses between the attempts."""
    pauses: list[float] = []
    assert retry_in_process(call, remaining_time=remaining_time, sleep=pauses.append) == "done"
    return pauses


@pytest.mark.parametrize(
    "code",
    [
        "Throttled",
        "ThrottlingException",
        "ExecutionLimitExceeded",
        "InternalError",
        "KMSThrottling",
        "KMSDisabled",
        "New",
    ],
)
def test_f31_what_may_pass(code: str) -> None:
    """Throttles, limits, faults of AWS, and whatever is not known to stay."""
    assert is_retryable(code)


@pytest.mark.parametrize(
    "code",
    [
        *(
            "AccessDenied",
            "AuthorizationError",
            "NotFound",
            "StateMachineDoesNotExist",
            "InvalidParameter",
            "NoSuchKey",
        ),
        # In the words of the entries of PutEvents, of SQS' older protocol, of botocore's own checks, of KMS.
        *("InvalidAccountIdException", "MalformedDetail", "RedactionFailure", "NotAuthorizedForSourceException"),
        *("AWS.SimpleQueueService.NonExistentQueue", "AWS.SimpleQueueService.UnsupportedOperation"),
        *("ParamValidationError", "ParameterValueInvalid", "KMS.AccessDeniedException", "KMSAccessDenied"),
    ],
)
def test_f30_what_does_not_pass(code: str) -> None:
    """What is denied, not there, or wrong in itself is so at the next attempt too."""
    assert not is_retryable(code)


def test_an_error_is_told_by_its_code_alone() -> None:
    """The text of AWS can quote the event; a missing response has the class of its error."""
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "patron-4711"}}, "Publish")
    assert code_of(denied) == "AccessDenied"
    assert code_of(ReadTimeoutError(endpoint_url="https://patron-4711")) == "ReadTimeoutError"


def at_least(low: float, _high: float) -> float:
    return low


def at_most(_low: float, high: float) -> float:
    return high


@pytest.mark.parametrize(("chance", "pauses"), [(at_least, [0, 0]), (at_most, [0.2, 0.4])])
def test_f31_a_throttled_call_is_tried_again_at_once(
    chance: Callable[[float, float], float], pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice more, after pauses by chance: what was throttled together does not come back together."""
    monkeypatch.setattr("random.uniform", chance)
    call = Call(later(), later())
    assert tried(call) == pauses
    assert call.count == 3


def test_there_is_an_end_to_it() -> None:
    """After the third failure the message comes back instead; what was raised is what goes on."""
    call = Call(*(later() for _ in range(9)))
    last = call.failures[2]
    with pytest.raises(Transient) as raised:
        tried(call)
    assert raised.value is last
    assert call.count == 3


@pytest.mark.parametrize("failure", [Permanent("refused", "no"), ValueError("bug")])
def test_f30_what_does_not_pass_is_not_tried_again(failure: Exception) -> None:
    """Permanent failures, and errors that are not AWS' at all, fail at once."""
    call = Call(failure)
    with pytest.raises(type(failure)):
        tried(call)
    assert call.count == 1


def test_f32_with_little_time_left_nothing_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A further attempt could be cut off in its middle."""
    monkeypatch.setattr("random.uniform", at_least)
    call = Call(later())
    with pytest.raises(Transient):
        tried(call, remaining_time=lambda: ENOUGH_SECONDS - 0.001)
    assert call.count == 1
    assert tried(Call(later()), remaining_time=lambda: ENOUGH_SECONDS) == [0]


def test_f32_the_pause_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left after it must be enough."""
    monkeypatch.setattr("random.uniform", at_most)
    with pytest.raises(Transient):
        tried(Call(later()), remaining_time=lambda: ENOUGH_SECONDS + 0.1)
    assert tried(Call(later()), remaining_time=lambda: ENOUGH_SECONDS + 0.3) == [0.2]


def test_f32_the_pause_before_another_attempt_counts_too() -> None:
    """What is enough now is not enough after the pause."""
    call = Call(later())
    with pytest.raises(Transient):
        tried(call, remaining_time=lambda: ENOUGH_SECONDS)
    assert call.count == 1


def test_the_sdk_does_not_retry_what_we_retry() -> None:
    """Three times three attempts would outlast the function. Records are powertools' calls, so the SDK repeats them."""
    assert CALLS.retries == {"mode": "standard", "total_max_attempts": 1}  # type: ignore[attr-defined]  # botocore's stubs lack it
    assert RECORD_CALLS.retries["total_max_attempts"] == 3  # type: ignore[attr-defined]  # as above


def test_f32_one_attempt_fits_into_what_is_kept_back_for_it() -> None:
    """To store a large body, to send and to record, each answered at the last moment: begun, it ends in time."""
    call = CALLS.connect_timeout + CALLS.read_timeout  # type: ignore[attr-defined]  # botocore's stubs lack them
    record = RECORD_CALLS.connect_timeout + RECORD_CALLS.read_timeout  # type: ignore[attr-defined]  # as above
    assert 2 * call + record <= ENOUGH_SECONDS


PASSING = {
    *("InternalError", "InternalException", "ServiceException", "RequestThrottled", "TooManyRequestsException"),
    *("ExecutionLimitExceeded", "KMSThrottling", "KmsThrottled", "KmsThrottlingException"),
    # A key can be enabled again, a quota raised, a clock set right: within hours, and that is what the waits are for.
    *("KMSDisabled", "KMSInvalidState", "KMSNotFound", "KMSOptInRequired", "InvalidSecurity"),
    *("KmsDisabled", "KmsInvalidState", "KmsNotFound", "KmsOptInRequired", "KmsInvalidKeyUsage"),
    *("KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException", "KmsInvalidStateException"),
    *("ServiceQuotaExceededException", "ResourceNotReadyException", "ResourceConflictException"),
}
# Of publishes to phones, of objects in cold storage or written in pieces, of what only a synchronous invocation meets:
# none of it can be the answer to a call of ours. An execution that exists is a duplicate, not an error.
OTHERS = re.compile(
    r"EndpointDisabled|PlatformApplicationDisabled|InvalidObjectState|InvalidRequest|InvalidWriteOffset|TooManyParts"
    r"|EncryptionTypeMismatch|ExecutionAlreadyExists|(EC2|EFS|ENI|S3Files|SnapStart|Subnet|InvalidSubnet"
    r"|InvalidSecurityGroup|InvalidRuntime|InvalidZip|CodeArtifact|Durable|ModeNot|NoPublished)\w*"
)
CALLED = {
    "sns": ["Publish"],
    "stepfunctions": ["StartExecution"],
    "sqs": ["SendMessage", "GetQueueUrl"],
    "events": ["PutEvents"],
    "lambda": ["Invoke"],
    "s3": ["GetObject", "PutObject"],
}


@pytest.mark.parametrize(("service", "operation"), [(s, o) for s, operations in CALLED.items() for o in operations])
def test_f30_every_error_that_botocore_knows_is_decided_on(service: str, operation: str) -> None:
    """Each is in one of the tables, by the code that AWS sends or by its class: a new one wants a decision."""
    model = get_session().get_service_model(service).operation_model(operation)
    names = {(shape.name, shape.metadata.get("error", {}).get("code", shape.name)) for shape in model.error_shapes}
    open_ones = [
        code
        for name, code in names
        if is_retryable(code)
        and not {name, code} & PASSING
        and not OTHERS.fullmatch(code)
        and not OTHERS.fullmatch(name)
    ]
    assert open_ones == []


def test_f30_the_absence_grows_up_to_an_hour() -> None:
    """Doubled with each receive: a target that is down for hours is not asked every three minutes."""
    assert [PATIENCE.backoff_seconds(later(), receives) for receives in range(1, 8)] == [
        180,
        360,
        720,
        1440,
        2880,
        3600,
        3600,
    ]
    assert PATIENCE.backoff_seconds(later(), 1000) == 3600
    assert PATIENCE._replace(visibility_seconds=1).backoff_seconds(later(), 10**18) == 3600


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 144), (1.0, 216)])
def test_what_failed_together_does_not_come_back_together(chance: float, seconds: int) -> None:
    """A fifth more or less, by chance."""
    assert PATIENCE._replace(random=lambda: chance).backoff_seconds(later(), 1) == seconds


def test_chance_is_chance_unless_a_test_says_otherwise() -> None:
    """Two messages in use do not get the same number."""
    retry_policy = RetryPolicy(8, 3000, 30)
    assert len({retry_policy.backoff_seconds(later(), 1) for _ in range(50)}) > 1


def test_f24_after_an_attempt_that_may_go_on_the_message_stays_away_until_it_has_ended() -> None:
    """Longer than a function can run, however short the queue's own visibility is."""
    impatient = PATIENCE._replace(visibility_seconds=2)
    assert impatient.backoff_seconds(later(), 1) == 2
    assert impatient.backoff_seconds(DeliveryUncertain("transient", "the record failed"), 1) == 33
    assert PATIENCE.backoff_seconds(DeliveryUncertain("transient", "the record failed"), 2) == 360


def test_f25_behind_an_attempt_that_goes_on_the_message_comes_back_as_soon_as_that_can_have_ended() -> None:
    """Not after the queue's long visibility: in all likelihood it is a duplicate then, and done."""
    in_progress = InProgress("transient", "in progress")
    assert [PATIENCE.backoff_seconds(in_progress, receives) for receives in (1, 2, 3, 8)] == [33, 66, 132, 3600]
    assert PATIENCE._replace(random=lambda: 0.0).backoff_seconds(in_progress, 1) == 33


@pytest.mark.parametrize(("receives", "over"), [(1, False), (7, False), (8, True), (9, True)])
def test_the_last_receive_is_the_queues_last(receives: int, over: bool) -> None:
    """After it SQS would move the message by itself, without a cause."""
    assert PATIENCE.is_exhausted(receives) is over
