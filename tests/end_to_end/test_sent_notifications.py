"""Notifications on this computer: from an event or a post to what each service gets, and back after a failure."""

import itertools
import json
import secrets
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scripts.alma_client.client import post, signature
from scripts.aws import emulator
from scripts.aws.clients import Aws
from tests.end_to_end.projects import EXAMPLE, ProjectFolder
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.running import Running, eventually
from tests.samples import job_end
from tests.scripts.command import run
from tests.scripts.local.receiver.reading import answering, asked, messages

pytestmark = pytest.mark.full  # a deployment, cold starts, and a burst that lasts for more than a minute

ROUTES = """
routes:
  - name: jobs
    when: {action: [JOB_END]}
    let: {job: "{{ job_instance.name }}"}
    deliver:
      - notification: library/jobs
"""
TOPICS = """
channels:
  library:
    jobs:
      integrations:
        - {name: team, type: slack, model: "*$job* ended", configuration: {url: {ssm: slack-team}}}
        - {name: bot, type: slack, model: "$job", configuration: {token: {ssm: slack-bot}, channel: C012AB3CD}}
        - {name: flow, type: teams, model: "$job", configuration: {url: {ssm: teams-flow}}}
        - {name: chat, type: telegram, model: "$job", configuration: {token: {ssm: telegram-bot}, chat: -100}}
        - name: vendor
          type: http
          model: '{"job": "$job"}'
          configuration: {url: {ssm: vendor}, secret: {ssm: vendor-secret}}
        - name: desk
          type: email
          model: "$job ended"
          configuration: {from: alma@library.example, to: [desk@library.example], subject: "{{ job }}"}
        - name: text
          type: sms
          model: "$job ended"
          configuration: {to: {user: "{{ job_instance.submitted_by.value }}"}}
    burst:
      integrations:
        - {name: team, type: slack, model: "burst $number", configuration: {url: {ssm: slack-burst}}}
"""
# Each destination of the topic library/jobs, as the receiver names it; a text message goes to an invented number.
DESTINATIONS = {"slack-team", "C012AB3CD", "teams-flow", "-100", "vendor", "desk@library.example", "sms"}

BURST = 400


class Local(NamedTuple):
    """The run, its facts and its project."""

    running: Running
    facts: dict[str, Any]
    project: ProjectFolder
    aws: Aws

    def ended(self, name: str) -> None:
        """Post the end of a job of this name, which a person has submitted."""
        event = {**json.loads(job_end(name=name)), "id": str(secrets.randbelow(10**15))}
        body = json.dumps(event).encode()
        signed = signature(body, secret=self.facts["secret"])
        assert as_alma(lambda: post(self.facts["webhook_url"], body, signed=signed)).receipt_id

    def notified(self, topic: str, **metadata: str) -> dict[str, str]:
        """Post a notification as a client does, and return the SQS message ids by integration."""
        url = urllib.parse.urlsplit(self.facts["notifications_url"] + topic)
        headers = {"x-api-key": self.facts["api_key"], "x-topic-hash-x": self.hash_of(topic)}
        connection = HTTPConnection(url.netloc, timeout=60)
        connection.request("POST", url.path, json.dumps({"metadata": metadata}), headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        assert response.status == 200, text
        return dict(json.loads(text))

    def hash_of(self, topic: str) -> str:
        """Return the hash of a topic from its table."""
        table, key = f"{self.facts['stack']}-notifications-topics", {"Name": {"S": topic.replace("/", "+")}}
        return str(self.aws.dynamodb.get_item(TableName=table, Key=key)["Item"]["Id"]["S"])

    def received(self, text: str) -> list[dict[str, Any]]:
        """Return the messages that contain a text, the oldest first."""
        found = messages(self.facts["receiver_url"])
        return [each for each in found if text in each["text"] + each["subject"]]

    def accepted(self, text: str) -> Counter[str]:
        """Return how many messages with this text each destination accepted."""
        return Counter(
            each["service"] if each["service"] == "sms" else each["to"]
            for each in self.received(text)
            if each["status"] in {200, 202}
        )

    def dead_letter(self, *, keep: bool = False) -> dict[str, Any]:
        """Wait for a dead letter of notifications and return it; it is removed, or remains visible."""
        url = self.facts["notifications_dead_letter_queue_url"]
        hidden: Any = {"VisibilityTimeout": 0} if keep else {}

        def look() -> list[Any]:
            answer = self.aws.sqs.receive_message(
                QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=1, **hidden
            )
            return list(answer.get("Messages", []))

        [message] = eventually(look, 60)
        if not keep:
            self.aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return dict(message)

    def replayed(self, receipt_id: str) -> str:
        """Replay the dead letters of a receipt ID as an operator does, and return what is printed."""
        options = (f"--endpoint-url={self.facts['endpoint_url']}", f"--project={self.project.path}", "--stage=dev")
        done = run("dead-letters", "replay", receipt_id, "--queue=notifications", "--yes", "--wait", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """Run a project with notifications."""
    folder = tmp_path_factory.mktemp("notifications")
    parameters = {"AllowSms": "true", "AlmaApiHost": "api.alma.example"}
    project = ProjectFolder.create(folder / "project", ROUTES, parameters=parameters)
    project.set(notifications=True)
    (project.path / "notifications.yaml").write_text(TOPICS, "utf-8")
    arguments = ("--watch", "--no-samples", "--port", "0", "--project", str(project.path))
    with Running(folder, *arguments) as running:
        facts = running.facts
        yield Local(running, facts, project, Aws.local(facts["endpoint_url"], emulator.REGION))
        assert running.end() == 130
        assert running.workers() == []


def test_one_event_reaches_every_service(local: Local) -> None:
    """The end of one job is a Slack line, an e-mail and an SMS, and what the other services get, each once."""
    name = "Export <of> all & *everything*"
    local.ended(name)
    eventually(lambda: len(local.accepted("Export")) == len(DESTINATIONS), 90)
    assert local.accepted("Export") == dict.fromkeys(DESTINATIONS, 1)
    shown = {each["service"] if each["service"] == "sms" else each["to"]: each for each in local.received("Export")}
    assert shown["slack-team"]["text"] == "*Export &lt;of&gt; all &amp; *everything** ended"
    assert (shown["desk@library.example"]["subject"], shown["desk@library.example"]["text"]) == (name, f"{name} ended")
    assert shown["sms"]["text"] == f"{name} ended"
    assert shown["sms"]["to"].startswith("+120255501")  # as the receiver has it in the place of Alma
    assert json.loads(shown["vendor"]["text"]) == {"job": name}
    page = asked(local.facts["receiver_url"], "GET", "/").body
    assert "Export &lt;of&gt; all &amp; *everything* ended" in page


def test_f79_a_failing_integration_is_replayed_without_the_others(local: Local) -> None:
    """It becomes a dead letter with its cause, and is accepted once after the repair; the others were, once each."""
    name = f"Job {secrets.token_hex(8)}"
    answering(local.facts["receiver_url"], "vendor", 404)
    local.ended(name)
    dead = local.dead_letter(keep=True)
    cause = json.loads(dead["MessageAttributes"]["failure"]["StringValue"])
    assert (cause["class"], cause["reason"]) == ("refused", "127.0.0.1 answered 404.")
    eventually(lambda: len(local.accepted(name)) == len(DESTINATIONS) - 1, 60)
    assert local.accepted(name) == dict.fromkeys(DESTINATIONS - {"vendor"}, 1)

    answering(local.facts["receiver_url"], "vendor", 200)
    assert "accepted" in local.replayed(dead["MessageAttributes"]["receipt_id"]["StringValue"])
    attributes = {key: value for key, value in dead["MessageAttributes"].items() if key != "failure"}
    local.aws.sqs.send_message(  # the same once more, as SQS can deliver it: a duplicate
        QueueUrl=local.facts["notifications_queue_url"], MessageBody=dead["Body"], MessageAttributes=attributes
    )
    eventually(lambda: waiting(local) == 0, 60)
    assert local.accepted(name) == dict.fromkeys(DESTINATIONS, 1)
    assert [each["status"] for each in local.received(name) if each["to"] == "vendor"] == [404, 200]


def test_changed_topics_are_applied_while_it_runs(local: Local) -> None:
    """A topic that was added to notifications.yaml can be posted to; it needs no new run."""
    path = local.project.path / "notifications.yaml"
    added = "{name: flow, type: teams, model: $a, configuration: {url: {ssm: more}}}"
    more = f"    more:\n      integrations:\n        - {added}\n"
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    local.running.said("changes applied")
    assert set(local.notified("library/more", a="added later")) == {"flow"}
    eventually(lambda: local.accepted("added later") == {"more": 1}, 60)


def test_a_burst_is_paced_and_summarized(local: Local) -> None:
    """Every notification is either a line or counted in one, and there is at most one line a second."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: local.notified("library/burst", number=str(number)), range(BURST)))
    assert [set(each) for each in answers] == [{"team"}] * BURST
    eventually(lambda: accounted(local) >= BURST, 90)
    eventually(lambda: waiting(local) == 0, 60)
    assert accounted(local) == BURST
    lines = [each for each in messages(local.facts["receiver_url"]) if each["to"] == "slack-burst"]
    assert len({each["text"] for each in lines}) == len(lines)
    times = [datetime.fromisoformat(each["at"]) for each in lines]
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
    assert [gap for gap in gaps if gap < 0.5] == []
    assert (times[-1] - times[0]).total_seconds() > len(gaps) - 1


def test_no_secret_is_shown(local: Local) -> None:
    """Not one of those that integrations sent with is in a log, a dead letter, a page or the output of the run."""
    answering(local.facts["receiver_url"], "vendor", 500)
    answering(local.facts["receiver_url"], "slack-team", 410)
    name = f"Job {secrets.token_hex(8)}"
    local.ended(name)
    dead = local.dead_letter()
    eventually(lambda: any(each["to"] == "vendor" and each["status"] == 500 for each in local.received(name)), 60)
    words = secret_words(local.aws)
    assert len(words) >= 12
    texts = {
        "dead letter": json.dumps(dead),
        "page": asked(local.facts["receiver_url"], "GET", "/").body,
        "messages": asked(local.facts["receiver_url"], "GET", "/messages.json").body,
        "out": "\n".join(local.running.out),
        "err": "\n".join(local.running.err),
        **logs(local.aws),
    }
    assert {f"/aws/lambda/{local.facts['stack']}-notifications-{name}" for name in ("producer", "sender")} <= set(texts)
    assert "answered 410" in texts[f"/aws/lambda/{local.facts['stack']}-notifications-sender"]
    assert {place for place, text in texts.items() if any(word in text for word in words)} == set()


def test_the_example_job_sms_notifies(tmp_path: Path) -> None:
    """Each of its samples is delivered, and people get what its README says."""
    with Running(tmp_path, "--once", "--port", "0", "--project", str(EXAMPLE.parent / "job-sms")) as running:
        assert running.wait() == 0, running.err
    shown = Counter(line.split()[1] for line in running.out if line[2:3] == line[5:6] == ":")
    assert shown == {"slack": 3, "sms": 2, "email": 1}
    assert any("A job in Alma failed: Update Item Records - Sample <set> & more: " in line for line in running.out)


def waiting(local: Local) -> int:
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    names.append("ApproximateNumberOfMessagesDelayed")
    url = local.facts["notifications_queue_url"]
    return sum(map(int, local.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


def accounted(local: Local) -> int:
    """Return the number of lines of the burst, and of those that its summaries count."""
    lines = [each["text"] for each in messages(local.facts["receiver_url"]) if each["to"] == "slack-burst"]
    summaries = [line for line in lines if line.startswith("… and ")]
    return len(lines) - len(summaries) + sum(int(line.split()[2]) for line in summaries)


def secret_words(aws: Aws) -> set[str]:
    """Return every secret of an integration, and the token in each address."""
    pages = aws.ssm.get_paginator("get_parameters_by_path").paginate(
        Path="/alma-webhooks/dev/notifications", WithDecryption=True
    )
    stored = {each["Name"].rpartition("/")[2]: each["Value"] for page in pages for each in page["Parameters"]}
    stored.pop("api-key")  # which the ready line shows to programs
    tokens = {value.rpartition("/")[2] for value in stored.values() if value.startswith("https://")}
    return tokens | set(stored.values())


def logs(aws: Aws) -> dict[str, str]:
    """Return the text of every log group."""
    groups = [
        each["logGroupName"]
        for page in aws.logs.get_paginator("describe_log_groups").paginate()
        for each in page["logGroups"]
    ]
    return {
        group: "\n".join(
            event["message"]
            for page in aws.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for event in page["events"]
        )
        for group in groups
    }
