"""Retries: which failures are transient, how calls are retried, and when a message is received again."""

import re
from collections.abc import Callable

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.session import get_session

from processor.errors import DeliveryUncertain, InProgress, Permanent, Transient
from processor.retries import CALLS, ENOUGH_SECONDS, RECORD_CALLS, RetryPolicy, code_of, is_retryable, retry_in_process

POLICY = RetryPolicy(max_receives=8, visibility_seconds=180, function_seconds=30, random=lambda: 0.5)


class Call:
    """Fails a number of times, then returns."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def transient_failure() -> Transient:
    return Transient("transient", "later")


def pauses_of(call: Call, remaining_time: Callable[[], float] = lambda: 30.0) -> list[float]:
    """Returns the pauses between the attempts."""
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
def test_f31_transient_errors(code: str) -> None:
    """Throttles, limits, AWS faults and unknown errors are transient."""
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
        # Codes of PutEvents entries, of the older SQS protocol, of botocore's own checks and of KMS.
        *("InvalidAccountIdException", "MalformedDetail", "RedactionFailure", "NotAuthorizedForSourceException"),
        *("AWS.SimpleQueueService.NonExistentQueue", "AWS.SimpleQueueService.UnsupportedOperation"),
        *("ParamValidationError", "ParameterValueInvalid", "KMS.AccessDeniedException", "KMSAccessDenied"),
    ],
)
def test_f30_permanent_errors(code: str) -> None:
    """Denied, missing and invalid requests are permanent failures."""
    assert not is_retryable(code)


def test_an_error_is_described_by_its_code_only() -> None:
    """The text of an AWS error can quote the event; an error without a response is named by its class."""
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "patron-4711"}}, "Publish")
    assert code_of(denied) == "AccessDenied"
    assert code_of(ReadTimeoutError(endpoint_url="https://patron-4711")) == "ReadTimeoutError"


def at_least(low: float, _high: float) -> float:
    return low


def at_most(_low: float, high: float) -> float:
    return high


@pytest.mark.parametrize(("chance", "pauses"), [(at_least, [0, 0]), (at_most, [0.2, 0.4])])
def test_f31_a_throttled_call_is_retried_immediately(
    chance: Callable[[float, float], float], pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A throttled call is retried twice, after random pauses that spread concurrent retries."""
    monkeypatch.setattr("random.uniform", chance)
    call = Call(transient_failure(), transient_failure())
    assert pauses_of(call) == pauses
    assert call.count == 3


def test_retries_are_limited() -> None:
    """After the third failure the original error is raised and the message is retried by SQS."""
    call = Call(*(transient_failure() for _ in range(9)))
    last = call.failures[2]
    with pytest.raises(Transient) as raised:
        pauses_of(call)
    assert raised.value is last
    assert call.count == 3


@pytest.mark.parametrize("failure", [Permanent("refused", "no"), ValueError("bug")])
def test_f30_permanent_errors_are_not_retried(failure: Exception) -> None:
    """Permanent failures, and exceptions that are not from AWS, fail at once."""
    call = Call(failure)
    with pytest.raises(type(failure)):
        pauses_of(call)
    assert call.count == 1


def test_f32_a_call_is_not_retried_with_little_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt is not started if the time could end in the middle of it."""
    monkeypatch.setattr("random.uniform", at_least)
    call = Call(transient_failure())
    with pytest.raises(Transient):
        pauses_of(call, remaining_time=lambda: ENOUGH_SECONDS - 0.001)
    assert call.count == 1
    assert pauses_of(Call(transient_failure()), remaining_time=lambda: ENOUGH_SECONDS) == [0]


def test_f32_the_pause_counts_against_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that is left after the pause must be enough for another attempt."""
    monkeypatch.setattr("random.uniform", at_most)
    with pytest.raises(Transient):
        pauses_of(Call(transient_failure()), remaining_time=lambda: ENOUGH_SECONDS + 0.1)
    assert pauses_of(Call(transient_failure()), remaining_time=lambda: ENOUGH_SECONDS + 0.3) == [0.2]


def test_f32_the_pause_before_a_further_attempt_counts_too() -> None:
    """A call is not retried if the pause would use up the time."""
    call = Call(transient_failure())
    with pytest.raises(Transient):
        pauses_of(call, remaining_time=lambda: ENOUGH_SECONDS)
    assert call.count == 1


def test_the_sdk_does_not_retry_calls_that_the_processor_retries() -> None:
    """Nine attempts would exceed the time limit; only the calls of powertools are retried by the SDK."""
    assert CALLS.retries == {"mode": "standard", "total_max_attempts": 1}  # type: ignore[attr-defined]  # botocore's stubs lack it
    assert RECORD_CALLS.retries["total_max_attempts"] == 3  # type: ignore[attr-defined]  # as above


def test_f32_one_attempt_fits_into_the_reserved_time() -> None:
    """Storing a large body, sending and recording end in time, even if each answer comes at the last moment."""
    call = CALLS.connect_timeout + CALLS.read_timeout  # type: ignore[attr-defined]  # botocore's stubs lack them
    record = RECORD_CALLS.connect_timeout + RECORD_CALLS.read_timeout  # type: ignore[attr-defined]  # as above
    assert 2 * call + record <= ENOUGH_SECONDS


PASSING = {
    *("InternalError", "InternalException", "ServiceException", "RequestThrottled", "TooManyRequestsException"),
    *("ExecutionLimitExceeded", "KMSThrottling", "KmsThrottled", "KmsThrottlingException"),
    # A key can be enabled, a quota raised or a clock corrected within the hours of the retries.
    *("KMSDisabled", "KMSInvalidState", "KMSNotFound", "KMSOptInRequired", "InvalidSecurity"),
    *("KmsDisabled", "KmsInvalidState", "KmsNotFound", "KmsOptInRequired", "KmsInvalidKeyUsage"),
    *("KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException", "KmsInvalidStateException"),
    *("ServiceQuotaExceededException", "ResourceNotReadyException", "ResourceConflictException"),
}
# Errors of SMS, of cold storage and multipart uploads, and of synchronous invocations, which the processor
# does not use. An execution that exists is a duplicate, not an error.
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
def test_f30_every_error_known_to_botocore_is_classified(service: str, operation: str) -> None:
    """Each error is in one of the tables, by its code or its class; a new error needs a decision."""
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


def test_f30_the_delay_grows_up_to_an_hour() -> None:
    """The delay doubles with each receive, up to an hour."""
    assert [POLICY.backoff_seconds(transient_failure(), receives) for receives in range(1, 8)] == [
        180,
        360,
        720,
        1440,
        2880,
        3600,
        3600,
    ]
    assert POLICY.backoff_seconds(transient_failure(), 1000) == 3600
    assert POLICY._replace(visibility_seconds=1).backoff_seconds(transient_failure(), 10**18) == 3600


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 144), (1.0, 216)])
def test_delays_are_randomized(chance: float, seconds: int) -> None:
    """Delays vary by a fifth, so that messages that failed together are not retried together."""
    assert POLICY._replace(random=lambda: chance).backoff_seconds(transient_failure(), 1) == seconds


def test_delays_are_random_by_default() -> None:
    """Two messages do not get the same random number."""
    retry_policy = RetryPolicy(8, 3000, 30)
    assert len({retry_policy.backoff_seconds(transient_failure(), 1) for _ in range(50)}) > 1


def test_f24_a_message_stays_hidden_until_an_uncertain_attempt_has_ended() -> None:
    """The message is hidden for longer than a function can run, even if the queue's visibility timeout is shorter."""
    short_visibility = POLICY._replace(visibility_seconds=2)
    assert short_visibility.backoff_seconds(transient_failure(), 1) == 2
    assert short_visibility.backoff_seconds(DeliveryUncertain("transient", "the record failed"), 1) == 33
    assert POLICY.backoff_seconds(DeliveryUncertain("transient", "the record failed"), 2) == 360


def test_f25_behind_an_attempt_in_progress_a_message_returns_when_that_has_ended() -> None:
    """The message does not wait for the queue's long visibility timeout, because it is probably a duplicate."""
    in_progress = InProgress("transient", "in progress")
    assert [POLICY.backoff_seconds(in_progress, receives) for receives in (1, 2, 3, 8)] == [33, 66, 132, 3600]
    assert POLICY._replace(random=lambda: 0.0).backoff_seconds(in_progress, 1) == 33


@pytest.mark.parametrize(("receives", "over"), [(1, False), (7, False), (8, True), (9, True)])
def test_the_last_receive_is_the_queues_last(receives: int, over: bool) -> None:
    """After the last receive, SQS would move the message without a cause."""
    assert POLICY.is_exhausted(receives) is over


@pytest.mark.parametrize("config", [CALLS, RECORD_CALLS])
def test_calls_skip_what_botocore_repeats_each_time(config: Config) -> None:
    """The text about the computer, composed anew, and the check of parameters, which AWS makes too."""
    options = vars(config)  # the type has no attributes
    assert options["user_agent"].startswith("Botocore/")
    assert options["parameter_validation"] is False
