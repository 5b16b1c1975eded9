"""Test `topics test`: what it renders, sends and prints, and that no secret is in any output."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from notifications.errors import Permanent, Throttled, Transient, Unconfirmed
from notifications.integrations.integration import HttpRequest, HttpResponse
from notifications.integrations.table import INTEGRATIONS
from scripts.cli.exit_codes import CommandError, ConfigurationError, RejectedError
from scripts.topics.acceptance import ACCEPTANCE
from tests.scripts.topics.conftest import Command
from tests.scripts.topics.site import TOPICS, TopicSite

SLACK = "https://hooks.slack.com/services/T0/B0/canary4711canary"  # pragma: allowlist secret -- an invented value
FLOW = "https://flows.example.com/runs/canary4711canary?sig=canary4711canary"
MORE = """\
  everybody:
    all:
      integrations:
        - {name: team, type: slack, model: "*$title*", configuration: {url: {ssm: slack-team}}}
        - {name: flow, type: teams, model: "$title", configuration: {url: {ssm: teams-flow}}}
        - name: vendor
          type: http
          model: '{"title": "$title"}'
          configuration: {url: {ssm: vendor-url}, secret: {ssm: vendor-secret}}
        - name: someone
          type: slack
          model: "$title"
          configuration: {token: {ssm: slack-bot}, channel: {user: "{{ id }}"}}
        - {name: phone, type: sms, model: "$title", configuration: {to: {user: "{{ id }}"}}}
        - name: mailbox
          type: email
          model: "$title"
          configuration: {from: alma@library.example, to: [{user: "{{ id }}"}], subject: "$title"}
        - {name: chat, type: telegram, model: "$title", configuration: {token: {ssm: telegram-bot}, chat: "-100123"}}
      fallback: {name: staff, type: slack, model: "fallback $title", configuration: {url: {ssm: slack-team}}}
"""
SECRETS = {
    "slack-team": SLACK,
    "slack-bot": "xoxb-canary4711canary",
    "teams-flow": FLOW,
    "vendor-url": "https://vendor.example.com/canary4711canary",
    "vendor-secret": "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5",
    "telegram-bot": "123456789:canary4711canary4711canary4711canary",  # pragma: allowlist secret -- an invented value
}


class FakeHttp:
    """Answers each post by `answer`."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.answer: Callable[[HttpRequest], HttpResponse] = lambda _: HttpResponse(200, {}, b"ok")

    def post(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return self.answer(request)


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), (result.output, result.exception)
    return str(result.exception)


def raising(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    def answer(_: HttpRequest) -> HttpResponse:
        raise error

    return answer


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> FakeHttp:
    """What the integrations post with."""
    fake = FakeHttp()
    monkeypatch.setattr("scripts.topics.trial.BoundedHttpClient", lambda **_: fake)
    return fake


@pytest.fixture
def try_(site: TopicSite, topics: Command) -> Command:
    """Run `alma-webhooks topics test …` on topics with all integrations that post."""
    site.declare(TOPICS + MORE)
    for name, value in SECRETS.items():
        site.store(name, value)
    assert topics("apply", "--yes").exit_code == 0
    return lambda *arguments, **options: topics("test", *arguments, **options)


def test_a_test_is_sent_as_the_sender_would(try_: Command, http: FakeHttp) -> None:
    """The text is shown before it is sent, values are escaped, and the output says what acceptance means."""
    result = try_("library/jobs", "--integration=team", "title=<!channel> & more", "--yes")
    assert result.exit_code == 0, result.exception
    [request] = http.requests
    assert (request.url, json.loads(request.body)["text"]) == (SLACK, "*&lt;!channel&gt; &amp; more* is due")
    assert "  text          *&lt;!channel&gt; &amp; more* is due" in result.stderr.splitlines()
    assert "  url           the secret slack-team" in result.stderr.splitlines()
    assert result.stdout.splitlines() == ["accepted", f"  {ACCEPTANCE['slack']}"]


def test_variables_without_a_value_get_a_sample_text(try_: Command, http: FakeHttp) -> None:
    """The output names them; a dry run sends nothing and needs no answer."""
    result = try_("library/jobs", "--integration=desk", "--dry-run", "--output=json")
    data = json.loads(result.stdout)
    assert (data["text"], data["sample_values"], data["outcome"]) == ("sample title ended", ["title"], None)
    assert data["configuration"]["subject"] == "sample title"
    text = try_("library/jobs", "--integration=desk", "--dry-run")
    assert "  samples       sample values for title" in text.stdout.splitlines()
    assert "Dry run: nothing was sent." in text.stderr
    assert http.requests == []


def test_values_can_be_json(try_: Command, http: FakeHttp) -> None:
    """A template shows a list as the producer does."""
    result = try_("everybody/all", "--integration=team", "title:=[1, true]", "--yes")
    assert result.exit_code == 0, result.exception
    assert json.loads(http.requests[0].body)["text"] == "*[1, true]*"


def test_the_fallback_of_a_topic_can_be_tested(try_: Command, http: FakeHttp, site: TopicSite) -> None:
    """By its name; another integration needs no secret of it."""
    result = try_("everybody/all", "--integration=staff", "title=x", "--yes")
    assert result.exit_code == 0, result.exception
    assert json.loads(http.requests[0].body)["text"] == "fallback x"
    sentence = ended(try_("everybody/all", "--integration=none", "--yes"), ConfigurationError)
    assert sentence.endswith("chat, staff.")
    site.scope.aws.ssm.delete_parameter(Name="/alma-webhooks/dev/notifications/slack-team")
    assert try_("everybody/all", "--integration=chat", "title=x", "--dry-run").exit_code == 0


@pytest.mark.parametrize("name", ["someone", "phone", "mailbox"])
def test_a_person_is_not_looked_up(try_: Command, http: FakeHttp, name: str) -> None:
    """The sentence has the command that tries it; a dry run shows the text."""
    result = try_("everybody/all", f"--integration={name}", "title=x", "id=canary", "--yes")
    assert ended(result, ConfigurationError) == (
        f"everybody/all, integration {name} is sent to a person, whom topics test does not look up. Try it with: "
        "alma-webhooks notify everybody/all NAME=VALUE … --stage dev"
    )
    assert "canary" not in result.output
    assert http.requests == []
    assert try_("everybody/all", f"--integration={name}", "title=x", "id=1", "--dry-run").exit_code == 0


@pytest.mark.parametrize("service", ["email", "sms"])
def test_mail_and_sms_are_sent_with_the_operators_rights(
    try_: Command, site: TopicSite, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference is the MessageId, and the sentence names what can still stop it."""
    assert site
    sent: list[dict[str, Any]] = []

    class Fake:
        def send_email(self, **request: Any) -> dict[str, str]:
            sent.append(request)
            return {"MessageId": "ses-1"}

        def check_if_phone_number_is_opted_out(self, **_: Any) -> dict[str, bool]:
            return {"isOptedOut": False}

        def publish(self, **request: Any) -> dict[str, str]:
            sent.append(request)
            return {"MessageId": "sns-1"}

    monkeypatch.setattr(site.scope.aws.session, "client", lambda *_, **__: Fake())
    words, word = {
        "email": (("library/jobs", "--integration=desk"), "suppression list"),
        "sms": (("students/loans", "--integration=text", "phone=+4930123456"), "spend limit"),
    }[service]
    result = try_(*words, "title=Backup", "--yes")
    assert result.exit_code == 0, result.exception
    assert [request.get("ConfigurationSetName") for request in sent] == [{"email": "alma", "sms": None}[service]]
    assert result.stdout.startswith("accepted, s")
    assert word in result.stdout


@pytest.mark.parametrize(
    ("answer", "code", "line"),
    [
        (lambda _: HttpResponse(404, {}, b"no_service"), 1, "refused: hooks.slack.com answered 404: no_service."),
        (lambda _: HttpResponse(500, {}, b""), 1, "failed: hooks.slack.com answered 500. A sender would try again."),
        (raising(Throttled("too many.")), 1, "failed: too many. A sender would try again."),
        (raising(Transient("transient", "no connection.")), 1, "failed: no connection. A sender would try again."),
        (raising(Permanent("refused", "bad certificate")), 1, "refused: bad certificate."),
        (raising(Unconfirmed("the answer was lost.")), 4, "unknown: the answer was lost."),
    ],
)
def test_the_outcomes_have_exit_codes(
    try_: Command, http: FakeHttp, answer: Callable[[HttpRequest], HttpResponse], code: int, line: str
) -> None:
    """Nothing says that a notification was delivered."""
    http.answer = answer
    result = try_("library/jobs", "--integration=team", "title=x", "--yes")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (code, line)
    assert "deliver" not in result.output


ANSWERS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "200": lambda request: HttpResponse(200, {}, request.url.encode()),
    "302": lambda request: HttpResponse(302, {"location": request.url}, request.url.encode()),
    "400": lambda request: HttpResponse(400, {}, request.url.encode()),
    "503": lambda request: HttpResponse(503, {"retry-after": request.url}, request.url.encode()),
    "ValueError": lambda request: raising(ValueError(f"{request.url} {request.headers}"))(request),
    "OSError": lambda request: raising(OSError(111, request.url))(request),
}


@pytest.mark.parametrize("integration", ["team", "flow", "vendor", "chat"])
def test_f38_no_secret_is_in_the_output_of_a_test(
    try_: Command, http: FakeHttp, integration: str, caplog: pytest.LogCaptureFixture
) -> None:
    """For each answer and each exception: not in text, JSON, the log or an exception."""
    caplog.set_level(logging.WARNING, "botocore")  # its lines at DEBUG have what AWS answers
    said = ""
    with caplog.at_level(logging.DEBUG):
        for http.answer in ANSWERS.values():
            for form in ("text", "json"):
                result = try_("everybody/all", f"--integration={integration}", "title=x", "--yes", f"--output={form}")
                said += f"{result.output}{result.exception!r}{result.exc_info}"
    assert len(http.requests) == 2 * len(ANSWERS), said
    said += caplog.text
    assert "canary" not in said
    assert "Y2FuYXJ5" not in said


def test_f80_a_test_does_not_reach_a_private_address(try_: Command, site: TopicSite) -> None:
    """It posts by the bounded exchange of the sender, and the secret path is not shown."""
    site.scope.aws.ssm.put_parameter(
        Name="/alma-webhooks/dev/notifications/slack-team", Value="https://127.0.0.1/canary", Overwrite=True
    )
    result = try_("library/jobs", "--integration=team", "title=x", "--yes")
    assert (result.exit_code, "canary" in result.output) == (1, False)
    assert result.stdout.startswith("refused: 127.0.0.1")


@pytest.mark.usefixtures("http")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--integration=none"], "library/jobs has no integration none; it has team, desk."),
        (["--integration=team", "title"], "Value 1 is not NAME=TEXT, or NAME:=JSON for a number"),
        (["--integration=team", "=x"], "Value 1 is not NAME=TEXT"),
        (["--integration=team", "title=1", "title=2"], "The value title is given twice."),
        (["--integration=team", "title:=x"], "The value title is not JSON; write title=TEXT if it is text."),
    ],
)
def test_bad_input_has_a_sentence(try_: Command, http: FakeHttp, words: list[str], sentence: str) -> None:
    """Nothing is sent, and the exit code is 2."""
    assert ended(try_("library/jobs", *words, "--yes"), ConfigurationError).startswith(sentence)
    assert http.requests == []


def test_values_that_do_not_suit_the_topic_are_rejected(try_: Command, http: FakeHttp) -> None:
    """As the producer would, with the field and without the value."""
    result = try_("students/loans", "--integration=text", "phone=canary", "--yes")
    sentence = ended(result, ConfigurationError)
    assert sentence.startswith("Nothing was sent: configuration.to of the integration text in students+loans is not")
    assert sentence.endswith("Pass values as NAME=TEXT or NAME:=JSON.")
    assert ("canary" in sentence, http.requests) == (False, [])


def test_a_missing_secret_is_an_error_with_the_command_that_stores_it(
    try_: Command, site: TopicSite, http: FakeHttp
) -> None:
    """Nothing is sent; an integration that needs another secret can be tested."""
    site.scope.aws.ssm.delete_parameter(Name="/alma-webhooks/dev/notifications/teams-flow")
    sentence = ended(try_("everybody/all", "--integration=flow", "--yes"), ConfigurationError)
    assert sentence.endswith("to store it: alma-webhooks topics secret teams-flow --stage dev")
    assert http.requests == []
    assert try_("everybody/all", "--integration=team", "--yes").exit_code == 0


def test_a_test_needs_an_answer(try_: Command, http: FakeHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal, and after the answer no, nothing is sent."""
    sentence = ended(try_("library/jobs", "--integration=team"), ConfigurationError)
    assert "so nothing was sent; pass --yes" in sentence
    monkeypatch.setattr("scripts.cli.prompts.can_ask", lambda: True)
    result = try_("library/jobs", "--integration=team", input="n\n")
    assert ended(result, RejectedError) == "Nothing was sent."
    assert http.requests == []
    assert try_("library/jobs", "--integration=team", input="y\n").exit_code == 0
    assert len(http.requests) == 1


def test_every_integration_says_what_acceptance_means() -> None:
    """None of the sentences says that a notification was delivered."""
    assert ACCEPTANCE.keys() == INTEGRATIONS.keys()
    assert not any("delivered" in sentence for sentence in ACCEPTANCE.values())
