"""A rotation under constant traffic on the emulator, with the commands of an operator: every reply is 200.

The sender behaves like Alma: it signs with the old secret until the command asks to enter the new one.
"""

import itertools
import json
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self

import pytest

from scripts.alma_client.client import Reply, post, signature
from scripts.aws.clients import Aws
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.running import Running, eventually
from tests.scripts.command import run

pytestmark = pytest.mark.full  # waits for caches of secrets to expire

PROFILE = "consortium"
NAMESPACE = "AlmaWebhooks"
SENDERS = 3


class Site(NamedTuple):
    """A run with two profiles, of which only alma has a secret from the beginning."""

    facts: dict[str, Any]
    aws: Aws

    def secret(self, command: str, profile: str, *more: str) -> Any:
        """Run `alma-webhooks secret …`, require success, and return its output for the profile."""
        completed = self.run_secret(command, profile, *more)
        assert completed.returncode == 0, completed.stderr
        return json.loads(completed.stdout)["profiles"][0]

    def run_secret(self, command: str, profile: str, *more: str) -> Any:
        url = self.facts["endpoint_url"]
        return run("secret", command, profile, f"--endpoint-url={url}", "--output=json", *more)

    def post(self, profile: str, secret: str, body: bytes) -> Reply:
        url = self.facts["webhook_url"].removesuffix("alma") + profile
        return as_alma(lambda: post(url, body, signed=signature(body, secret=secret)))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start a run that caches secrets for five seconds, so that a rotation is fast."""
    path = tmp_path_factory.mktemp("project")
    project = ProjectFolder.create(path, profiles=("alma", PROFILE), parameters={"SecretLifetimeSeconds": 5})
    arguments = ("--port", "0", "--no-samples", f"--project={project.path}")
    with Running(tmp_path_factory.mktemp("run"), *arguments) as running:
        facts = running.facts
        yield Site(facts, Aws.local(facts["endpoint_url"], facts["region"]))


class Traffic:
    """Threads that post events with the secret that is entered in Alma; collects status and error of all replies."""

    def __init__(self, site: Site, secret: str) -> None:
        self.in_alma = secret
        self.replies: list[tuple[int, str | None]] = []
        self._site = site
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(number,)) for number in range(SENDERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for_replies(self, count: int = 30) -> None:
        """Wait for `count` more replies."""
        until = len(self.replies) + count
        eventually(lambda: len(self.replies) >= until, seconds=60)

    def _post(self, sender: int) -> None:
        for number in itertools.count():
            if self._ended.wait(0.05):  # leaves the emulator time for the commands
                return
            body = json.dumps({"id": f"{sender}-{number}", "action": "JOB_END", "job_instance": {}}).encode()
            reply = self._site.post(PROFILE, self.in_alma, body)
            self.replies.append((reply.status, reply.error))


def accepted_metrics(site: Site, since: float) -> list[dict[str, Any]]:
    """Return the metrics `Accepted` in ingest's log, from which CloudWatch makes the metric."""
    pages = site.aws.logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{site.facts['stack']}-ingest", startTime=int(since * 1000)
    )
    events = [e for page in pages for e in page["events"] if '"_aws"' in e["message"]]
    found = {(e["logStreamName"], e["message"]): json.loads(e["message"]) for e in events}
    accepted = [line for line in found.values() if "Accepted" in line]
    assert {line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in accepted} == {NAMESPACE}
    return accepted


def test_f08_a_rotation_under_constant_traffic_rejects_no_event(site: Site) -> None:
    """Alma gets only 200 during create, rotate and retire under constant traffic with some forged requests."""
    old = site.secret("create", PROFILE, "--show-secret")["secret"]
    since = time.time()
    with Traffic(site, old) as traffic:
        traffic.wait_for_replies()
        for _ in range(SENDERS * 2):  # wrong signatures use up the cool-down of every running listener
            assert site.post(PROFILE, "guessed", b"{}").status == 401
        rotated = site.secret("rotate", PROFILE)
        assert rotated["state"] == "both"
        assert "enter the new secret in Alma" in rotated["next"]
        shown = site.secret("status", PROFILE, "--show-secret")
        assert shown["previous_secret"] == old
        traffic.in_alma = shown["secret"]
        traffic.wait_for_replies()
        rejected = site.run_secret("retire", PROFILE)
        assert (rejected.returncode, rejected.stdout) == (3, "")
        assert "must be unused until" in rejected.stderr
        retired = eventually(lambda: retire(site), seconds=150)
        assert (retired["state"], retired["previous"]) == ("one", None)
        traffic.wait_for_replies()
        late: list[int] = []
        eventually(lambda: late.append(site.post(PROFILE, old, b"{}").status) or late[-1] == 401)  # type: ignore[func-returns-value] # it returns None, as intended
        traffic.wait_for_replies()
    assert len(traffic.replies) > 150
    assert {status for status, _ in traffic.replies} == {200}, set(traffic.replies)
    accepted = accepted_metrics(site, since)
    assert {(line["Profile"], line["Secret"]) for line in accepted} == {(PROFILE, "current"), (PROFILE, "previous")}
    assert len(accepted) == len(traffic.replies) + late.count(200)


def retire(site: Site) -> Any:
    """Try to retire the secret once; it succeeds when the last events in the log have the new secret."""
    completed = site.run_secret("retire", PROFILE, "--unused-for=1s")
    if completed.returncode == 0:
        return json.loads(completed.stdout)["profiles"][0]
    assert completed.returncode == 3, completed.stderr
    return None


def test_f08_each_profile_has_its_own_secret(site: Site) -> None:
    """The secret of one profile is not accepted for another profile."""
    secrets = {"alma": site.facts["secret"]}
    secrets[PROFILE] = site.secret("status", PROFILE, "--show-secret")["secret"]
    for (profile, _), (other, secret) in itertools.product(secrets.items(), secrets.items()):
        expected = 200 if profile == other else 401
        assert site.post(profile, secret, b'{"action":"X"}').status == expected


def test_the_lifetime_reaches_the_listener(site: Site) -> None:
    """The parameter of the stack sets the lifetime of secrets in ingest."""
    functions = site.aws.session.client("lambda", endpoint_url=site.facts["endpoint_url"])
    environment = functions.get_function_configuration(FunctionName=f"{site.facts['stack']}-ingest")["Environment"]
    assert environment["Variables"]["SECRET_LIFETIME_SECONDS"] == "5"


def test_f22_no_secret_is_in_the_log_of_ingest(site: Site) -> None:
    """The log of ingest contains no secret, and the values in SSM are SecureStrings."""
    names = [f"/alma-webhooks/dev/{profile}/secret" for profile in ("alma", PROFILE)]
    found = site.aws.ssm.get_parameters(Names=names, WithDecryption=True)["Parameters"]
    pages = site.aws.logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{site.facts['stack']}-ingest"
    )
    log = "\n".join(e["message"] for page in pages for e in page["events"])
    assert log
    assert [one["Type"] for one in found] == ["SecureString"] * 2
    assert not any(one["Value"] in log for one in found)
