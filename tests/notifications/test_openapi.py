"""The OpenAPI description of the notifications API agrees with the code, in both directions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
import yaml

import notifications
from notifications.http_api import (
    API_KEY_HEADER,
    IDEMPOTENCY_HEADER,
    METHODS,
    PATH_PREFIX,
    PREFLIGHT_HEADERS,
    TOPIC_HASH_HEADER,
    RejectedPost,
    idempotency_key_of,
    post_of,
)
from tests.notifications.gateway_events import event
from tests.notifications.sns_messages import confirmation, key_of_somebody_else, notification
from tests.notifications.test_notification_queue import FakeSqs, failed, taken
from tests.notifications.test_producer import Stack, post, sns_post

API: dict[str, Any] = yaml.safe_load(Path(notifications.__path__[0], "openapi.yaml").read_text("utf-8"))
TOPIC, SNS = f"{PATH_PREFIX}{{channel}}/{{topic}}", f"{PATH_PREFIX}{{channel}}/{{topic}}/sns"


def broken_queue() -> Stack:
    return Stack(FakeSqs(lambda _: taken("0", [failed("1", fault=True)])))


class Case(NamedTuple):
    """A request and what describes its answer."""

    path: str
    method: str
    status: int
    event: dict[str, Any]
    stack: Callable[[], Stack] = Stack


CASES = [
    Case(TOPIC, "post", 200, post()),
    Case(TOPIC, "post", 400, post("{")),
    Case(TOPIC, "post", 403, post(x_api_key="x")),
    Case(TOPIC, "post", 404, post(x_topic_hash_x="x")),
    Case(TOPIC, "post", 502, post(), broken_queue),
    Case(TOPIC, "options", 200, event(method="OPTIONS")),
    Case(SNS, "post", 200, sns_post(notification())),
    Case(SNS, "post", 200, sns_post(confirmation())),
    Case(SNS, "post", 200, sns_post(confirmation(Type="UnsubscribeConfirmation"))),
    Case(SNS, "post", 400, sns_post({})),
    Case(SNS, "post", 403, sns_post(notification(key_of_somebody_else()))),
    Case(SNS, "post", 404, {**sns_post(notification()), "rawPath": f"{PATH_PREFIX}library/other/sns"}),
    Case(SNS, "post", 502, sns_post(notification()), broken_queue),
]


def resolved(part: Any) -> Any:
    """Return a part of the description with the references in it replaced."""
    if isinstance(part, list):
        return [resolved(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        target: Any = API
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return resolved(target)
    return {name: resolved(member) for name, member in part.items()}


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the described operations by path and method."""
    return {
        (path, method): resolved(operation)
        for path, item in API["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path.rpartition('}')[2]}-{case.method}-{case.status}")
def test_an_answer_is_as_described(case: Case) -> None:
    """Status, headers and body of each answer match the description."""
    answer = case.stack().producer.answer(case.event, lambda: 30.0)
    assert answer["statusCode"] == case.status
    described = operations()[case.path, case.method]["responses"][str(case.status)]
    assert answer["headers"].keys() - {"Content-Type"} == described["headers"].keys()
    for name, header in described["headers"].items():
        assert header["required"]
        jsonschema.validate(answer["headers"][name], header["schema"])
    content = described["content"][answer["headers"]["Content-Type"]]
    jsonschema.validate(yaml.safe_load(answer["body"]), content["schema"])


def test_everything_described_is_answered() -> None:
    """Each described status of each operation has a case above, and the other way round."""
    described = {
        (path, method, int(status))
        for (path, method), operation in operations().items()
        for status in operation["responses"]
    }
    assert {case[:3] for case in CASES} == described


def test_methods_are_those_of_the_code() -> None:
    """Each path has the methods that are possible there."""
    methods = {path: {method for each, method in operations() if each == path} for path in API["paths"]}
    assert methods == {TOPIC: {each.lower() for each in METHODS.split(", ")}, SNS: {"post"}}


def test_headers_are_those_of_the_code() -> None:
    """Key, hash and idempotency key have the names that the code reads and that a browser may send."""
    schemes = API["components"]["securitySchemes"]
    [idempotency] = operations()[TOPIC, "post"]["parameters"]
    assert {scheme["name"].lower() for scheme in schemes.values()} == {API_KEY_HEADER, TOPIC_HASH_HEADER}
    assert operations()[TOPIC, "post"]["security"] == [{"apiKey": [], "topicHash": []}]
    assert operations()[SNS, "post"]["security"] == []
    names = {"Content-Type", idempotency["name"], *(scheme["name"] for scheme in schemes.values())}
    assert idempotency["name"].lower() == IDEMPOTENCY_HEADER
    assert set(PREFLIGHT_HEADERS["Access-Control-Allow-Headers"].split(", ")) == names


@pytest.mark.parametrize("name", ["library", "0", "a" * 63, "a" * 64, "-a", "A", "a_b", "", "é"])
def test_names_are_those_of_the_code(name: str) -> None:
    """A path parameter that the description accepts is one that the code accepts."""
    is_described = jsonschema.Draft202012Validator(API["components"]["schemas"]["Name"]).is_valid(name)
    assert is_described == accepts(lambda: post_of(event(path=f"{PATH_PREFIX}{name}/jobs")))


@pytest.mark.parametrize("key", ["a", "a b", " a", "a ", "", "k" * 256, "k" * 257, "é", '"a,b"'])
def test_idempotency_keys_are_those_of_the_code(key: str) -> None:
    """A key that the description accepts is one that the code accepts."""
    [idempotency] = operations()[TOPIC, "post"]["parameters"]
    is_described = jsonschema.Draft202012Validator(idempotency["schema"]).is_valid(key)
    assert is_described == accepts(lambda: idempotency_key_of(post_of(event(Idempotency_Key=key))))


def accepts(read: Callable[[], object]) -> bool:
    try:
        read()
    except RejectedPost:
        return False
    return True


def test_the_example_is_accepted() -> None:
    """The body of the description is a body that the producer accepts."""
    content = operations()[TOPIC, "post"]["requestBody"]["content"]["application/json"]
    jsonschema.validate(content["example"], content["schema"])
    assert Stack().answer(post(content["example"]))[0] == 200
