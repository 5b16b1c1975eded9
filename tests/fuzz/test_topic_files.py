"""The reader reports problems in a notifications.yaml with any content, or its topics can be stored and composed."""

import json

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.compose import compose
from notifications.errors import Permanent
from notifications.topic_file import InvalidTopicsError, read_topics
from notifications.topics import topic_of_item
from tests.fuzz.routes_files import edited
from tests.fuzz.values import ANY_CHARACTER, CANARY, TEXTS, mutated
from tests.notifications.fake_integrations import HASH, TOPICS, fake_integrations

NEAR = mutated(st.just(yaml.safe_load(TOPICS))).map(lambda data: json.dumps(data, ensure_ascii=False))
FILES = st.one_of(NEAR, edited(st.just(TOPICS)), edited(NEAR), st.text(ANY_CHARACTER, max_size=30))
VALUES = st.fixed_dictionaries({}, optional={"title": TEXTS, "mail": TEXTS})


@example(text="channels: {a: {b: &a {integrations: [*a]}}}", values={})
@example(text='channels: {a: {b: {integrations: [{"\\ud800": 1}]}}}', values={})
@given(text=FILES, values=VALUES)
def test_any_file_of_topics_can_be_read(text: str, values: dict[str, str]) -> None:
    """A problem has a line and a reason; topics without problems survive the table, and no failure quotes a value."""
    try:
        topics = read_topics(text, fake_integrations())
    except InvalidTopicsError as error:
        assert error.problems
        assert all(problem.reason and problem.line >= 0 for problem in error.problems)
        return
    for declared in topics:
        topic = declared.with_id(HASH)
        assert topic_of_item(topic.item()) == topic
        try:
            composed = compose(topic, values, "key:1", fake_integrations())
        except Permanent as error:
            assert CANARY in text or CANARY not in error.reason
        else:
            assert [each.name for each in composed.notifications] == [each.name for each in topic.integrations]
            assert all(each.encode().encode() for each in composed.notifications)
