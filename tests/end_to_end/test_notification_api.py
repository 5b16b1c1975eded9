"""The HTTP contract of the notifications API on the deployed stack.

The emulator answers OPTIONS itself, so that preflights are shown with the event of the gateway only
(`tests/notifications/test_producer.py`), and so is the number of reads of the keys, which each worker makes for itself.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from notifications.text_measures import utf16_units
from notifications.topics import Topic
from scripts.aws import emulator, ports
from scripts.cli.signals import Interrupts
from tests.end_to_end.notifications_api import KEY, PREVIOUS_KEY, NotificationsApi, Reply
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import ACCOUNT, Deployed
from tests.end_to_end.test_flood import THROTTLED
from tests.loopback import Loopback, answer
from tests.notifications.described_api import attacked

pytestmark = pytest.mark.full  # a deployment and some hundred requests

WORKERS = 4  # of the producer at a time; each one that starts takes a second of CPU
SNS_TOPIC = f"arn:aws:sns:{emulator.REGION}:{ACCOUNT}:notify"


def topic_named(name: str, slack: Any, telegram: Any = None, **members: Any) -> Topic:
    """Return a topic of the channel library with a Slack line, and with a message for Telegram."""
    entries = [{"name": "team", "type": "slack", "model": slack, "configuration": {"url": {"ssm": "slack-team"}}}]
    if telegram:
        configuration = {"token": {"ssm": "telegram-bot"}, "chat": -1001234567890}
        entries += [{"name": "desk", "type": "telegram", "model": telegram, "configuration": configuration}]
    identified = {"id": uuid4(), "channel": "library", "topic": name}
    return Topic.model_validate({**identified, "integrations": entries, **members})


JOBS = topic_named("jobs", "Job $val1, $$5, ${unknown}", "Job $val1", sns_topics=[SNS_TOPIC])
STRICT = topic_named("strict", {"jinja": "{{ title }}"})
VALUES = {"metadata": {"val1": "value one"}}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotificationsApi]:
    """Deploy a stack with notifications on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path_factory.mktemp("api") / "project")
        project.set(notifications=True, alarms="none")
        project.set_parameters(AllowedSnsTopicArns=SNS_TOPIC)
        deployed = Deployed.planned(started.endpoint_url, project)
        deployed.changed()
        yield NotificationsApi.prepared(deployed, JOBS, STRICT)


def test_a_post_is_answered_with_ids_that_are_on_the_queue(api: NotificationsApi) -> None:
    """Each integration has one message, with references to secrets only."""
    reply = api.post(JOBS, VALUES)
    queued = api.queued()
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert {queued[each].name: each for each in queued} == reply.members
    assert reply.members.keys() == {"team", "desk"}
    team, desk = (queued[reply.members[name]] for name in ("team", "desk"))
    assert (team.message, desk.message) == ("Job value one, $5, ${unknown}", "Job value one")
    assert team.credentials == {"type": "slack", "url": {"ssm": "slack-team"}}
    assert team.topic == "library+jobs"


def test_the_previous_key_is_valid_too(api: NotificationsApi) -> None:
    """Two keys are valid at once, so that a rotation interrupts nobody."""
    assert [api.post(JOBS, VALUES, x_api_key=key).status for key in (KEY, PREVIOUS_KEY)] == [200, 200]
    assert len(api.queued()) == 4


@pytest.mark.parametrize("key", [None, "", " ", "wrong", "é", f"{KEY}x", KEY.upper(), f"{KEY},{KEY}", "k" * 10_000])
def test_another_key_is_403(api: NotificationsApi, key: str | None) -> None:
    """A missing, empty, wrong, non-ASCII or long key has the same answer."""
    reply = api.post(JOBS, VALUES, x_api_key=key)
    sentence = "The API key in the header X-Api-Key is missing or wrong."
    assert (reply.status, reply.members) == (403, {"message": sentence})
    assert api.queued() == {}


def test_an_unknown_topic_and_a_wrong_hash_are_the_same_404(api: NotificationsApi) -> None:
    """Neither the body nor a header shows which names exist."""
    unknown = topic_named("unknown", "x")
    replies = [
        api.post(unknown, VALUES),
        api.post(JOBS, VALUES, x_topic_hash_x=str(STRICT.id)),
        api.post(JOBS, VALUES, x_topic_hash_x="é"),
        api.post(JOBS, VALUES, x_topic_hash_x=None),
    ]
    assert {reply.status for reply in replies} == {404}
    assert len({reply.body for reply in replies}) == 1
    assert len({frozenset(reply.headers) for reply in replies}) == 1
    assert api.queued() == {}


@pytest.mark.parametrize(
    ("topic", "body", "sentence"),
    [
        (JOBS, b"", "The body is not valid JSON at line 1, column 1."),
        (JOBS, b'{"metadata": {"val1": "one"}', "The body is not valid JSON at line 1, column "),
        (JOBS, b'{"metadata": {"val1": NaN}}', "The body contains NaN or Infinity"),
        (JOBS, b"\xff", "The body is not"),
        (JOBS, [VALUES], 'The body must be a JSON object like {"metadata": {"name": "value"}}.'),
        (JOBS, {"metadata": "value one"}, 'The body must be a JSON object like {"metadata": {"name": "value"}}.'),
        (STRICT, VALUES, "Model of the integration team in library+strict uses a value that is missing; "),
    ],
)
def test_a_bad_body_is_400(api: NotificationsApi, topic: Topic, body: Any, sentence: str) -> None:
    """The sentence says what is wrong, and nothing is queued."""
    reply = api.post(topic, body)
    assert (reply.status, reply.members["message"][: len(sentence)]) == (400, sentence)
    assert "value one" not in reply.members["message"]
    assert api.queued() == {}


def test_other_paths_and_methods_are_rejected(api: NotificationsApi) -> None:
    """A path that does not exist is 404, and a method 405."""
    headers = {"x-api-key": KEY, "x-topic-hash-x": str(JOBS.id)}
    found = [
        api.request(method, path, b"{}", headers).status
        for method, path in [
            ("POST", "library"),
            ("POST", "library/jobs/other"),
            ("POST", "library/Jobs"),
            ("GET", "library/jobs"),
            ("PUT", "library/jobs"),
        ]
    ]
    assert found == [404, 404, 404, 405, 405]


def test_f79_an_idempotency_key_repeats_the_identities(api: NotificationsApi) -> None:
    """Without the header, or with another one, a post is its own. A blank one is an error."""
    replies = [api.post(JOBS, VALUES, idempotency_key=key) for key in ("a", "a", "b", None, None)]
    queued = api.queued()
    identities = [queued[reply.members["team"]].identity for reply in replies]
    assert identities[0] == identities[1]
    assert len(set(identities)) == 4
    assert api.post(JOBS, VALUES, idempotency_key=" ").status == 400


@pytest.mark.parametrize("value", ["$val1", "${val1} $$", "$unknown ${", "{{ val1 }}{% raw %}", "%s {0}", "\\$val1"])
def test_f38_a_value_is_never_a_template(api: NotificationsApi, value: str) -> None:
    """A value is shown as it is, in Jinja2 too."""
    assert api.post(JOBS, {"metadata": {"val1": value, "unknown": "u"}}).status == 200
    assert api.post(STRICT, {"metadata": {"title": value}}).status == 200
    messages = {each.message for each in api.queued().values()}
    assert messages == {f"Job {value}, $5, u", f"Job {value}", value}


def test_f38_long_values_and_right_to_left_text(api: NotificationsApi) -> None:
    """Ten thousand characters are cut where the service has a limit, and no value reorders the text after it."""
    assert api.post(JOBS, {"metadata": {"val1": "ß😀" * 5_000}}).status == 200
    long = {each.name: each.message for each in api.queued().values()}
    assert utf16_units(long["desk"]) <= 4_096 < utf16_units(long["team"])
    assert long["desk"].endswith("…")

    assert api.post(JOBS, {"metadata": {"val1": "שלום \u202egnp.exe\u2066 <!channel>"}}).status == 200
    shown = {each.name: each.message for each in api.queued().values()}
    assert shown["desk"] == "Job שלום gnp.exe &lt;!channel&gt;"
    assert "<!channel>" not in shown["team"]


def test_any_content_type_is_read(api: NotificationsApi) -> None:
    """The gateway passes other bodies than text on as Base64."""
    for content_type in ("application/octet-stream", "image/png", "text/plain; charset=utf-8", None):
        assert api.post(JOBS, {"metadata": {"val1": "ß😀"}}, content_type=content_type).status == 200
    assert {each.message for each in api.queued().values()} == {"Job ß😀, $5, ${unknown}", "Job ß😀"}


def test_f79_a_hundred_posts_at_once_are_each_queued_once(api: NotificationsApi) -> None:
    """Each is answered with the ids of its own messages. The gateway rejects some, which the client repeats."""
    statuses = []

    def accepted(number: int) -> Reply | None:
        reply = api.post(JOBS, {"metadata": {"val1": f"n{number}"}}, idempotency_key=f"post-{number}")
        statuses.append(reply.status)
        return reply if reply.status == 200 else None

    with api.limited(WORKERS), ThreadPoolExecutor(100) as pool:
        replies = [*pool.map(lambda number: eventually(lambda: accepted(number), seconds=60), range(100))]
    assert set(statuses) <= {200, *THROTTLED}
    queued = api.queued()
    expected = {reply.members["desk"]: f"Job n{number}" for number, reply in enumerate(replies)}
    assert {each: found.message for each, found in queued.items() if found.name == "desk"} == expected
    assert len(queued) == 200


def test_the_emulators_message_of_sns_is_403(api: NotificationsApi) -> None:
    """The emulator does not sign, and no setting makes the producer accept that; key and hash do not help."""
    with Loopback(answer({})) as server:
        confirmation = api.subscribed(SNS_TOPIC, server)
    assert json.loads(confirmation)["TopicArn"] == SNS_TOPIC
    headers = {"content-type": "text/plain; charset=UTF-8", "x-api-key": KEY, "x-topic-hash-x": str(JOBS.id)}
    reply = api.request("POST", "library/jobs/sns", confirmation, headers)
    assert reply.status == 403, reply.body
    other = confirmation.replace(SNS_TOPIC.encode(), f"{SNS_TOPIC}2".encode())
    sentence = "The SNS topic is not one of the allowed ones."
    assert api.request("POST", "library/jobs/sns", other, headers).members == {"message": sentence}
    assert api.queued() == {}


def test_a_queue_that_cannot_be_reached_is_502(api: NotificationsApi) -> None:
    """The sentence has the form of the contract, and nothing of AWS."""
    with api.with_environment(NOTIFICATIONS_QUEUE_URL="http://127.0.0.1:9/000000000000/missing"):
        reply = api.post(JOBS, VALUES)
    reason = "not all notifications could be queued; send the request again with the same Idempotency-Key"
    assert (reply.status, reply.members) == (
        502,
        {"message": f"An error occurs while processing the request (Message: {reason})"},
    )
    assert api.post(JOBS, VALUES).status == 200
    assert len(api.queued()) == 2


def test_every_answer_is_as_described(api: NotificationsApi, tmp_path: Path) -> None:
    """Schemathesis finds no difference to notifications/openapi.yaml; the emulator answers OPTIONS itself."""
    found = attacked(api.url, tmp_path, 5, KEY, str(JOBS.id), "--exclude-operation-id", "preflight")
    assert not found, found
    assert api.queued()
