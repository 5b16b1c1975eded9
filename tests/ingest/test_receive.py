"""The listener checks requests in a fixed order; each check has its answer."""

import gzip
from typing import Any, get_args

import pytest

from ingest.aws import AwsError
from ingest.deadline import Deadline
from ingest.envelope import MAX_QUEUED_BYTES, Envelope
from ingest.gateway import Request
from ingest.literals import RejectionReason
from ingest.profile_secrets import NoUsableSecretError, ProfileSecrets, SecretsUnavailableError
from ingest.receive import Listener, ListenerResponse, RejectedRequest
from ingest.signature import sign
from tests.envelopes import decoded
from tests.ingest.clocks import FakeClock
from tests.ingest.fake_ports import DEADLINE, FakeBucket, FakeQueue, FakeSecrets

BODY = '{"progress":209.0,"title":"数の庭"}\n'.encode()


class Case:
    """A listener for the profiles alma and consortium."""

    def __init__(
        self,
        known: tuple[str, ...] | Exception = ("current", "previous"),
        fresh: tuple[str, ...] | Exception = (),
        failure: Exception | None = None,
        overflow_failure: Exception | None = None,
    ) -> None:
        self.queue = FakeQueue(failure)
        self.bucket = FakeBucket(overflow_failure)
        self.listener = Listener(
            ("alma", "consortium"),
            FakeSecrets(known, fresh),
            self.queue,
            self.bucket,
            retired=("retired", "consortium"),
            wall=FakeClock(1_780_000_000.0078),
            new_receipt_id=lambda: "receipt",
        )

    def post(
        self, body: bytes = BODY, secret: str = "current", headers: dict[str, str] | None = None
    ) -> ListenerResponse:
        signed = {"x-exl-signature": sign(body, secret).decode()}
        return self.answer("POST", body=body, headers=signed | (headers or {}))

    def answer(
        self,
        method: str,
        path: str = "/webhooks/alma",
        *,
        challenge: str = "",
        body: bytes | None = b"",
        headers: dict[str, str] | None = None,
    ) -> ListenerResponse:
        return self.listener.answer(Request(method, path, challenge, headers or {}, body, None), DEADLINE)


def rejected(case: Case, method: str, path: str = "/webhooks/alma", **more: object) -> int:
    with pytest.raises(RejectedRequest) as rejected:
        case.answer(method, path, **more)  # type: ignore[arg-type]  # passed on unchanged
    assert case.queue.messages == []
    assert str(rejected.value).endswith(".")
    return rejected.value.status


def rejection_of(case: Case, request: Request) -> RejectedRequest:
    with pytest.raises(RejectedRequest) as rejected:
        case.listener.answer(request, DEADLINE)
    return rejected.value


def rejected_sentence(
    case: Case, body: bytes, secret: str, *, is_text: bool = True, path: str = "/webhooks/alma"
) -> str:
    headers = {"x-exl-signature": sign(body, secret).decode()}
    rejected = rejection_of(case, Request("POST", path, "", headers, body, None, is_text))
    assert rejected.status == 401
    return rejected.facts["reason"]


def test_f56_a_retired_profile_answers_503_for_every_method() -> None:
    """Alma retries after a 503, so the profile is checked before the method, and no secret is read."""
    case = Case(known=AssertionError("a secret is read"))
    path = "/webhooks/retired"
    assert [rejected(case, method, path, challenge="c") for method in ("POST", "GET", "PUT")] == [503] * 3
    for headers in ({}, {"x-exl-signature": sign(b"{}", "current").decode()}):
        error = rejection_of(case, Request("POST", path, "", headers, b"{}", None, is_text=True))
        assert error.facts == {"reason": "retired-profile", "profile": "retired"}


def test_f56_a_profile_that_is_served_is_not_retired() -> None:
    """A profile that is listed as served and as retired is served."""
    case = Case()
    assert rejected(case, "POST", "/webhooks/consortium", body=b"") == 400
    assert rejected(case, "PUT", "/webhooks/consortium") == 405


def test_f56_only_the_exact_path_of_a_retired_profile_answers_503() -> None:
    """A trailing slash, another prefix or another case is an unknown path."""
    paths = ("/webhooks/retired/", "/retired", "retired", "/webhooks/Retired", "/webhooks/")
    assert {rejected(Case(), "POST", path) for path in paths} == {404}


NO_SECRET = NoUsableSecretError()
DOWN = SecretsUnavailableError("TimeoutError")


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "/webhooks",
            "/webhooks/",
            "/webhooks/nobody",
            "/webhooks/alma/",
            "/webhooks//alma",
            "/webhooks/ALMA",
        ),
        *("/webhooks/alma/x", "/webhooks/../webhooks/alma", "/webhooks/%61lma", "/x/webhooks/alma", "alma", "/alma"),
        "/webhooks/alma,consortium",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", ""])
def test_f19_an_unknown_path_is_404_for_every_method(method: str, path: str) -> None:
    """Any path but the exact one of a profile is a 404, with or without a secret."""
    assert rejected(Case(NO_SECRET), method, path, body=BODY, challenge="c") == 404


def request_of(
    method: str = "POST",
    path: str = "/webhooks/alma",
    *,
    challenge: str = "",
    signature: str = "wrong",
    body: bytes | None = BODY,
) -> Request:
    return Request(method, path, challenge, {"x-exl-signature": signature}, body, None, is_text=True)


RIGHT = sign(BODY, "current").decode()
LARGE = b"x" * MAX_QUEUED_BYTES
BUSY = AwsError("TimeoutError")
REJECTIONS: dict[str, tuple[dict[str, Any], Request, int, str]] = {
    "unknown-path": ({}, request_of(path="/webhooks/nobody"), 404, "There is no such profile here."),
    "unknown-path-signed": (
        *({}, request_of(path="/webhooks/nobody", signature=RIGHT), 404),
        "There is no such profile here.",
    ),
    "retired-profile": (
        *({}, request_of(path="/webhooks/retired"), 503),
        "This profile is not served at present; send the request again later.",
    ),
    "method": ({}, request_of("PUT"), 405, "Only GET and POST are taken here."),
    "no-challenge": ({}, request_of("GET"), 400, "The query has no challenge."),
    "long-challenge": (
        *({}, request_of("GET", challenge="x" * 2049), 400),
        "The challenge is longer than 2048 characters.",
    ),
    "unreadable-body": (
        *({}, request_of(body=None), 503),
        "The gateway handed on a body that cannot be read; send it again later.",
    ),
    "empty-body": ({}, request_of(body=b""), 400, "The body is empty."),
    "no-secret": ({"known": NO_SECRET}, request_of(), 503, "The profile has no usable secret yet."),
    "secret-store": (
        *({"known": DOWN}, request_of(), 503),
        "The profile's secret could not be read; send the request again later.",
    ),
    "no-signature": ({}, request_of(signature=""), 401, "The header X-Exl-Signature is missing or blank."),
    "wrong-signature": ({}, request_of(), 401, "The signature is not that of this body with the profile's secret."),
    "replaced-bytes": (
        *({}, request_of(body=b"\xef\xbf\xbd"), 401),
        "The signature does not match this body. The body holds U+FFFD: either the gateway put it in place of bytes "
        "that are not UTF-8, or it is part of the body and the secret is wrong.",
    ),
    "overflow": (
        *({"overflow_failure": BUSY}, request_of(body=LARGE, signature=sign(LARGE, "current").decode()), 503),
        "The event could not be queued; send it again later.",
    ),
    "queue": (
        *({"failure": BUSY}, request_of(signature=RIGHT), 503),
        "The event could not be queued; send it again later.",
    ),
}
OF_NO_PROFILE = {"unknown-path", "unknown-path-signed"}
DETAILS = {
    "secret-store": {"detail": "TimeoutError"},
    "overflow": {"detail": "TimeoutError", "receipt_id": "receipt"},
    "queue": {"detail": "TimeoutError", "receipt_id": "receipt"},
}


@pytest.mark.parametrize("reason", REJECTIONS)
def test_a_rejection_has_a_status_facts_and_a_sentence(reason: str) -> None:
    """The sentence is for administrators of Alma, and the facts are for the logs."""
    case, request, status, sentence = REJECTIONS[reason]
    rejected = rejection_of(Case(**case), request)
    assert (rejected.status, str(rejected)) == (status, sentence)
    profile = {"retired-profile": "retired"}.get(reason, "" if reason in OF_NO_PROFILE else "alma")
    assert rejected.facts == {"reason": reason, "profile": profile} | DETAILS.get(reason, {})
    assert rejected.__suppress_context__ or rejected.__context__ is None  # the cause can quote the request


def test_every_reason_is_tested() -> None:
    """The test above has all reasons but `failed`, which the handler gives."""
    assert {*REJECTIONS, "failed"} == set(get_args(RejectionReason))


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "post", ""])
def test_f19_another_method_is_405(method: str) -> None:
    """A known profile accepts GET and POST; the method is checked first."""
    assert rejected(Case(NO_SECRET), method, challenge="c", body=BODY) == 405


def test_a_challenge_is_returned() -> None:
    """Alma gets its challenge back, without a signature."""
    assert Case().answer("GET", challenge="abc") == ({"challenge": "abc"}, "challenge", "alma", "")
    assert Case().answer("GET", challenge="x" * 2048).members == {"challenge": "x" * 2048}


@pytest.mark.parametrize("challenge", ["abc", "", "x" * 3000])
@pytest.mark.parametrize("secrets", [NO_SECRET, DOWN])
def test_f07_get_first_without_a_usable_secret_is_503(secrets: Exception, challenge: str) -> None:
    """A challenge fails without a usable secret, so Alma cannot activate a profile that would reject all events."""
    assert rejected(Case(secrets), "GET", challenge=challenge) == 503


@pytest.mark.parametrize("challenge", ["", "x" * 2049])
def test_f18_get_then_without_a_valid_challenge_is_400(challenge: str) -> None:
    """A challenge that is missing, or longer than 2,048 characters, is rejected."""
    assert rejected(Case(), "GET", challenge=challenge) == 400


@pytest.mark.parametrize("secrets", [NO_SECRET, DOWN, ("current",)])
def test_post_first_an_empty_body_is_400(secrets: tuple[str, ...] | Exception) -> None:
    """An empty body is rejected, with or without a secret and a valid signature."""
    assert rejected(Case(secrets), "POST", headers={"x-exl-signature": "wrong"}) == 400


def test_post_a_body_that_the_gateway_broke_is_503() -> None:
    """The body may have been an event, and the client cannot have caused it; an unknown path is still a 404."""
    assert rejected(Case(), "POST", body=None) == 503
    assert rejected(Case(), "POST", "/nowhere", body=None) == 404


@pytest.mark.parametrize("signature", ["", "wrong", sign(BODY, "").decode(), RIGHT])
@pytest.mark.parametrize("secrets", [NO_SECRET, DOWN])
def test_f07_post_then_no_usable_secret_is_503(secrets: Exception, signature: str) -> None:
    """Without a secret nothing can be verified, so the answer is 503."""
    assert rejected(Case(secrets), "POST", body=BODY, headers={"x-exl-signature": signature}) == 503


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "no-signature"),
        ({"x-exl-signature": ""}, "no-signature"),
        ({"x-exl-signature": " \n"}, "no-signature"),
        ({"x-exl-signature": "wrong"}, "wrong-signature"),
        ({"x-exl-signature": sign(BODY, "another").decode()}, "wrong-signature"),
    ],
)
def test_f03_post_then_a_missing_or_wrong_signature_is_401(headers: dict[str, str], reason: str) -> None:
    """A request without a valid signature is rejected before the queue is used."""
    rejected = rejection_of(Case(failure=AwsError("x")), Request("POST", "/webhooks/alma", "", headers, BODY, None))
    assert (rejected.status, rejected.facts["reason"]) == (401, reason)


@pytest.mark.parametrize("failure", ["TimeoutError", "QueueDoesNotExist", "KmsDisabled", "DigestMismatch"])
def test_f10_post_last_a_failing_queue_is_503(failure: str) -> None:
    """Alma retries in an hour, so nothing is lost."""
    with pytest.raises(RejectedRequest) as rejected:
        Case(failure=AwsError(failure)).post()
    assert (rejected.value.status, rejected.value.facts["detail"]) == (503, failure)
    assert rejected.value.facts["receipt_id"] == "receipt"


@pytest.mark.parametrize("secret", ["current", "previous"])
def test_f01_a_signed_body_is_queued_byte_for_byte_and_answered(secret: str) -> None:
    """One message decodes to the signed bytes and the attributes of ingest, and the answer has the receipt id."""
    case = Case()
    headers = {"content-type": "application/json;charset=UTF-8", "content-encoding": "gzip"}
    answered = case.post(secret=secret, headers=headers)
    assert answered == ({"receipt_id": "receipt"}, "accepted", "alma", secret)
    [message] = case.queue.messages
    assert decoded(message) == Envelope(
        BODY,
        "receipt",
        "2026-05-28T20:26:40.007Z",
        "alma",
        "application/json;charset=UTF-8",
        sign(BODY, secret).decode(),
    )


def test_a_signature_with_a_trailing_newline_is_accepted() -> None:
    """Whitespace around the signature is ignored."""
    headers = {"x-exl-signature": sign(BODY, "current").decode() + "\n"}
    assert Case().answer("POST", body=BODY, headers=headers).kind == "accepted"


def test_f08_a_mismatch_is_checked_against_fresh_secrets() -> None:
    """A secret that was just rotated does not reject a request."""
    case = Case(("old",), fresh=("new", "old"))
    assert case.post(secret="new").kind == "accepted"
    assert len(case.queue.messages) == 1


def test_f08_a_previous_secret_alone_is_enough() -> None:
    """The previous secret is identified by its name, at any position."""
    case = Case(("", "previous"))
    assert case.post(secret="previous").secret == "previous"
    assert rejected_sentence(case, BODY, "another") == "wrong-signature"
    assert len(case.queue.messages) == 1


def test_f08_a_removed_secret_is_rejected() -> None:
    """A request is rejected if the fresh secrets do not match either."""
    case = Case(("new", "old"), fresh=("new",))
    assert rejected(case, "POST", body=BODY, headers={"x-exl-signature": sign(BODY, "older").decode()}) == 401


class TwoProfiles:
    """SSM with separate secrets for the profiles alma and consortium; alma's secret has been rotated."""

    calls = 0

    def call(self, _operation: str, members: dict[str, Any], _deadline: Deadline) -> dict[str, Any]:
        self.calls += 1
        values = {"alma/secret": "new", "alma/previous-secret": "old", "consortium/secret": "consortium's"}
        found = {name: values.get(name.removeprefix("/alma-webhooks/dev/")) for name in members["Names"]}
        return {"Parameters": [{"Name": name, "Value": value} for name, value in found.items() if value]}


def test_f08_the_secret_of_one_profile_is_invalid_for_another() -> None:
    """Each path accepts only the current and previous secrets of its own profile."""
    ssm: Any = TwoProfiles()  # only the used methods of a client
    case = Case()
    case.listener = Listener(("alma", "consortium"), ProfileSecrets(ssm, "dev", 300), case.queue, case.bucket)
    opens = {"alma": {"new": "current", "old": "previous"}, "consortium": {"consortium's": "current"}}
    for profile, path in (("alma", "/webhooks/alma"), ("consortium", "/webhooks/consortium")):
        for secret in ("new", "old", "consortium's"):
            if name := opens[profile].get(secret):
                headers = {"x-exl-signature": sign(BODY, secret).decode()}
                answered = case.answer("POST", path, body=BODY, headers=headers)
                assert (answered.profile, answered.secret) == (profile, name)
            else:
                assert rejected_sentence(case, BODY, secret, path=path) == "wrong-signature"
    assert [message.attributes["profile"] for message in case.queue.messages] == ["alma", "alma", "consortium"]


def test_f21_a_flood_of_forged_requests_blocks_no_genuine_one() -> None:
    """Each genuine request is accepted, and SSM is called twice: at first and after a mismatch."""
    ssm, case = TwoProfiles(), Case()
    secrets: Any = ssm  # only the used methods of a client
    profile_secrets = ProfileSecrets(secrets, "dev", 300, monotonic=FakeClock(), wall=FakeClock(1_780_000_000.0))
    case.queue.deadline = None
    case.listener = Listener(("alma", "consortium"), profile_secrets, case.queue, case.bucket)
    for number in range(1000):
        assert rejected_sentence(case, b"forged %d" % number, "another") == "wrong-signature"
        if number % 100 == 0:
            headers = {"x-exl-signature": sign(BODY, "new").decode()}
            assert case.answer("POST", body=BODY, headers=headers).kind == "accepted"
    assert (len(case.queue.messages), ssm.calls) == (10, 2)


def test_f16_a_body_in_which_the_gateway_replaced_bytes_has_its_own_reason() -> None:
    """The 401 has its own reason if the body came as text with replaced characters."""
    changed = b'{"title":"K\xf6ln"}'.decode(errors="replace").encode()
    assert rejected_sentence(Case(), changed, "another") == "replaced-bytes"
    assert rejected_sentence(Case(), changed, "another", is_text=False) == "wrong-signature"
    assert rejected_sentence(Case(), BODY, "another") == "wrong-signature"


def test_f16_a_401_on_a_body_with_a_replacement_character_names_both_possible_causes() -> None:
    """The character can be from Alma or from the gateway, so the reason names both the bytes and the secret."""
    request = Request("POST", "/webhooks/alma", "", {"x-exl-signature": "x"}, "K\ufffdln".encode(), None, is_text=True)
    sentence = str(rejection_of(Case(), request))
    assert "bytes that are not UTF-8" in sentence
    assert "the secret is wrong" in sentence


def test_f16_a_replacement_character_that_alma_signed_is_accepted() -> None:
    """A body can contain the character; the signature decides."""
    body = '{"title":"K\ufffdln"}'.encode()
    headers = {"x-exl-signature": sign(body, "current").decode()}
    request = Request("POST", "/webhooks/alma", "", headers, body, None, is_text=True)
    assert Case().listener.answer(request, DEADLINE).kind == "accepted"


@pytest.mark.parametrize("fresh", [DOWN, NO_SECRET])
def test_f09_an_undecided_mismatch_is_503(fresh: Exception) -> None:
    """While SSM is down a mismatch is not a 401, because the secret may have been rotated."""
    assert rejected(Case(("old",), fresh), "POST", body=BODY, headers={"x-exl-signature": "x"}) == 503


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b"\x00",
        b"\x1f\x8b\x08 gzip",
        b"\xef\xbb\xbf{}\r\n",
        b"[" * 100_000,
        b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/hostname">]><x>&y;</x>',
        '{"a":NaN,"a":"\ufffe\U0001f4da"}'.encode(),
    ],
)
def test_f17_the_body_is_not_parsed(body: bytes) -> None:
    """Signed bytes are accepted without parsing and are kept exactly."""
    case = Case()
    case.post(body)
    assert decoded(case.queue.messages[0]).body == body


def test_f11_a_body_at_the_limit_is_queued_and_one_byte_more_is_stored_first() -> None:
    """A large body is stored in the bucket before its pointer is queued."""
    case = Case()
    case.post(b"x")
    largest = MAX_QUEUED_BYTES - case.queue.messages[0].size + 1
    case.post(b"x" * largest)
    assert case.queue.messages[1].size == MAX_QUEUED_BYTES
    assert case.bucket.bodies == []
    large = b"x" * (largest + 1)
    assert case.post(large).kind == "accepted"
    assert case.bucket.bodies == [large]
    assert case.queue.messages[2].attributes["encoding"] == "s3"
    assert decoded(case.queue.messages[2], large).body == large


SIZES = [1, 262_144, 262_145, 786_432, 1_048_576, 1_048_577, 4 * 1024 * 1024]


@pytest.mark.parametrize("byte", [b"x", b"\xff"], ids=["text", "binary"])
@pytest.mark.parametrize("size", SIZES)
def test_f11_a_body_of_any_size_is_accepted_and_restored(size: int, byte: bytes) -> None:
    """The body is queued, as text or Base64, or stored in the bucket, and decodes to the same bytes."""
    case = Case()
    body = byte * size
    case.post(body)
    [message] = case.queue.messages
    assert message.size <= MAX_QUEUED_BYTES
    assert decoded(message, *case.bucket.bodies).body == body


def test_f13_content_encoding_is_ignored_and_nothing_is_decompressed() -> None:
    """A compressed body with a valid signature is accepted and kept unchanged."""
    case = Case()
    bomb = gzip.compress(b"\0" * 2_000_000)
    for encoding in ("gzip", "br", "identity", "x" * 8192):
        assert case.post(bomb, headers={"content-encoding": encoding}).kind == "accepted"
    assert {decoded(message).body for message in case.queue.messages} == {bomb}


def test_f11_headers_of_any_size_are_accepted() -> None:
    """A Content-Type that is missing, empty or 8 kB long does not cause a 5XX."""
    case = Case()
    for headers in ({}, {"content-type": ""}, {"content-type": "x" * 8192, "x-other": "\x00" * 8192}):
        assert case.post(headers=headers).kind == "accepted"
    assert [len(message.attributes.get("content_type", "")) for message in case.queue.messages] == [0, 0, 256]


def test_f10_a_body_that_cannot_be_stored_is_503_and_nothing_is_queued() -> None:
    """A pointer to a missing body would lose an event that has a receipt."""
    case = Case(overflow_failure=AwsError("KMS.DisabledException"))
    with pytest.raises(RejectedRequest) as rejected:
        case.post(b"\xff" * 1_000_000)
    assert (rejected.value.status, rejected.value.facts["reason"]) == (503, "overflow")
    assert (rejected.value.facts["receipt_id"], rejected.value.facts["detail"]) == ("receipt", "KMS.DisabledException")
    assert case.queue.messages == []


def test_receipt_ids_differ() -> None:
    """Every accepted request has its own receipt id of 32 hex digits."""
    secrets, queue = FakeSecrets(("current",)), FakeQueue()
    listener = Listener(("alma",), secrets, queue, FakeBucket())
    request = Request("POST", "/webhooks/alma", "", {"x-exl-signature": sign(BODY, "current").decode()}, BODY, None)
    ids = [listener.answer(request, DEADLINE).members["receipt_id"] for _ in range(2)]
    assert ids[0] != ids[1]
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in ids)


@pytest.mark.parametrize(
    ("body", "group"),
    [
        (b'{"action":"LOAN"}', "alma.LOAN"),
        (b'{"action":"LOAN","note":"\xff"}', "alma.LOAN"),
        (b'{"action":"BIB","note":"' + LARGE + b'"}', "alma.BIB"),
        ("<webhook><action>LOAN</action></webhook>".encode("utf-16"), "alma.other"),
        (b'{"bib":{"action":"BIB"},"action":"LOAN"}', "alma.BIB"),
        (b"\x00", "alma.other"),
    ],
)
def test_f75_the_group_is_of_the_signed_bytes_and_changes_nothing_else(body: bytes, group: str) -> None:
    """Bodies that are queued as text, as base64 and in S3 have a group, right or wrong, beside the same message."""
    case = Case()
    assert case.post(body).kind == "accepted"
    [message] = case.queue.messages
    assert message.group == group
    decoded_envelope = Envelope.decode(message.body, message.attributes, lambda _: case.bucket.bodies[0])
    assert decoded_envelope.body == body
    assert group not in message.body + "".join(message.attributes.values())
