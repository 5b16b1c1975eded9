"""Test `topics list`, `show`, `apply` and `delete`: differences, ids, what is left alone, and what is never shown."""

import json
from typing import Any

import pytest
from typer.testing import Result

from notifications.topic_table import TopicTable
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, RejectedError
from scripts.topics.topic_store import TopicStore
from tests.scripts.dead_letters.queues import audited
from tests.scripts.topics.conftest import Command
from tests.scripts.topics.site import TABLE, TOPICS, TopicSite

SLACK = "https://hooks.slack.com/services/T0/B0/canary4711canary"  # pragma: allowlist secret -- an invented value


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, (result.output, result.exception)
    return dict(json.loads(result.stdout))


def changes(data: dict[str, Any]) -> dict[str, str]:
    return {each["topic"]: each["change"] for each in data["topics"]}


@pytest.fixture
def applied(site: TopicSite, topics: Command) -> dict[str, Any]:
    """The topics of the file are in the table."""
    site.declare()
    site.store("slack-team")
    return data_of(topics("apply", "--yes", "--output=json"))


def test_the_first_apply_creates_all_topics(applied: dict[str, Any], site: TopicSite) -> None:
    """The producer finds each by its name and the id that is printed; the audit log has both."""
    ids = {each["topic"]: each["id"] for each in applied["topics"]}
    assert (applied["applied"], changes(applied)) == (True, {"library/jobs": "create", "students/loans": "create"})
    table = TopicTable(site.scope.aws.dynamodb, TABLE)
    topic = table.with_hash("library+jobs", ids["library/jobs"])
    assert topic
    assert [entry.name for entry in topic.integrations] == ["team", "desk"]
    assert table.with_hash("library+jobs", ids["students/loans"]) is None
    lines = audited(site.scope.aws)
    assert [(line["message"], line.get("topic"), line.get("id")) for line in lines] == [
        ("began", None, None),
        *(("created", name, topic_id) for name, topic_id in ids.items()),
        ("ended", None, None),
    ]


def test_a_second_apply_changes_nothing(applied: dict[str, Any], site: TopicSite, topics: Command) -> None:
    """It does not ask either, and the items are the same."""
    before = site.items
    again = data_of(topics("apply", "--yes", "--output=json"))
    assert changes(again) == {"library/jobs": "unchanged", "students/loans": "unchanged"}
    assert [each["id"] for each in again["topics"]] == [each["id"] for each in applied["topics"]]
    assert site.items == before


def test_a_changed_topic_keeps_its_id(applied: dict[str, Any], site: TopicSite, topics: Command) -> None:
    """Each changed, added and removed field is listed with both values, before the question."""
    text = TOPICS.replace('"*$title* is due"', '"*$title* ended"').replace("ssm: slack-team", "ssm: slack-new")
    site.declare(text.replace("name: text,", "name: message,"))
    result = topics("apply", "--yes")
    assert result.exit_code == 0, result.exception
    assert [line for line in result.stderr.splitlines() if "integrations" in line] == [
        '  integrations.team.model: "*$title* is due" → "*$title* ended"',
        '  integrations.team.configuration.url.ssm: "slack-team" → "slack-new"',
        '  integrations.text.type: removed "sms"',
        '  integrations.text.model: removed "Due: $title"',
        '  integrations.text.configuration.to: removed "{{ phone }}"',
        '  integrations.message.type: added "sms"',
        '  integrations.message.model: added "Due: $title"',
        '  integrations.message.configuration.to: added "{{ phone }}"',
    ]
    assert result.stdout.splitlines() == [
        "2 topics: 2 changed",
        *(f"  {each['topic']}  id {each['id']}" for each in applied["topics"]),
    ]


def test_a_dry_run_changes_nothing(site: TopicSite, topics: Command) -> None:
    """New topics have no id yet."""
    site.declare()
    data = data_of(topics("apply", "--dry-run", "--output=json"))
    assert (data["applied"], [each["id"] for each in data["topics"]], site.items) == (False, [None, None], {})
    assert "create     library/jobs: team (slack), desk (email)" in topics("apply", "--dry-run").stdout


@pytest.mark.usefixtures("applied")
def test_topics_that_are_not_in_the_file_are_kept(site: TopicSite, topics: Command) -> None:
    """They are listed, with the flag that removes them; with it they are removed."""
    site.declare(TOPICS[: TOPICS.index("  students:")])
    result = topics("apply", "--yes")
    assert "keep       students/loans: it is not in notifications.yaml; pass --prune to remove it" in result.stderr
    assert result.stdout.splitlines()[0] == "2 topics: 1 unchanged, 1 kept"
    assert set(site.items) == {"library+jobs", "students+loans"}
    result = topics("apply", "--yes", "--prune")
    assert "remove     students/loans: it is not in notifications.yaml" in result.stderr
    assert result.stdout.splitlines()[0] == "2 topics: 1 removed, 1 unchanged"
    assert set(site.items) == {"library+jobs"}


FALLBACK = {"M": {"name": {"S": "desk-2"}}}


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize("change", [{"Integrations": {"L": []}}, {"Fallback": FALLBACK}, {"SnsTopics": {"L": []}}])
def test_a_topic_that_somebody_else_changed_is_not_overwritten(
    site: TopicSite, topics: Command, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    """Also if a member was added. The others are written; the exit code is 1, and the output says what was left."""
    site.declare(TOPICS.replace("is due", "ended").replace("Due:", "Return:"))
    put = TopicStore.put

    def change_first(store: TopicStore, topic: Any, before: Any) -> bool:
        if topic.name == "library+jobs":
            item = {**site.items["library+jobs"], **change}
            site.scope.aws.dynamodb.put_item(TableName=TABLE, Item=item)
        return put(store, topic, before)

    monkeypatch.setattr(TopicStore, "put", change_first)
    result = topics("apply", "--yes", "--output=json")
    assert "Somebody else has changed library/jobs in the meantime" in ended(result, FailedError)
    data = json.loads(result.stdout)
    assert data["changed_meanwhile"] == ["library/jobs"]
    assert {each["topic"]: each["done"] for each in data["topics"]} == {"library/jobs": False, "students/loans": True}
    assert site.items["library+jobs"].items() >= change.items()


def test_a_topic_that_somebody_else_created_is_not_overwritten(site: TopicSite, topics: Command) -> None:
    """Its clients have its id already."""
    site.declare()
    plan = site.service.plan([])
    assert plan.to_do == []
    item = {"Name": {"S": "library+jobs"}, "Id": {"S": "theirs"}}
    store = TopicStore(site.scope.aws.dynamodb, TABLE)
    topic = data_of(topics("apply", "--yes", "--output=json")) and store.all()["library+jobs"].topic
    assert topic
    site.scope.aws.dynamodb.put_item(TableName=TABLE, Item=item)
    assert store.put(topic, None) is False
    assert site.items["library+jobs"] == item


def test_a_repeated_call_is_not_taken_for_somebody_elses(site: TopicSite, topics: Command) -> None:
    """The SDK repeats a call whose answer was lost, and then the condition is not met."""
    site.declare()
    data_of(topics("apply", "--yes", "--output=json"))
    store = TopicStore(site.scope.aws.dynamodb, TABLE)
    stored = store.all()["library+jobs"]
    assert stored.topic
    assert store.put(stored.topic, None) is True
    assert (store.delete(stored), store.delete(stored)) == (True, True)


def test_missing_secrets_are_warned_of(site: TopicSite, topics: Command) -> None:
    """The warning has the command that stores one; a secret that is stored is not mentioned, and none is read."""
    site.declare()
    sentence = "library/jobs: the secret slack-team is not stored; to store it: alma-webhooks topics secret slack-team"
    assert f"warning: {sentence} --stage dev" in topics("apply", "--yes").stderr
    listed = data_of(topics("list", "--output=json"))["topics"]
    assert [[each["name"] for each in topic["missing_secrets"]] for topic in listed] == [["slack-team"], []]
    site.store("slack-team")
    assert "warning" not in topics("apply", "--yes").stderr


def test_the_file_needs_to_be_valid(site: TopicSite, topics: Command) -> None:
    """Every mistake has its line; a missing file has a sentence of its own. Nothing is changed."""
    assert "notifications.yaml does not exist" in ended(topics("apply", "--yes"), ConfigurationError)
    site.declare(TOPICS.replace("type: slack", "type: slick").replace("$title ended", "${title"))
    result = topics("apply", "--yes")
    assert "has 2 mistakes, so nothing was changed" in ended(result, ConfigurationError)
    assert isinstance(result.exception, ConfigurationError)
    assert [line.split(",")[0] for line in result.exception.details] == [
        "notifications.yaml: line 5",
        "notifications.yaml: line 8",
    ]
    assert site.items == {}


def test_f38_a_secret_in_the_file_or_the_table_is_not_shown(site: TopicSite, topics: Command) -> None:
    """A file with one is rejected. In the table, only a change by hand can have written one."""
    site.declare(TOPICS.replace("{ssm: slack-team}", SLACK))
    result = topics("apply", "--yes")
    shown = [*ended(result, ConfigurationError), *getattr(result.exception, "details", ())]
    site.declare()
    data_of(topics("apply", "--yes", "--output=json"))
    text = json.dumps(site.items["library+jobs"]).replace("*$title* is due", SLACK)
    item = json.loads(text.replace("desk@library.example", SLACK))
    site.scope.aws.dynamodb.put_item(TableName=TABLE, Item=item)
    for words in (["list"], ["show", "library/jobs"], ["apply", "--dry-run"], ["delete", "library/jobs", "--yes"]):
        result = topics(*words, "--output=json")
        assert result.exit_code == 0, result.exception
        shown.append(result.output)
    assert "looks like a Slack webhook URL" in "".join(shown)
    assert "canary" not in "".join(shown)


def test_a_topic_is_shown_with_its_content(applied: dict[str, Any], topics: Command) -> None:
    """It has the id, and each field of each integration."""
    lines = topics("show", "library/jobs").stdout.splitlines()
    assert lines[:3] == [
        "library/jobs  team (slack), desk (email)",
        f"  id         {applied['topics'][0]['id']}",
        '  integrations.team.type  "slack"',
    ]
    assert '  integrations.desk.configuration.subject  "{{ title }}"' in lines


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("library/job", "There is no topic library/job in the stage dev. Did you mean library/jobs?"),
        ("zzz/zzz", "There is no topic zzz/zzz in the stage dev. Add it to notifications.yaml, then: alma-webhooks"),
        ("library", "'library' is not CHANNEL/TOPIC"),
        ("Library/Jobs", "'Library/Jobs' is not CHANNEL/TOPIC"),
    ],
)
def test_a_topic_that_does_not_exist_has_a_sentence(topics: Command, name: str, sentence: str) -> None:
    """It names the nearest one, or the form of a name."""
    assert ended(topics("show", name), ConfigurationError).startswith(sentence)


def test_an_item_that_is_not_valid_is_listed_and_replaced(
    applied: dict[str, Any], site: TopicSite, topics: Command
) -> None:
    """Its id is kept."""
    item = {**site.items["library+jobs"], "Integrations": {"S": "by hand"}}
    site.scope.aws.dynamodb.put_item(TableName=TABLE, Item=item)
    assert "problem    The item is not a topic: integrations" in topics("list").stdout
    result = topics("apply", "--yes")
    assert "change     library/jobs: what is stored is not valid, and is replaced" in result.stderr
    assert f"library/jobs  id {applied['topics'][0]['id']}" in result.stdout


def test_a_topic_is_deleted_as_it_was_shown(applied: dict[str, Any], site: TopicSite, topics: Command) -> None:
    """What goes is shown, and audited with its id."""
    result = topics("delete", "library/jobs", "--yes")
    assert "delete  library/jobs  team (slack), desk (email)" in result.stderr
    assert result.stdout == f"deleted  library/jobs  id {applied['topics'][0]['id']}\n"
    assert set(site.items) == {"students+loans"}
    assert [line["message"] for line in audited(site.scope.aws)][-3:] == ["began", "removed", "ended"]


@pytest.mark.usefixtures("applied")
def test_a_topic_that_was_changed_since_is_not_deleted(
    site: TopicSite, topics: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have applied another content under the same id while the question waited."""
    item = {**site.items["library+jobs"], "Integrations": {"L": []}}
    delete = TopicStore.delete

    def change_first(store: TopicStore, before: Any) -> bool:
        site.scope.aws.dynamodb.put_item(TableName=TABLE, Item=item)
        return delete(store, before)

    monkeypatch.setattr(TopicStore, "delete", change_first)
    sentence = ended(topics("delete", "library/jobs", "--yes"), FailedError)
    assert sentence.startswith("Somebody else has changed library/jobs in the meantime, so it was not deleted.")
    assert site.items["library+jobs"] == item


@pytest.mark.usefixtures("applied")
def test_changes_need_an_answer(site: TopicSite, topics: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal nothing is changed; the answer no is exit code 3."""
    site.declare(TOPICS.replace("is due", "ended"))
    before = site.items
    for words in (["apply"], ["delete", "library/jobs"]):
        assert "stdin is not a terminal" in ended(topics(*words), ConfigurationError)
        with monkeypatch.context() as patched:
            patched.setattr("scripts.cli.prompts.can_ask", lambda: True)
            assert ended(topics(*words, input="n\n"), RejectedError) == "Nothing was changed."
    assert site.items == before


def test_a_stage_without_notifications_says_how_to_get_them(
    site: TopicSite, topics: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence has the key of alma-webhooks.yaml and the command."""
    monkeypatch.setattr("scripts.aws.stack.describe", lambda *_: None)
    assert site.folder
    sentence = ended(topics("list"), ConfigurationError)
    assert "`notifications: true`" in sentence
    assert sentence.endswith("alma-webhooks deploy --stage dev")


def test_f55_the_folder_of_another_project_is_not_applied(site: TopicSite, topics: Command) -> None:
    """As it is not deployed to the stack either; the sentence names both projects."""
    site.declare()
    (site.folder / "alma-webhooks.yaml").write_text("schema: 1\nname: other\nstages: {dev: {}}\n", "utf-8")
    sentence = ended(topics("apply", "--yes"), RejectedError)
    assert sentence.startswith("Stack alma-webhooks-dev-notifications belongs to the project library, not to other, so")
    assert site.items == {}


def test_apply_needs_a_project(site: TopicSite, topics: Command) -> None:
    """Without one nothing is applied, in particular not the shipped example."""
    (site.folder / "alma-webhooks.yaml").unlink()
    assert "alma-webhooks init FOLDER" in ended(topics("apply", "--yes"), ConfigurationError)
    assert site.items == {}
