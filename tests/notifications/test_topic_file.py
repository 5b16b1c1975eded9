"""Tests of the reader of notifications.yaml."""

import pytest

from notifications.integrations.table import INTEGRATIONS
from notifications.topic_file import InvalidTopicsError, TopicProblem, read_topics
from tests.notifications.fake_integrations import HASH, TOPICS, fake_integrations


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidTopicsError) as raised:
        read_topics(text, fake_integrations())
    assert str(raised.value) == "; ".join(map(str, raised.value.problems))
    return [str(problem) for problem in raised.value.problems]


def changed(old: str, new: str) -> str:
    assert TOPICS.count(old) >= 1
    return TOPICS.replace(old, new, 1)


def test_topics_are_read_in_their_order() -> None:
    """Each is by channel and name, with its integrations, and gets its id when it is applied."""
    jobs, loans = read_topics(TOPICS, fake_integrations())
    assert [(jobs.channel, jobs.topic), (loans.channel, loans.topic)] == [("library", "jobs"), ("students", "loans")]
    assert [entry.name for entry in jobs.content.integrations] == ["team", "desk"]
    topic = loans.with_id(HASH)
    assert (topic.id, topic.name, topic.integrations) == (HASH, "students+loans", loans.content.integrations)


def test_a_file_without_topics_is_valid() -> None:
    """It means that there are none."""
    assert read_topics("channels: {}\n", fake_integrations()) == []


TEAM, DESK = "library/jobs, integration team", "library/jobs, integration desk"
NAME_FORM = "a name has lower-case letters, digits and hyphens, no hyphen first, and at most 63 characters"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the file is empty: it needs `channels:`"),
        ("channels:\n", "line 1, channels: the value is missing; write "),
        ("channel: {}\n", "line 1: channels is missing"),
        (changed("channels:", "topics: {}\nchannels:"), "line 1, topics: unknown key 'topics'"),
        (changed("library:", "Library:"), f"line 2, channels.Library: {NAME_FORM}"),
        (changed("jobs:", "my jobs:"), f"line 3, library/my jobs: {NAME_FORM}"),
        (
            changed("students:", "library:"),
            "line 14, channels.library: duplicate key library on lines 2 and 14; remove",
        ),
        (changed("name: team", "name: Team"), f"line 5, library/jobs, integration Team, name: {NAME_FORM}"),
        (
            changed("name: team", "name: 7"),
            "line 5, library/jobs, integration number 1, name: expected text; put it in",
        ),
        (changed("name: desk", "name: team"), "line 4, library/jobs, integrations: the name team is used by several"),
        (changed("name: team, ", ""), "line 5, library/jobs, integration number 1: name is missing"),
        (changed("type: chat", "kind: chat"), f"line 5, {TEAM}: type is missing"),
        (changed("type: chat", "type: chaat"), f"line 5, {TEAM}, type: unknown type; did you mean 'chat'?"),
        (changed("type: chat", "type: pigeon"), f"line 5, {TEAM}, type: unknown type; there are chat, mail"),
        (changed('"*$title* is due"', '"costs $5"'), f"line 5, {TEAM}, model: not a valid template: line 1, column 7"),
        (changed('"*$title* is due"', "7"), f"line 5, {TEAM}, model: expected text, or {{jinja: TEXT}} for Jinja2"),
        (changed('"*$title* is due"', '"x" y'), "line 5: "),
        (
            changed('"*$title* is due"', "'" + "x" * 3_001 + "'"),
            f"line 5, {TEAM}, model: too long for chat, even without",
        ),
        (changed("{% endif %}", ""), f"line 8, {DESK}, model: not a valid template: "),
        (changed("jinja:", "jinja2:"), f"line 8, {DESK}, model: jinja is missing"),
        (changed("{ssm: chat-team}", "chat-team"), f"line 5, {TEAM}, configuration.url: expected names with values"),
        (changed("{ssm: chat-team}", "{ssm: Team}"), f"line 5, {TEAM}, configuration.url.ssm: {NAME_FORM}"),
        (changed("url:", "uri:"), f"line 5, {TEAM}, configuration: url is missing"),
        (changed("to:", "too:"), f"line 11, {DESK}, configuration: to is missing"),
        (changed('"{{ mail }}", desk@example.org', "desk"), f"line 12, {DESK}, configuration.to: an address has an @"),
        (changed('"{{ mail }}"', "{{ mail }}"), "line 12: put a value with {{ … }} in quotes"),
        (changed('"{{ mail }}"', '"{{ mail"'), f"line 12, {DESK}, configuration.to[0]: not a valid template: "),
        (
            changed("subject:", "Subject:"),
            f"line 13, {DESK}, configuration.Subject: unknown key 'Subject'; did you mean",
        ),
        (
            changed('"Due: {{ title }}"', "yes"),
            f"line 13, {DESK}, configuration.subject: yes is ambiguous: YAML readers",
        ),
        ("- channels\n", "line 1: expected names with values"),
        ("channels: [library]\n", "line 1, channels: expected names with values"),
        (
            "channels: {library: {jobs: {integrations: []}}}\n",
            "line 1, library/jobs, integrations: list should have at le",
        ),
        (
            "channels: {library: {jobs: {integrations: x}}}\n",
            "line 1, library/jobs, integrations: expected a list, with a",
        ),
        (
            "channels: {library: {jobs: {integrations: [x]}}}\n",
            "line 1, library/jobs, integration number 1: expected nam",
        ),
        ("channels: {library: [jobs]}\n", "line 1, channels.library: expected names with values"),
    ],
)
def test_a_problem_has_its_line_and_place(text: str, problem: str) -> None:
    """A problem names line, topic, integration and field, and says what is expected."""
    found = problems(text)
    assert found[0].startswith(problem), found


# A topic that is sent to a person, with a fallback.
PEOPLE = """\
channels:
  library:
    jobs:
      integrations:
        - name: person
          type: sms
          model: Job done
          configuration: {to: {user: "{{ job_instance.submitted_by.value | default('') }}"}}
      fallback:
        name: desk
        type: slack
        model: Nobody was reached
        configuration: {url: {ssm: slack-desk}}
"""
PERSON, FALLBACK = "library/jobs, integration person", "library/jobs, integration fallback"


def test_a_topic_with_a_person_and_a_fallback_is_read() -> None:
    """The fallback is an entry of its own."""
    [jobs] = read_topics(PEOPLE, INTEGRATIONS)
    assert jobs.content.fallback
    assert jobs.with_id(HASH).fallback == jobs.content.fallback
    assert jobs.content.fallback.name == "desk"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("user:", "usr:", f"line 8, {PERSON}, configuration.to: a person is {{user: ID}} with the id of an Alma user"),
        (
            "\"{{ job_instance.submitted_by.value | default('') }}\"",
            "7",
            f"line 8, {PERSON}, configuration.to: a person",
        ),
        ("{to: {user:", "{to: {phone: x, user:", f"line 8, {PERSON}, configuration.to: a person is {{user: ID}}"),
        ("default('') }}", "default('')", f"line 8, {PERSON}, configuration.to.user: not a valid template: "),
        ("name: desk", "name: person", "line 3, library/jobs: the name person is used by several integrations"),
        ("type: slack", "type: slak", f"line 11, {FALLBACK}, type: unknown type; did you mean 'slack'?"),
        ("model: Nobody was reached", "model: $", f"line 12, {FALLBACK}, model: not a valid template: "),
        ("url:", "uri:", f"line 13, {FALLBACK}, configuration.uri: unknown key 'uri'; did you mean 'url'?"),
        (
            "slack-desk",
            "alma-api-key",
            f"line 13, {FALLBACK}, configuration.url.ssm: alma-api-key is the key of Alma's",
        ),
        ("name: desk", "nam: desk", f"line 9, {FALLBACK}: name is missing"),
        (
            "type: sms\n          model: Job done\n          configuration: {to: {user:",
            "type: http\n          model: '{}'\n          configuration: {url: {ssm: a}, secret: {ssm: b}} #",
            f"line 9, {FALLBACK}: is never used, because no integration of this topic is sent to a person",
        ),
    ],
)
def test_a_problem_of_a_fallback_or_person_has_its_line(old: str, new: str, problem: str) -> None:
    """As those of the others."""
    assert PEOPLE.count(old) == 1
    with pytest.raises(InvalidTopicsError) as raised:
        read_topics(PEOPLE.replace(old, new), INTEGRATIONS)
    found = [str(each) for each in raised.value.problems]
    assert found[0].startswith(problem), found


def test_a_channel_is_not_a_template() -> None:
    """Only the id of a person is one there, and is checked as one."""
    text = PEOPLE.replace("{url: {ssm: slack-desk}}", '{token: {ssm: bot}, channel: "#a{{"}')
    assert read_topics(text, INTEGRATIONS)
    with pytest.raises(InvalidTopicsError, match=r"configuration\.channel\.user: not a valid template"):
        read_topics(text.replace('"#a{{"', '{user: "{{"}'), INTEGRATIONS)


def test_all_problems_are_reported_in_order_of_lines() -> None:
    """A file with several mistakes needs one look."""
    text = changed('"{{ mail }}", desk@example.org', "desk").replace("model: Hello", "model: $").replace("$title", "$5")
    assert [found.split(":")[0] for found in problems(text)] == [
        f"line 5, {TEAM}, model",
        f"line 12, {DESK}, configuration.to",
        "line 17, students/loans, integration team, model",
    ]


@pytest.mark.parametrize("number", ["+49170123456", "49170123456", "0049170123456", "01701234567"])
def test_a_phone_number_without_quotes_is_an_error_with_its_line(number: str) -> None:
    """YAML reads it as a number and drops the plus or the zeros. The number itself is not shown."""
    (found,) = problems(changed('"Due: {{ title }}"', number))
    assert found.startswith(f"line 13, {DESK}, configuration.subject: ")
    assert "quotes" in found
    assert number[-6:] not in found
    assert read_topics(changed('"Due: {{ title }}"', f'"{number}"'), fake_integrations())


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("*canary", "an alias (*name) needs its anchor (&name); put text that begins with * in quotes"),
        ("!canary ", "a tag (!name) is not supported; put text that begins with ! in quotes"),
        ("!json canary", "a tag (!name) is not supported; put text that begins with ! in quotes"),
        ("!canary!x y", "a tag (!name) is not supported; put text that begins with ! in quotes"),
        ("!<canary> y", "a tag (!name) is not supported; put text that begins with ! in quotes"),
        ("![canary, canary]", ""),
        ("`canary", ""),
        ("%canary", ""),
        ("&canary", ""),
        ('"\\canary"', ""),
    ],
)
def test_what_yaml_takes_for_an_alias_or_a_tag_is_not_printed(value: str, sentence: str) -> None:
    """A password may begin with such a character."""
    found = problems(changed("{ssm: chat-team}", value))
    assert found[0].endswith(sentence)
    assert not any("canary" in each for each in found)
    assert all(each.startswith("line 5") for each in found)


SNS_ARN = "arn:aws:sns:eu-central-1:123456789012:jobs"
ARN_FORM = "expected the ARN of a standard SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME"


def with_sns(topics: str) -> str:
    return changed("      integrations:", f"      sns_topics: {topics}\n      integrations:")


def test_sns_topics_may_post_to_a_topic() -> None:
    """Without them none may."""
    jobs, loans = read_topics(with_sns(f"[{SNS_ARN}]"), fake_integrations())
    assert (jobs.content.sns_topics, loans.content.sns_topics) == ([SNS_ARN], [])
    assert jobs.with_id(HASH).sns_topics == [SNS_ARN]


@pytest.mark.parametrize(
    ("topics", "problem"),
    [
        ("[jobs]", f"sns_topics[0]: {ARN_FORM}"),
        (f"['{SNS_ARN}', '{SNS_ARN}.fifo']", f"sns_topics[1]: {ARN_FORM}"),
        (f"[{SNS_ARN.replace('sns', 'sqs')}]", f"sns_topics[0]: {ARN_FORM}"),
        ("[7]", "sns_topics[0]: expected text; put it in quotes if it is one value"),
        (SNS_ARN, "sns_topics: expected a list, with a dash before each entry"),
    ],
)
def test_what_is_not_an_sns_topic_is_a_problem(topics: str, problem: str) -> None:
    """The problem names the entry of the list."""
    assert problems(with_sns(topics)) == [f"line 4, library/jobs, {problem}"]


SECRETS = [
    "https://hooks.slack.com/services/T0001/B0001/XXXXinventedXXXX",  # pragma: allowlist secret -- an invented value
    "https://hooks.slack-gov.com/services/T0001/B0001/XXXXinventedXXXX",
    "xoxb-1234567890-invented",  # pragma: allowlist secret -- an invented value
    "xapp-1-A0001-1234567890-invented",
    "whsec_aW52ZW50ZWRpbnZlbnRlZA==",
    "1234567890:AAinventedinventedinventedinvented_",  # pragma: allowlist secret -- an invented value
    "https://prod.example.org/flows/1?api-version=1&sig=inventedinvented",
    "https://example.webhook.office.com/webhookb2/0000@0000/IncomingWebhook/invented/0000",
    "AKIAINVENTEDINVENTED",  # pragma: allowlist secret -- an invented value
    "-----BEGIN RSA PRIVATE KEY-----",  # pragma: allowlist secret -- an invented value
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("{ssm: chat-team}", "'SECRET'", 5),
        ("channels:", "# SECRET\nchannels:", 1),
        ("subject:", "SECRET:", 13),
        ('subject: "Due: {{ title }}"', "subject: 'SECRET'\n            subject: 'SECRET'", 13),
        ("{ssm: chat-team}", "{ssm: 'SECRET", 5),
        ("jinja: |", "jinja: |\n              SECRET", 10),
    ],
)
def test_what_looks_like_a_secret_is_rejected_and_not_printed(secret: str, old: str, new: str, line: int) -> None:
    """It is found anywhere in the text, in YAML that is not valid too, and then nothing else is reported."""
    found = problems(changed(old, new.replace("SECRET", secret)))
    assert found[0].startswith(f"line {line}: looks like a")
    assert all("store it in SSM, write {ssm: NAME} here" in each for each in found)
    assert not any(part in each for each in found for part in ("nvented", "XXXX", "INVENTED", "BEGIN"))


def test_several_secrets_are_reported_in_order_of_lines() -> None:
    """Each of them has to be replaced."""
    found = problems(changed("channels:", f"# {SECRETS[5]}\n# {SECRETS[4]} {SECRETS[2]}\nchannels:"))
    assert [each.split(";")[0] for each in found] == [
        "line 1: looks like a Telegram bot token",
        "line 2: looks like a signing secret",
        "line 2: looks like a Slack token",
    ]


@pytest.mark.parametrize(
    "text", ["xoxb", "hooks.slack.com", "12:30 and 1234567:89", "sig=1", "whsec_", "skia AKIA", "{ssm: whsec-team}"]
)
def test_what_only_mentions_secrets_is_allowed(text: str) -> None:
    """Names of services and short texts are not secrets."""
    assert read_topics(changed("*$title* is due", text), fake_integrations())


def test_a_problem_without_a_place_is_its_reason() -> None:
    """Parts that are unknown are left out."""
    assert str(TopicProblem(0, "", "", "", "reason")) == "reason"
    assert str(TopicProblem(0, "a/b", "", "field", "reason")) == "a/b, field: reason"
